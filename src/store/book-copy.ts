/**
 * Which copy of the database this is. One that was brought back from a backup has forgotten numbers that suppliers have seen; a
 * gateway that began to work on it would give them out again (docs/operations/backup.md).
 */
import { Fault } from '../domain/fault.ts';
import { appendAudit } from './audit.ts';
import { operate } from './operate.ts';
import type { Db, Pool } from './pool.ts';

/**
 * SQL. Cluster, timeline and database: a recovery and a promotion begin a new timeline, a dump that is read in makes a new database, an
 * upgrade of PostgreSQL a new cluster. (A folder that was copied back as it was has all three the same.)
 */
export const thisCopy = `(select (select system_identifier from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
  || '/' || (select oid from pg_database where datname = current_database()))`;

/**
 * For a role that is about to work on the book. The first copy of all is taken as it is.
 * @throws Fault `store-unsafe` on a copy that nobody has said anything about · `server-unavailable` on a standby
 */
export async function requireKnownCopy(db: Db): Promise<void> {
  const { rows: servers } = await db.query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
  if (servers[0]?.recovering)
    throw new Fault(
      'server-unavailable',
      'PostgreSQL is a standby, or still in recovery: nothing can be written to it',
    );
  await db.query(
    `insert into book_copy (copy, because) select ${thisCopy}, 'first' where not exists (select from book_copy) on conflict do nothing`,
  );
  const { rows } = await db.query<{ copy: string }>(
    `select c.copy from (select ${thisCopy} as copy) c where not exists (select from book_copy b where b.copy = c.copy)`,
  );
  if (rows[0])
    throw new Fault(
      'store-unsafe',
      `this database was brought back from a backup, promoted or moved since a gateway last worked on it (${rows[0].copy} is not known): ` +
        'numbers could be given out twice. Run `kuvert store after-restore`; or, if nothing of the book can be missing, `kuvert store vouch`',
    );
}

/** In the transaction that made this copy safe. */
export async function knowThisCopy(db: Db, because: 'restored' | 'vouched'): Promise<void> {
  await db.query(`insert into book_copy (copy, because) select ${thisCopy}, $1 on conflict do nothing`, [because]);
}

export interface Vouched {
  readonly copy: string;
  /** It was known before, and nothing was changed. */
  readonly already: boolean;
}

/**
 * Somebody's word that nothing of the book is missing in this copy. One transaction: power lost before its commit, nothing was said.
 */
export async function vouchForCopy(
  pool: Pool,
  { actor, reason, now }: { readonly actor: string; readonly reason: string; readonly now: Date },
): Promise<Vouched> {
  return operate(pool, false, async (db) => {
    const { rows } = await db.query<{ copy: string; known: boolean }>(
      `select c.copy, exists (select from book_copy b where b.copy = c.copy) as known from (select ${thisCopy} as copy) c`,
    );
    const { copy, known } = rows[0] ?? { copy: '', known: false };
    if (known) return { copy, already: true };
    await knowThisCopy(db, 'vouched');
    await appendAudit(db, { actor, action: 'store.vouch', subject: `copy/${copy}`, reason, details: {}, at: now });
    return { copy, already: false };
  });
}
