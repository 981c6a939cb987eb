/** Writing an invented book, thousands of rows in a statement. Only `kuvert dev seed` does. */
import type { Pool } from '../pool.ts';

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Rows by table, with the names and values of its columns; bytes as PostgreSQL writes them, `\x…`. */
export interface SeedBatch {
  readonly message: Rows;
  readonly delivery: Rows;
  readonly envelope: Rows;
  readonly attempt: Rows;
  readonly receipt: Rows;
  readonly collection: Rows;
  readonly deadLetter: Rows;
  readonly frame: Rows;
  readonly outbox: Rows;
  /** All documents one after another; where each begins, from 1, and its length. */
  readonly documents: Uint8Array;
  readonly places: readonly { readonly id: string; readonly start: number; readonly size: number }[];
  /** Lanes that flow and got something to send. */
  readonly filled: readonly number[];
}

const plain = (table: string): string =>
  `insert into ${table} select * from json_populate_recordset(null::${table}, $1)`;
const numbered = (table: string): string =>
  `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1)`;

/** All of it or nothing: power lost before the commit, and the batch is written anew. @param organisations the recipient of each message */
export function writeSeedBatch(pool: Pool, batch: SeedBatch): Promise<void> {
  return pool.transaction(async (db) => {
    const write = async (sql: string, rows: Rows, ...rest: unknown[]): Promise<void> => {
      if (rows.length > 0) await db.query(sql, [JSON.stringify(rows), ...rest]);
    };
    await write(
      `update recipient r set counter = r.counter + t.n
         from (select organisation_number, count(*) as n from json_to_recordset($1) as m (organisation_number text) group by 1) t
        where r.organisation_number = t.organisation_number`,
      batch.message.map(({ organisation_number }) => ({ organisation_number })),
    );
    await write(numbered('message'), batch.message);
    await write(
      `insert into content select id, substring($2::bytea from start for size) from json_to_recordset($1) as t (id uuid, start int, size int)`,
      batch.places,
      batch.documents,
    );
    await write(
      `insert into accepted_document (message_type, organisation_number, document_number, version, document_sha256, message_id)
       select message_type, organisation_number, document_number, version, document_sha256, id
         from json_populate_recordset(null::message, $1)`,
      batch.message,
    );
    await write(numbered('delivery'), batch.delivery);
    await write(plain('envelope'), batch.envelope);
    await write(plain('attempt'), batch.attempt);
    await write(plain('receipt'), batch.receipt);
    await write(plain('collection'), batch.collection);
    await write(plain('dead_letter'), batch.deadLetter);
    await write(
      `insert into frame (taken_at, broker_message_id, body_sha256, verdict, message_id, dead_letter_id)
       select taken_at, broker_message_id, body_sha256, verdict, message_id, dead_letter_id from json_populate_recordset(null::frame, $1)`,
      batch.frame,
    );
    await write(
      `insert into outbox (queue, body, headers, dead_letter_id, created_at, sent_at)
       select queue, body, headers, dead_letter_id, created_at, sent_at from json_populate_recordset(null::outbox, $1)`,
      batch.outbox,
    );
    if (batch.filled.length > 0)
      await db.query(
        'update lane set wake_at = clock_timestamp() where id in (select unnest($1::bigint[])) and wake_at is null',
        [batch.filled],
      );
  });
}

/** How many of these frames, in this order, are in the ledger. */
export async function countTaken(pool: Pool, brokerMessageIds: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    'select count(*) as n from frame where broker_message_id in (select unnest($1::text[]))',
    [brokerMessageIds],
  );
  return rows[0]?.n ?? 0;
}

/** What the planner should know of so many new rows. */
export async function analyzeBook(pool: Pool): Promise<void> {
  for (const table of [
    'message',
    'content',
    'accepted_document',
    'delivery',
    'envelope',
    'attempt',
    'receipt',
    'frame',
    'outbox',
    'audit',
  ])
    await pool.query(`vacuum analyze ${table}`);
}
