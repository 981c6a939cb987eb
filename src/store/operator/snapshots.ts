/** Sums that are too dear to be made for each look: made now and then by one of the processes, read by all. */
import type { Pool } from '../pool.ts';

export type SnapshotKind = 'sums' | 'laws' | 'flow';

export interface Snapshot<T> {
  readonly at: Date;
  readonly tookMs: number;
  readonly value: T;
}

export async function readSnapshot<T>(pool: Pool, kind: SnapshotKind): Promise<Snapshot<T> | undefined> {
  const { rows } = await pool.query<{ at: Date; took_ms: number; value: T }>(
    'select at, took_ms, value from snapshot where kind = $1',
    [kind],
  );
  return rows[0] && { at: rows[0].at, tookMs: rows[0].took_ms, value: rows[0].value };
}

/** Any numbers, one for each kind: the same in all processes. */
const locks: Readonly<Record<SnapshotKind, number>> = { sums: 6_582_837_101, laws: 6_582_837_102, flow: 6_582_837_103 };

/**
 * Makes it anew, in one consistent picture, if it is older than `age` milliseconds and nobody else is at it.
 * @param make reads the book as it was at one moment
 * @returns whether it was made
 */
export function renewSnapshot<T>(
  pool: Pool,
  kind: SnapshotKind,
  age: number,
  make: (db: Parameters<Parameters<Pool['transaction']>[0]>[0]) => Promise<T>,
): Promise<boolean> {
  return pool.transaction(async (db) => {
    await db.query('set transaction isolation level repeatable read');
    const { rows } = await db.query<{ mine: boolean; due: boolean }>(
      `select pg_try_advisory_xact_lock($1) as mine,
              coalesce((select at < clock_timestamp() - $3 * interval '1 millisecond' from snapshot where kind = $2), true) as due`,
      [locks[kind], kind, age],
    );
    if (rows[0]?.mine !== true || !rows[0].due) return false;
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
