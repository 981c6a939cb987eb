/** What is signed of the audit: its newest row now and then, and the place up to which rows were purged. */
import { Fault } from '../../domain/fault.ts';
import type { VerificationKeys } from '../../envelope/keys.ts';
import type { Signer } from '../../envelope/signer.ts';
import { openStatement, readStatement } from '../../envelope/statement.ts';

/** `typ` of the statements (RFC 7515 §4.1.9). */
const headType = 'kuvert-audit-head';
const checkpointType = 'kuvert-audit-checkpoint';

/** “At this time the newest row of this book was that one, with that hash.” */
export interface Head {
  readonly environment: string;
  /** Which copy of the database. */
  readonly book: string;
  readonly row: number;
  /** Lower-case hex. */
  readonly hash: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** “Rows `first` to `row` were purged; the last of them had that hash.” */
export interface CheckpointStatement extends Head {
  readonly first: number;
  readonly by: string;
  readonly reason: string;
}

export const signHead = (signer: Signer, head: Head): Promise<string> => signer.signStatement(headType, head);

export const signCheckpoint = (signer: Signer, checkpoint: CheckpointStatement): Promise<string> =>
  signer.signStatement(checkpointType, checkpoint);

/**
 * @param keys undefined: what it says is read, and nobody has checked who signed it.
 * @throws Fault `signature-invalid` · `signature-key-unknown` · `envelope-malformed`
 */
export async function openHead(jws: string, keys: VerificationKeys | undefined): Promise<Head> {
  const said = keys ? await openStatement(jws, headType, keys) : readStatement(jws, headType);
  if (!isHead(said)) throw new Fault('envelope-malformed', 'it does not say what a head says');
  return said;
}

/** The same for a checkpoint. */
export async function openCheckpoint(jws: string, keys: VerificationKeys | undefined): Promise<CheckpointStatement> {
  const said = keys ? await openStatement(jws, checkpointType, keys) : readStatement(jws, checkpointType);
  const { first, by, reason } = said as Partial<CheckpointStatement>;
  if (!isHead(said) || !Number.isSafeInteger(first) || typeof by !== 'string' || typeof reason !== 'string')
    throw new Fault('envelope-malformed', 'it does not say what a checkpoint says');
  return said as CheckpointStatement;
}

function isHead(said: unknown): said is Head {
  if (typeof said !== 'object' || said === null) return false;
  const { environment, book, row, hash, at } = said as Partial<Head>;
  return (
    typeof environment === 'string' &&
    typeof book === 'string' &&
    Number.isSafeInteger(row) &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash) &&
    typeof at === 'string' &&
    !Number.isNaN(Date.parse(at))
  );
}
