/** What is to be sent to the broker: written in the transaction that makes it true, marked when the broker's receipt has come. */
import type { Db, Pool } from './pool.ts';

/** Any number that no other advisory lock of ours has. */
const senderLock = 5_901;

interface Unsent {
  readonly id: number;
  readonly createdAt: Date;
}

/** An answer to KA. */
export interface UnsentAnswer extends Unsent {
  readonly queue: 'status';
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A frame that could not become a message. */
export interface UnsentDeadLetter extends Unsent {
  readonly queue: 'dead';
  readonly deadLetterId: string;
  readonly fault: string;
  readonly detail: string;
  readonly isText: boolean;
  readonly body: Buffer;
  /** As the producer sent them. */
  readonly headers: Readonly<Record<string, string>>;
}

export type UnsentRow = UnsentAnswer | UnsentDeadLetter;

interface Row {
  id: number;
  created_at: Date;
  queue: 'status' | 'dead';
  body: string | null;
  headers: Record<string, string>;
  dead_letter_id: string;
  fault: string;
  detail: string;
  is_text: boolean;
  dead_body: Buffer;
  dead_headers: Buffer;
}

/**
 * Runs `work` in a transaction that no other sender of this database is in: two would send in each other's order.
 * @returns what `work` returns; undefined when another process sends now.
 */
export function asTheOnlySender<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T | undefined> {
  return pool.transaction(async (db) => {
    const { rows } = await db.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [senderLock]);
    return rows[0]?.mine ? work(db) : undefined;
  });
}

/** The oldest unsent rows, at most `limit` and about `bytes` of dead letters' bodies; at least one if there is one. */
export async function takeUnsent(db: Db, limit: number, bytes: number): Promise<UnsentRow[]> {
  const { rows } = await db.query<Row>(
    `with oldest as (
       select o.id, o.queue, o.body, o.headers, o.dead_letter_id, o.created_at,
              coalesce(sum(octet_length(d.body)) over (order by o.id rows unbounded preceding exclude current row), 0) as before
         from (select * from outbox where sent_at is null order by id limit $1) o
         left join dead_letter d on d.id = o.dead_letter_id
     )
     select o.id, o.created_at, o.queue, o.body, o.headers, o.dead_letter_id, d.fault, d.detail, d.is_text,
            d.body as dead_body, d.headers as dead_headers
       from oldest o left join dead_letter d on d.id = o.dead_letter_id
      where o.before < $2
      order by o.id`,
    [limit, bytes],
  );
  return rows.map((row): UnsentRow => {
    const { id, created_at: createdAt } = row;
    if (row.queue === 'status') return { queue: 'status', id, createdAt, body: row.body ?? '', headers: row.headers };
    const { dead_letter_id: deadLetterId, fault, detail, is_text: isText, dead_body: body } = row;
    const headers = JSON.parse(row.dead_headers.toString('utf8')) as Record<string, string>;
    return { queue: 'dead', id, createdAt, deadLetterId, fault, detail, isText, body, headers };
  });
}

export async function markSent(db: Db, ids: readonly number[]): Promise<void> {
  await db.query('update outbox set sent_at = clock_timestamp() where id = any($1) and sent_at is null', [ids]);
}
