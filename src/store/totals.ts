/** Sums over the book, for reports. */
import type { Db } from './pool.ts';

export interface SupplierTotals {
  readonly organisationNumber: string;
  readonly messages: number;
  readonly delivered: number;
  readonly waiting: number;
  readonly held: number;
  readonly refused: number;
  readonly attempts: number;
  /** Of its lanes, the first that does not flow: its state and what was met last. */
  readonly lane: string | null;
  readonly detail: string | null;
}

/** One row for each recipient, known or not, by organisation number; only current deliveries are counted as states. */
export async function supplierTotals(db: Db): Promise<SupplierTotals[]> {
  const { rows } = await db.query<SupplierTotals>(
    `select m.organisation_number as "organisationNumber", count(*) filter (where d.current) as messages,
            count(*) filter (where d.current and d.state = 'delivered') as delivered,
            count(*) filter (where d.current and d.state in ('waiting', 'sending')) as waiting,
            count(*) filter (where d.current and d.state = 'held') as held,
            count(*) filter (where d.current and d.state = 'refused') as refused,
            sum(d.attempts) as attempts, min(l.state) filter (where l.state <> 'flowing') as lane, min(l.detail) as detail
       from message m join delivery d on d.message_id = m.id left join lane l on l.id = d.lane_id
      group by 1 order by 1`,
  );
  return rows;
}

/** Ids of a recipient's messages with the SHA-256 (hex) of their documents. */
export async function documentHashes(db: Db, organisationNumber: string): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; sha256: string }>(
    "select id, encode(document_sha256, 'hex') as sha256 from message where organisation_number = $1",
    [organisationNumber],
  );
  return new Map(rows.map((row) => [row.id, row.sha256]));
}
