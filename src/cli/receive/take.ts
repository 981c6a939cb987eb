/** One envelope comes in: verify, see whether it is for us, drop repeats, keep, and only then say yes. */
import { createHash } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import type { OrganisationNumber } from '../../domain/organisation-number.ts';
import type { VerificationKeys } from '../../envelope/keys.ts';
import { type OpenedEnvelope, openEnvelope } from '../../envelope/open.ts';
import { errorText } from '../../platform/log.ts';
import type { Folder } from './folder.ts';
import type { Received } from './gaps.ts';

/** What taking needs. */
export interface TakeDeps {
  readonly folder: Folder;
  /** The sender's keys; `anew` when a signature names one that is not among them. */
  keys(anew: boolean): Promise<VerificationKeys>;
  /** Whom this receiver answers for; undefined: anybody. */
  readonly recipients: readonly OrganisationNumber[] | undefined;
  readonly environment: 'test' | 'production' | undefined;
  readonly mostBytes: number;
  /** What the receiver's business has against a message that is right in every other way; left out: nothing ever. */
  readonly objection?: ((opened: OpenedEnvelope) => string | undefined) | undefined;
  now(): Date;
}

export type Taken =
  | { readonly kind: 'kept'; readonly message: Received }
  /** It came before, byte for byte: say yes again, do nothing. */
  | { readonly kind: 'repeat'; readonly message: Received }
  /** `status` is what the sender is told: 4xx it will not get better, 5xx try again. */
  | { readonly kind: 'turned-down'; readonly status: number; readonly code: string; readonly detail: string };

export async function take(deps: TakeDeps, bytes: Buffer, signature: string): Promise<Taken> {
  // 1. The signature over the exact bytes, before anything in them is believed.
  const opened = await open(deps, bytes, signature);
  if ('kind' in opened) return opened;
  // 2. For us? Another's message must not be read, and must not be confirmed.
  const stranger = whyNotForUs(deps, opened);
  if (stranger !== undefined) return turnedDown(422, 'not-for-me', stranger);
  // 3. A repeat: the same id, the same bytes. From here to the end nothing waits, so that two at once cannot both be first.
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const known = deps.folder.received.get(opened.id);
  if (known !== undefined && known.sha256 === sha256) return { kind: 'repeat', message: known };
  if (known !== undefined)
    return turnedDown(
      409,
      'id-taken',
      `${opened.id} came before with other bytes (SHA-256 ${known.sha256}); ask the sender`,
    );
  const objection = deps.objection?.(opened);
  if (objection !== undefined) return turnedDown(422, 'not-wanted', objection);
  // 4. Keep, on disk: the 2xx is our receipt.
  const message = receivedOf(opened, sha256, deps.now());
  deps.folder.keep(message, filesOf(opened, message, bytes, signature));
  return { kind: 'kept', message };
}

async function open(deps: TakeDeps, bytes: Buffer, signature: string): Promise<OpenedEnvelope | Taken> {
  for (const anew of [false, true]) {
    let keys: VerificationKeys;
    try {
      keys = await deps.keys(anew);
    } catch (error) {
      // Ours to put right, whatever it is: nothing is known of the envelope yet, and it must come again.
      return turnedDown(503, 'no-keys', error instanceof Fault ? error.message : errorText(error));
    }
    try {
      return await openEnvelope(bytes, signature, { keys, mostBytes: deps.mostBytes });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // A key that we do not know may be a new one; if it still is unknown, ours may be the key set that is old.
      if (error.code !== 'signature-key-unknown') return turnedDown(400, error.code, error.message);
    }
  }
  return turnedDown(503, 'signature-key-unknown', 'the signature names a key that is not in the key set');
}

function whyNotForUs({ recipients, environment }: TakeDeps, opened: OpenedEnvelope): string | undefined {
  if (recipients !== undefined && !recipients.includes(opened.recipient))
    return `the envelope is for ${opened.recipient}; this is ${recipients.join(', ')}`;
  if (environment !== undefined && opened.environment !== environment)
    return `the envelope is from ${opened.environment}; this is ${environment}`;
  return undefined;
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

function filesOf(opened: OpenedEnvelope, message: Received, bytes: Buffer, signature: string) {
  const name = `${message.sequence.padStart(10, '0')}-${message.id}`;
  return [
    { path: message.document, bytes: opened.document },
    { path: `${message.recipient}/envelopes/${name}${opened.format === 'sfti' ? '.xml' : '.json'}`, bytes },
    { path: `${message.recipient}/envelopes/${name}.jws`, bytes: Buffer.from(`${signature}\n`) },
  ];
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
