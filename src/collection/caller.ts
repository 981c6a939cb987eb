/** Who calls: looked up for every request, whatever the TLS layer thinks. */
import type { IncomingMessage } from 'node:http';
import type { OrganisationNumber } from '../domain/organisation-number.ts';

/** A supplier's program, known by the certificate that it shows. */
export interface Caller {
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly organisationNumber: OrganisationNumber;
  /** In which it is spoken to when it asks for no language. */
  readonly language: 'sv' | 'en';
  /** Ids of the organisation's addresses in use at which this very certificate is registered. Never empty. */
  readonly addresses: readonly number[];
}

/**
 * Tells who calls.
 * @throws Fault `certificate-required` · `certificate-not-accepted`, with the reason in words
 */
export type CallerOf = (request: IncomingMessage) => Promise<Caller>;
