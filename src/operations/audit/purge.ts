/** Takes the oldest rows out of the audit, and leaves a signed checkpoint in their place. */
import { Fault } from '../../domain/fault.ts';
import type { VerificationKeys } from '../../envelope/keys.ts';
import type { Signer } from '../../envelope/signer.ts';
import { appendAudit, lockAudit } from '../../store/audit.ts';
import { type Purgeable, purgeable, purgeUpTo } from '../../store/audit-heads.ts';
import { operate } from '../../store/operate.ts';
import type { Pool } from '../../store/pool.ts';
import { openHead, signCheckpoint } from './head.ts';
import type { HeadFile } from './report.ts';
import { verifyBook } from './verify.ts';

export interface PurgeOrder {
  /** Rows that are older. */
  readonly before: Date;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  /** Undefined: only what would be done is told. */
  readonly signer: Signer | undefined;
  /** Of all keys that have signed heads and checkpoints. */
  readonly keys: VerificationKeys | undefined;
  /** It is verified with these too. */
  readonly files: readonly HeadFile[];
  readonly restored: readonly number[];
}

export interface Purged extends Purgeable {
  readonly done: boolean;
}

/**
 * The rows up to the newest signed head below which all are older. Rows that nobody has signed for are kept.
 *
 * One transaction: power lost before its commit, nothing was purged; after it, the checkpoint stands and the audit tells of it.
 * @returns undefined when there is nothing to purge
 * @throws Fault `audit-not-whole` when the audit is not what was written: a purge would take the traces away
 */
export async function purgeAudit(pool: Pool, order: PurgeOrder): Promise<Purged | undefined> {
  // 1. What is taken away must be what was written. Before anything is locked: a long chain takes its time.
  const { damage } = await verifyBook(pool, { ...order, expected: undefined });
  if (damage.length > 0)
    throw new Fault(
      'audit-not-whole',
      `the audit is not what was written, so nothing is purged: ${damage.map(({ text }) => text).join(' ')}`,
    );
  const plan = await purgeable(pool, order.before);
  if (plan === undefined) return undefined;
  const { signer } = order;
  if (signer === undefined) return { ...plan, done: false };
  const { environment, book } = await openHead(plan.headJws, order.keys);
  await operate(pool, false, async (db) => {
    // 2. Nobody writes in the audit from here on, and nobody has purged meanwhile.
    await lockAudit(db);
    const again = await purgeable(db, order.before);
    if (again?.row !== plan.row || !again.hash.equals(plan.hash) || again.first !== plan.first)
      throw new Fault('not-possible-now', 'the audit has changed meanwhile; give the command again');
    // 3. The audit tells of it: its row stands in the part that is kept.
    const { row, first } = plan;
    const hash = plan.hash.toString('hex');
    const { actor, reason, now: at } = order;
    const details = { first, row, hash, before: order.before.toISOString() };
    await appendAudit(db, { actor, action: 'audit.purge', subject: `audit/${row}`, reason, details, at });
    // 4. The checkpoint, and only under it the rows.
    const said = { environment, book, first, row, hash, at: at.toISOString(), by: actor, reason };
    const jws = await signCheckpoint(signer, said);
    const gone = await purgeUpTo(db, { id: row, hash: plan.hash, purged: plan.rows, at, jws });
    if (gone !== plan.rows) throw new Fault('internal', `${gone} rows of the audit would go, not ${plan.rows}`);
  });
  return { ...plan, done: true };
}
