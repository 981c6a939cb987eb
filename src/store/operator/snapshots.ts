/** Sums that are too dear to be made for each look: made now and then by one of the processes, read by all. */
import type { Db, Pool } from '../pool.ts';

export type SnapshotKind = 'sums' | 'laws' | 'flow';

export interface Snapshot<T> {
  readonly at: Date;
  /** Milliseconds, by the database's clock, which `at` is of too. */
  readonly ageMs: number;
  readonly tookMs: number;
  readonly value: T;
}

export async function readSnapshot<T>(pool: Pool, kind: SnapshotKind): Promise<Snapshot<T> | undefined> {
  const { rows } = await pool.query<{ at: Date; age_ms: number; took_ms: number; value: T }>(
    'select at, extract(epoch from clock_timestamp() - at)::float8 * 1000 as age_ms, took_ms, value from snapshot where kind = $1',
    [kind],
  );
  const [row] = rows;
  return row && { at: row.at, ageMs: row.age_ms, tookMs: row.took_ms, value: row.value };
}

/** Any numbers, one for each kind: the same in all processes. */
const locks: Readonly<Record<SnapshotKind, number>> = { sums: 6_582_837_101, laws: 6_582_837_102, flow: 6_582_837_103 };

export interface Making<T> {
  readonly kind: SnapshotKind;
  /** Whether it is time, told of the last one. */
  due(last: Snapshot<unknown> | undefined): boolean;
  /** Reads the book as it was at one moment. */
  make(db: Db): Promise<T>;
  /** Told which server process is at it, for `cancelMaking`. */
  begun?(pid: number): void;
}

/**
 * Makes it anew, in one consistent picture, if it is due and nobody else is at it.
 * @param pool of two connections at least
 * @returns whether it was made
 */
export function renewSnapshot<T>(pool: Pool, { kind, due, make, begun }: Making<T>): Promise<boolean> {
  return pool.transaction(async (db) => {
    await db.query('set transaction isolation level repeatable read');
    const { rows } = await db.query<{ mine: boolean; pid: number }>(
      'select pg_try_advisory_xact_lock($1) as mine, pg_backend_pid() as pid',
      [locks[kind]],
    );
    if (rows[0]?.mine !== true) return false;
    // Over another connection: this one's picture of the book may be older than the lock, and than what its last holder left.
    if (!due(await readSnapshot(pool, kind))) return false;
    begun?.(rows[0].pid);
    const began = performance.now();
    const value = await make(db);
    await db.query(
      `insert into snapshot (kind, at, took_ms, value) values ($1, transaction_timestamp(), $2, $3)
       on conflict (kind) do update set at = excluded.at, took_ms = excluded.took_ms, value = excluded.value`,
      [kind, performance.now() - began, JSON.stringify(value)],
    );
    return true;
  });
}

/** Ends the statement that a server process is at, if it is at one. */
export async function cancelMaking(db: Db, pid: number): Promise<void> {
  await db.query('select pg_cancel_backend($1)', [pid]);
}
