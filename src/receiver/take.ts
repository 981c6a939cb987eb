/** One envelope comes in: verify, see whether it is for us, drop repeats, keep, and only then say yes. */
import { createHash } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import { type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
import type { VerificationKeys } from '../envelope/keys.ts';
import { type OpenedEnvelope, openEnvelope } from '../envelope/open.ts';
import { errorText } from '../platform/error-text.ts';
import type { KeySource } from './keys.ts';
import type { Received, ReceivedStore } from './received.ts';

/** What taking needs. */
export interface TakeOptions {
  readonly store: ReceivedStore;
  /** The sender's keys: `keysFromUrl()`, or a function of one's own. */
  readonly keys: KeySource;
  /** Organisation numbers that this receiver answers for: its own, and its principals' if it is an agent. Left out: anybody's. */
  readonly recipients?: readonly string[] | undefined;
  /** Left out: either. */
  readonly environment?: 'test' | 'production' | undefined;
  /** Largest envelope, in bytes; left out: 32 MiB. */
  readonly mostBytes?: number | undefined;
  /** What the receiver's business has against a message that is right in every other way; left out: nothing ever. */
  readonly objection?: ((opened: OpenedEnvelope) => string | undefined) | undefined;
  /** Left out: the machine's clock. */
  now?(): Date;
}

export type Taken =
  | { readonly kind: 'kept'; readonly message: Received }
  /** It came before, byte for byte: say yes again, do nothing. */
  | { readonly kind: 'repeat'; readonly message: Received }
  /** `status` is what the sender of a push is told: 4xx it will not get better, 5xx try again. Who fetches gives no receipt. */
  | { readonly kind: 'turned-down'; readonly status: number; readonly code: string; readonly detail: string };

/**
 * Takes an envelope that was pushed or fetched.
 * @param bytes the body exactly as it came
 * @param signature the header `x-jws-signature`; empty if there was none
 */
export type Take = (bytes: Uint8Array, signature: string) => Promise<Taken>;

export const usualMostBytes = 32 * 1_048_576;

/** @throws Fault `argument-invalid` when one of `recipients` is no organisation number: nothing would ever be for it. */
export function createTake(options: TakeOptions): Take {
  const recipients = options.recipients?.map(organisationNumber);
  const mostBytes = options.mostBytes ?? usualMostBytes;
  return async (bytes, signature) => {
    // 1. The signature over the exact bytes, before anything in them is believed.
    const opened = await open(options.keys, bytes, signature, mostBytes);
    if ('kind' in opened) return opened;
    // 2. For us? Another's message must not be read, and must not be confirmed.
    const stranger = whyNotForUs(opened, recipients, options.environment);
    if (stranger !== undefined) return turnedDown(422, 'not-for-me', stranger);
    // 3. A repeat: the same id, the same bytes.
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const known = await options.store.find(opened.id);
    if (known !== undefined) return repeated(known, sha256);
    const objection = options.objection?.(opened);
    if (objection !== undefined) return turnedDown(422, 'not-wanted', objection);
    // 4. Keep, on disk: the 2xx, or the receipt, says that it is there. Another with this id may have been quicker.
    const message = receivedOf(opened, sha256, options.now?.() ?? new Date());
    const before = await options.store.keep(message, { document: opened.document, envelope: bytes, signature });
    return before === undefined ? { kind: 'kept', message } : repeated(before, sha256);
  };
}

function organisationNumber(text: string): OrganisationNumber {
  const number = parseOrganisationNumber(text);
  if (number === undefined) throw new Fault('argument-invalid', `“${text}” is no organisation number`);
  return number;
}

async function open(
  keySource: KeySource,
  bytes: Uint8Array,
  signature: string,
  mostBytes: number,
): Promise<OpenedEnvelope | Taken> {
  for (const anew of [false, true]) {
    let keys: VerificationKeys;
    try {
      keys = await keySource(anew);
    } catch (error) {
      // Ours to put right, whatever it is: nothing is known of the envelope yet, and it must come again.
      return turnedDown(503, 'no-keys', error instanceof Fault ? error.message : errorText(error));
    }
    try {
      return await openEnvelope(bytes, signature, { keys, mostBytes });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // A key that we do not know may be a new one; if it still is unknown, ours may be the key set that is old.
      if (error.code !== 'signature-key-unknown')
        return turnedDown(isOursToMend(error) ? 503 : 400, error.code, error.message);
    }
  }
  return turnedDown(503, 'signature-key-unknown', 'the signature names a key that is not in the key set');
}

/**
 * Genuine and not to be read: it is newer than this program, say, and must come again when that is. Not if it is too large,
 * which is asked before the signature, or if a hash in it is wrong: that will never be right.
 */
function isOursToMend({ code, findings }: Fault): boolean {
  return code === 'envelope-malformed' && !findings.some(({ rule }) => rule === 'size' || rule === 'sha256');
}

function whyNotForUs(
  opened: OpenedEnvelope,
  recipients: readonly OrganisationNumber[] | undefined,
  environment: TakeOptions['environment'],
): string | undefined {
  if (recipients !== undefined && !recipients.includes(opened.recipient))
    return `the envelope is for ${opened.recipient}; this is ${recipients.join(', ')}`;
  if (environment !== undefined && opened.environment !== environment)
    return `the envelope is from ${opened.environment}; this is ${environment}`;
  return undefined;
}

function repeated(known: Received, sha256: string): Taken {
  if (known.sha256 === sha256) return { kind: 'repeat', message: known };
  return turnedDown(
    409,
    'id-taken',
    `${known.id} came before with other bytes (SHA-256 ${known.sha256}); ask the sender`,
  );
}

function receivedOf(opened: OpenedEnvelope, sha256: string, now: Date): Received {
  const { id, recipient, sequence, time, messageType, documentNumber, environment, mediaType } = opened;
  const name = `${sequence.toString().padStart(10, '0')}-${id}`;
  return {
    id,
    recipient,
    sequence: sequence.toString(),
    time,
    messageType,
    documentNumber,
    environment,
    sha256,
    // Only numbers and a UUID of a verified envelope: nothing that a document says becomes a path.
    document: `${recipient}/documents/${name}${extension(mediaType)}`,
    receivedAt: now.toISOString(),
  };
}

function extension(mediaType: string): string {
  if (/[/+]json\b/i.test(mediaType)) return '.json';
  return /[/+]xml\b/i.test(mediaType) ? '.xml' : '.bin';
}

const turnedDown = (status: number, code: string, detail: string): Taken => ({
  kind: 'turned-down',
  status,
  code,
  detail,
});
