/** Where a time begins among rows that are numbered as they come: no index by time is kept for them. */
import type { Db } from '../pool.ts';

/** Numbers are given in the order of time but for transactions that overlapped, and clocks that were set. */
export const overlap = 600_000;

const books = {
  message: { table: 'message', number: 'number', at: 'accepted_at' },
  audit: { table: 'audit', number: 'id', at: 'at' },
} as const;

/**
 * Found by halving.
 * @param side -1: surely none of that time or later is before it; 1: surely none of before that time is after it
 */
export async function numberAt(db: Db, book: keyof typeof books, time: Date, side: -1 | 1): Promise<number> {
  const { table, number, at } = books[book];
  const { rows } = await db.query<{ number: number | null }>(
    `with recursive half(low, high) as (
       select (select ${number} from ${table} order by ${number} limit 1), (select ${number} from ${table} order by ${number} desc limit 1) + 1
       union all
       select case when at < $1 then middle + 1 else low end, case when at < $1 then high else middle end
         from (select low, high, (low + high) / 2 as middle,
                      (select ${at} from ${table} where ${number} >= (low + high) / 2 order by ${number} limit 1) as at
                 from half where low < high) probe)
     select low as number from half order by high - low limit 1`,
    [new Date(time.getTime() + side * overlap)],
  );
  return rows[0]?.number ?? 0;
}
