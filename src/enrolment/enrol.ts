/**
 * The front of the authority: who asks for a certificate is known by the codes of an order, or by the certificate that is to be
 * renewed; what is asked is put on record, and the decision waited for. The front decides nothing.
 */
import { randomUUID, type X509Certificate } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import { fingerprintOf, readCertificates } from '../pki/certificate.ts';
import { judgeChain } from '../pki/judge-peer.ts';
import { readSigningRequest, type SigningRequest } from '../pki/request.ts';
import type { Guesses } from '../platform/http/guesses.ts';
import { networkOf } from '../platform/http/network.ts';
import type { Log } from '../platform/log.ts';
import { readAuthorities } from '../store/enrol/authorities.ts';
import { readFetched, readRenewed } from '../store/enrol/certificates.ts';
import {
  countAsked,
  insertIssuance,
  readDecision,
  readStanding,
  type SuppliersAskedFor,
} from '../store/enrol/issuance.ts';
import type { Db, Pool } from '../store/pool.ts';
import { checkCodes } from './check-codes.ts';
import { proofOf, readTransferId } from './codes.ts';
import { alreadyFetched } from './decide.ts';
import type { Decisions } from './decisions.ts';

export interface EnrolParts {
  readonly log: Log;
  readonly pool: Pool;
  now(): Date;
  readonly decisions: Decisions;
  readonly guesses: Guesses;
  /** Who may have issued suppliers' certificates. */
  authorities(): readonly X509Certificate[];
  /** Milliseconds that an answer is waited for. */
  readonly patience: number;
}

/** What whoever asked is told; all else is a Fault. */
export type Answer =
  /** PEM of the certificate alone. */
  | { readonly kind: 'issued'; readonly certificate: string }
  /** Ask the same again, so many seconds later (RFC 7030 §4.2.3). */
  | { readonly kind: 'wait'; readonly seconds: number; readonly why: string }
  /** Too many wrong guesses came from there. */
  | { readonly kind: 'too-many'; readonly seconds: number };

/** Milliseconds and times: whoever has the right codes may be told so often why not. */
const within = 3_600_000;
const mostAsked = 30;
const whenTooMany = 600;
const whenNotDecided = 10;
const whenNotApproved = 60;
const lockTimeout = 5_000;

/**
 * For an order.
 * @param body a certificate request: see `readSigningRequest`
 * @throws Fault `codes-wrong` · `order-not-open` · `order-fetched` · `request-…` · what the authority refuses
 */
export async function enrol(
  parts: EnrolParts,
  given: {
    readonly transferId: string;
    readonly password: string;
    readonly body: Uint8Array;
    readonly remoteAddress: string | undefined;
  },
): Promise<Answer> {
  const network = networkOf(given.remoteAddress);
  const wait = parts.guesses.wait(network);
  if (wait > 0) return { kind: 'too-many', seconds: Math.ceil(wait / 1_000) };
  const proof = proofOf(given.password);
  const transferId = readTransferId(given.transferId);
  const asked = await parts.pool.transaction(
    (db) => askForOrder(db, { ...given, transferId, proof }, parts.now()),
    lockTimeout,
  );
  if (asked.kind === 'asked') return decisionOf(parts, asked.id);
  if (asked.kind !== 'wrong') return asked;
  parts.guesses.wrong(network);
  parts.log.warn('wrong codes', { order: transferId, remote: given.remoteAddress, locked: asked.locked });
  // The same for an order that is not there: nobody learns which are.
  throw new Fault(
    'codes-wrong',
    'TransferID or TransferPassword is wrong; after five wrong passwords an order is locked',
  );
}

/** On record under this id, now or before; or an answer at once. */
type Asked = Exclude<Answer, { kind: 'issued' }> | { readonly kind: 'asked'; readonly id: string };

/** Power lost before the commit: nothing was asked. After it: the authority answers, and who asks the same again gets it. */
async function askForOrder(
  db: Db,
  given: {
    readonly transferId: string | undefined;
    readonly proof: Buffer;
    readonly body: Uint8Array;
    readonly remoteAddress: string | undefined;
  },
  at: Date,
): Promise<Asked | { readonly kind: 'wrong'; readonly locked: boolean }> {
  // 1 Who asks? The row of the order is kept to the end.
  const codes = await checkCodes(db, given, at);
  if (codes.kind === 'wrong') return codes;
  const { order } = codes;
  // 2 Only then what for.
  const request = readSigningRequest(given.body);
  const before = await askedBefore(db, request, { orderId: order.id });
  if (before !== undefined) return before;
  if (order.state === 'fetched') throw new Fault('order-fetched', alreadyFetched(order).detail);
  if (order.approval === 'awaited')
    return { kind: 'wait', seconds: whenNotApproved, why: 'the order waits for approval' };
  return ask(db, request, { kind: 'enrol', orderId: order.id, proof: given.proof }, given.remoteAddress, at);
}

/**
 * In the place of a certificate that the TLS peer showed: any that is registered, at an address or not, for whatever purpose (that of
 * its server may be the only one that a supplier has).
 * @param shown its own certificate first
 * @throws Fault `certificate-required` · `certificate-not-accepted` · `request-…` · what the authority refuses
 */
export async function renew(
  parts: EnrolParts,
  given: {
    readonly shown: readonly X509Certificate[];
    readonly body: Uint8Array;
    readonly remoteAddress: string | undefined;
  },
): Promise<Answer> {
  const renews = await judgeRenewing(parts, given.shown);
  const request = readSigningRequest(given.body);
  const asked = await parts.pool.transaction(async (db): Promise<Asked> => {
    // Its row is kept: of two that ask at once the second finds what the first has asked.
    await readRenewed(db, renews, 'lock');
    const before = await askedBefore(db, request, { renews });
    return before ?? ask(db, request, { kind: 'renew', renews }, given.remoteAddress, parts.now());
  }, lockTimeout);
  return asked.kind === 'asked' ? decisionOf(parts, asked.id) : asked;
}

/** @returns the fingerprint of the certificate */
async function judgeRenewing(
  { pool, now, authorities }: EnrolParts,
  shown: readonly X509Certificate[],
): Promise<string> {
  const [leaf, ...others] = shown;
  if (leaf === undefined)
    throw new Fault('certificate-required', 'show the certificate that is to be renewed, as the TLS client');
  const fingerprint = fingerprintOf(leaf);
  const refuse = (why: string): Fault => new Fault('certificate-not-accepted', `the certificate ${fingerprint} ${why}`);
  const registered = await readRenewed(pool, fingerprint);
  if (registered === undefined) throw refuse('is not registered for any organisation here');
  if (registered.withdrawnAt !== undefined) throw refuse(`was withdrawn at ${registered.withdrawnAt.toISOString()}`);
  // Node does not always hand over what a client shows between its own certificate and the authority (nodejs/node#65579).
  const ours = (await readAuthorities(pool)).flatMap(({ pem }) => readCertificates(pem).map(({ x509 }) => x509));
  const besides = judgeChain(leaf, [...others, ...ours], authorities(), now());
  if (besides !== undefined) throw refuse(`is registered, and cannot be renewed: ${besides}`);
  return fingerprint;
}

/** The same key again is the same question, for as long as it was not refused: its first answer may have been lost. */
async function askedBefore(
  db: Db,
  { spkiSha256 }: SigningRequest,
  of: Parameters<typeof readStanding>[1],
): Promise<Asked | undefined> {
  const same = (await readStanding(db, of)).find((one) => one.spkiSha256.equals(spkiSha256));
  return same && { kind: 'asked', id: same.id };
}

async function ask(
  db: Db,
  request: SigningRequest,
  what: SuppliersAskedFor,
  remoteAddress: string | undefined,
  at: Date,
): Promise<Asked> {
  const of = what.kind === 'enrol' ? { orderId: what.orderId } : { renews: what.renews };
  if ((await countAsked(db, of, new Date(at.getTime() - within))) >= mostAsked)
    return { kind: 'too-many', seconds: whenTooMany };
  const id = randomUUID();
  const { der, spkiSha256 } = request;
  await insertIssuance(db, { id, for: what, request: der, spkiSha256, remoteAddress, at });
  return { kind: 'asked', id };
}

async function decisionOf({ pool, decisions, patience }: EnrolParts, id: string): Promise<Answer> {
  // Listened for before it is looked up: what is decided between the two is heard.
  const hope = decisions.expect(id, patience);
  try {
    const first = await readDecision(pool, id);
    if (first.kind === 'open') await hope.heard;
    const decision = first.kind === 'open' ? await readDecision(pool, id) : first;
    if (decision.kind === 'refused') throw new Fault(decision.fault, decision.detail);
    if (decision.kind === 'open')
      return { kind: 'wait', seconds: whenNotDecided, why: 'the authority has not answered' };
    const registered = await readFetched(pool, decision.fingerprint);
    if (registered?.withdrawnAt !== undefined)
      throw new Fault(
        'certificate-not-accepted',
        `the certificate ${decision.fingerprint}, which was issued for this key, was withdrawn at ${registered.withdrawnAt.toISOString()}`,
      );
    return { kind: 'issued', certificate: decision.certificate };
  } finally {
    hope.forget();
  }
}
