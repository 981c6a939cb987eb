/** Answers to KA about deliveries and lanes. */
import { randomUUIDv7 } from 'node:crypto';
import { type AnswerKind, answer } from '../../domain/answer.ts';
import { type FaultCode, faultTable } from '../../domain/fault.ts';
import { insertAnswers } from '../answers.ts';
import type { Db } from '../pool.ts';

/** What KA called the frame that is answered. */
export interface FrameNames {
  readonly kaMessageId: string | undefined;
  readonly correlationId: string | undefined;
}

/** What an answer about a delivery says of it; `answeredColumns` reads it from message `m` and delivery `d`. */
export interface AnsweredDelivery {
  readonly message_id: string;
  readonly sequence: number;
  readonly version: number;
  readonly message_type: string;
  readonly document_number: string;
  readonly organisation_number: string;
  readonly ka_message_id: string | null;
  readonly correlation_id: string | null;
  readonly reason: FaultCode | null;
  readonly detail: string | null;
}

export const answeredColumns =
  'm.id as message_id, m.sequence, m.version, m.message_type, m.document_number, m.organisation_number, m.ka_message_id, m.correlation_id, d.reason, d.detail';

/**
 * One answer for each delivery, in the order of acceptance; the fault is what the delivery's row says. A resend of what was
 * delivered before that is refused, held or cancelled is an operator's matter: KA is not told that what the supplier has was
 * refused.
 * @param names of the frame that asked for it; left out: those that the document came with.
 */
export async function insertDeliveryAnswers(
  db: Db,
  kind: AnswerKind,
  deliveryIds: readonly number[],
  names?: FrameNames,
): Promise<void> {
  if (deliveryIds.length === 0) return;
  const { rows } = await db.query<AnsweredDelivery>(
    `select ${answeredColumns}
       from delivery d join message m on m.id = d.message_id
      where d.id = any($1)
        and ($2 = 'delivered' or not exists (
          select from delivery e where e.message_id = d.message_id and e.id <> d.id and e.state = 'delivered'))
      order by m.number`,
    [deliveryIds, kind],
  );
  await insertAnswersAbout(db, kind, rows, names);
}

/** The same, of what was read already. */
export async function insertAnswersAbout(
  db: Db,
  kind: AnswerKind,
  rows: readonly AnsweredDelivery[],
  names?: FrameNames,
): Promise<void> {
  const time = new Date().toISOString();
  await insertAnswers(
    db,
    rows.map((row) =>
      answer(kind, {
        id: randomUUIDv7(),
        time,
        messageId: row.message_id,
        sequence: String(row.sequence),
        version: row.version,
        kaMessageId: names ? names.kaMessageId : (row.ka_message_id ?? undefined),
        correlationId: names ? names.correlationId : (row.correlation_id ?? undefined),
        messageType: row.message_type,
        documentNumber: row.document_number,
        recipient: row.organisation_number,
        fault:
          row.reason === null ? undefined : { code: row.reason, detail: row.detail ?? faultTable[row.reason].title },
      }),
    ),
  );
}

/** A held lane is announced once, not once for each message in it. */
export async function insertLaneAnswer(db: Db, lane: number): Promise<void> {
  const { rows } = await db.query<{
    name: string;
    organisation_number: string;
    reason: FaultCode;
    detail: string | null;
    waiting: number;
  }>(
    `select a.name, a.organisation_number, l.reason, l.detail,
            (select count(*) from delivery d where d.lane_id = l.id and d.state in ('waiting', 'sending')) as waiting
       from lane l join address a on a.id = l.id where l.id = $1`,
    [lane],
  );
  const row = rows[0];
  if (!row) return;
  await insertAnswers(db, [
    answer('held', {
      id: randomUUIDv7(),
      time: new Date().toISOString(),
      recipient: row.organisation_number,
      lane: { address: row.name, waiting: row.waiting },
      fault: { code: row.reason, detail: row.detail ?? faultTable[row.reason].title },
    }),
  ]);
}
