/** Where a time, or a number, begins among rows that are numbered as they come: no index by time is kept for them. Found by halving. */
import type { Db } from '../pool.ts';

/** Numbers are given in the order of time but for transactions that overlapped, and clocks that were set. */
export const overlap = 600_000;

const books = {
  message: { table: 'message', number: 'number', at: 'accepted_at' },
  audit: { table: 'audit', number: 'id', at: 'at' },
} as const;

/** @param side -1: surely none of that time or later is before it; 1: surely none of before that time is after it */
export async function numberAt(db: Db, book: keyof typeof books, time: Date, side: -1 | 1): Promise<number> {
  const { table, number, at } = books[book];
  const { rows } = await db.query<{ place: number | null }>(
    halved(
      `(select ${number} from ${table} order by ${number} limit 1)`,
      `(select ${number} from ${table} order by ${number} desc limit 1) + 1`,
      `select ${at} from ${table} where ${number} >= (low + high) / 2 order by ${number} limit 1`,
      '$1',
    ),
    [new Date(time.getTime() + side * overlap)],
  );
  return rows[0]?.place ?? 0;
}

/** The place in a recipient's own sequence before which all its messages with lower numbers are, and no others. */
export async function sequenceAt(db: Db, recipient: string, number: number): Promise<number> {
  const { rows } = await db.query<{ place: number | null }>(
    halved(
      '1::bigint',
      '(select counter from recipient where organisation_number = $1) + 1',
      'select number from message where organisation_number = $1 and sequence >= (low + high) / 2 order by sequence limit 1',
      '$2',
    ),
    [recipient, number],
  );
  return rows[0]?.place ?? 0;
}

/** @param found of the first row at or after the middle, in the order of what is sought */
const halved = (first: string, end: string, found: string, sought: string): string =>
  `with recursive half(low, high) as (
     select ${first}, ${end}
     union all
     select case when found < ${sought} then middle + 1 else low end, case when found < ${sought} then high else middle end
       from (select low, high, (low + high) / 2 as middle, (${found}) as found from half where low < high) probe)
   select low as place from half order by high - low limit 1`;
