/** Who calls: looked up for every request, whatever the TLS layer thinks. */
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Fault } from '../domain/fault.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { judgePeer, type PeerQuestion } from '../pki/judge-peer.ts';
import type { RegisteredCaller } from '../store/collect/callers.ts';

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

/**
 * Judges what a client showed, by the register as it is now. One mailbox for each address: a certificate opens those where it
 * is registered itself, and no other of its organisation.
 * @param shown its own certificate first; empty when it showed none
 * @param pathProven the TLS stack found a path to the same authorities in this connection's own handshake: Node does not always
 *   hand over what a client shows between its certificate and the authority (nodejs/node#65579)
 * @param registered what the register has for its fingerprint
 * @throws Fault `certificate-required` · `certificate-not-accepted`
 */
export function judgeCaller(
  { shown, pathProven }: { readonly shown: readonly X509Certificate[]; readonly pathProven: boolean },
  registered: RegisteredCaller | undefined,
  { authorities, now }: Pick<PeerQuestion, 'authorities' | 'now'>,
): Caller {
  const [leaf] = shown;
  if (leaf === undefined)
    throw new Fault('certificate-required', 'show the client certificate that is registered for your organisation');
  const fingerprint = leaf.fingerprint256.replaceAll(':', '').toLowerCase();
  const refuse = (why: string): Fault => new Fault('certificate-not-accepted', `the certificate ${fingerprint} ${why}`);
  const judged = judgePeer({
    shown,
    authorities,
    // One that is not registered is judged too: who has taken the wrong one must learn what is wrong with it.
    registered: [{ fingerprint, withdrawn: registered?.withdrawnAt !== undefined }],
    now,
    role: 'client',
  });
  // The path is judged last: what comes before it was found right.
  const besides = judged.ok || (pathProven && judged.why === 'wrong-chain') ? '' : judged.detail;
  if (registered === undefined)
    throw refuse(`is not registered for any organisation here${besides === '' ? '' : `; besides, ${besides}`}`);
  if (registered.withdrawnAt !== undefined) throw refuse(`was withdrawn at ${registered.withdrawnAt.toISOString()}`);
  if (besides !== '') throw refuse(`is registered, and cannot be used: ${besides}`);
  if (registered.addresses.length === 0) throw refuse('is registered at no address in use of this environment');
  const { organisationNumber, language, addresses } = registered;
  return { fingerprint, organisationNumber, language, addresses };
}
