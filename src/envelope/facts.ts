/** What an envelope says, and the names that its attributes have on the wire. */
import type { EnvelopeFormat, Environment, MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';

/** `Content-Type` of the envelope on the wire. */
export const envelopeMediaTypes: Readonly<Record<EnvelopeFormat, string>> = {
  cloudevents: 'application/cloudevents+json; charset=UTF-8',
  sfti: 'application/xml; charset=UTF-8',
};

/** The HTTP header that carries the detached signature. */
export const signatureHeader = 'x-jws-signature';

/** Everything that is put on an envelope, known once and for all when it is first sealed. */
export interface Facts {
  /** UUIDv7, the message's for ever. */
  readonly id: string;
  /** URI of the system that the document comes from. */
  readonly source: string;
  readonly messageType: MessageType;
  readonly documentNumber: string;
  /** RFC 3339 in UTC (ends with `Z`), fraction digits kept as they came. */
  readonly eventTime: string;
  /** Media type of the document itself. */
  readonly mediaType: string;
  /** URI of the schema or specification that the document follows. */
  readonly dataSchema: string;
  /** Counts per recipient, from 1, without gaps. */
  readonly sequence: bigint | number;
  readonly environment: Environment;
  /** Lower-case hex. */
  readonly documentSha256: string;
  readonly recipient: OrganisationNumber;
  /** SHA-256 of the certificate that the address is pinned to, lower-case hex; undefined if none is registered. */
  readonly recipientCertificate: string | undefined;
  /** Where it is pushed; undefined if it is fetched. */
  readonly recipientUrl: string | undefined;
  readonly senderOrganisation?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly correlationId?: string | undefined;
  /** `cloudevents` if not said. */
  readonly format?: EnvelopeFormat | undefined;
}

const typePrefix = 'se.arbetsformedlingen.ka.';
const typeVersion = '.v1';

/** `self-invoice` → `se.arbetsformedlingen.ka.self-invoice.v1`. */
export function eventType(messageType: MessageType): string {
  return `${typePrefix}${messageType}${typeVersion}`;
}

/** Wide enough for every bigint of the store, so that sequences sort as text too. */
export const sequenceDigits = 20;

/** `7` → `00000000000000000007`. */
export function sequenceText(sequence: bigint | number): string {
  return sequence.toString().padStart(sequenceDigits, '0');
}
