/** Sums over the book, for reports. */
import type { EnvelopeFormat } from '../domain/message.ts';
import type { Db } from './pool.ts';

export interface SupplierTotals {
  readonly organisationNumber: string;
  readonly messages: number;
  readonly delivered: number;
  /** Of the delivered, those that it fetched and gave a receipt for. */
  readonly fetched: number;
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
            count(*) filter (where d.current and d.delivered_by = 'collected') as fetched,
            count(*) filter (where d.current and d.state in ('waiting', 'sending')) as waiting,
            count(*) filter (where d.current and d.state = 'held') as held,
            count(*) filter (where d.current and d.state = 'refused') as refused,
            sum(d.attempts) as attempts, min(l.state) filter (where l.state <> 'flowing') as lane, min(l.detail) as detail
       from message m join delivery d on d.message_id = m.id left join lane l on l.id = d.lane_id
      group by 1 order by 1`,
  );
  return rows;
}

export interface DeliveredDocument {
  readonly messageId: string;
  /** Of the document, hex. */
  readonly sha256: string;
  readonly envelopeFormat: EnvelopeFormat;
}

/** What the book says that a recipient has. */
export async function deliveredDocuments(db: Db, organisationNumber: string): Promise<DeliveredDocument[]> {
  const { rows } = await db.query<DeliveredDocument>(
    `select m.id as "messageId", encode(m.document_sha256, 'hex') as sha256, e.format as "envelopeFormat"
       from message m join envelope e on e.message_id = m.id
      where m.organisation_number = $1
        and exists (select from delivery d where d.message_id = m.id and d.state = 'delivered')`,
    [organisationNumber],
  );
  return rows;
}
