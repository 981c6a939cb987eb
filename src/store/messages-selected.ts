/** The messages that an order for many of them means. */
import type { DeliveryState } from '../domain/delivery.ts';
import type { MessageType } from '../domain/message.ts';
import type { Db } from './pool.ts';

export interface Selection {
  readonly recipient: string;
  readonly state: DeliveryState;
  readonly messageType?: MessageType | undefined;
  /** First and last sequence number, both included. */
  readonly fromSequence?: number | undefined;
  readonly toSequence?: number | undefined;
  /** In that state since then. */
  readonly since?: Date | undefined;
  /** What an earlier order did under this action for this reason is not selected again. */
  readonly notYet: { readonly action: string; readonly reason: string };
}

export interface SelectedMessage {
  readonly id: string;
  readonly sequence: number;
  readonly messageType: MessageType;
  readonly documentNumber: string;
  readonly address: string | undefined;
  /** The number of its current delivery. */
  readonly delivery: number;
  /** When it came to its state. */
  readonly since: Date;
}

export interface Selected {
  readonly supplier: string | undefined;
  /** In the order of their sequence numbers. */
  readonly messages: readonly SelectedMessage[];
  /** Fit as well, but an earlier order for the same reason has moved them. */
  readonly movedBefore: number;
}

type Row = Omit<SelectedMessage, 'address'> & { readonly address: string | null; readonly done: boolean };

/** Reads at most `most` messages, those that were moved before included; who gets that many may have missed some. */
export async function selectMessages(db: Db, selection: Selection, most: number): Promise<Selected> {
  const { recipient, state, messageType, fromSequence, toSequence, since, notYet } = selection;
  const { rows } = await db.query<Row>(
    `with done as materialized (
       select distinct subject from audit where action = $8 and reason = $9 and details ? 'order')
     select m.id, m.sequence, m.message_type as "messageType", m.document_number as "documentNumber", a.name as address,
            d.number as delivery, d.changed_at as since, done.subject is not null as done
       from message m join delivery d on d.message_id = m.id and d.current
       left join address a on a.id = d.lane_id
       left join done on done.subject = 'message/' || m.id
      where m.organisation_number = $1 and d.state = $2 and ($3::text is null or m.message_type = $3)
        and ($4::bigint is null or m.sequence >= $4) and ($5::bigint is null or m.sequence <= $5)
        and ($6::timestamptz is null or d.changed_at >= $6)
      order by m.sequence limit $7`,
    [
      recipient,
      state,
      messageType ?? null,
      fromSequence ?? null,
      toSequence ?? null,
      since ?? null,
      most,
      notYet.action,
      notYet.reason,
    ],
  );
  const { rows: suppliers } = await db.query<{ name: string }>(
    'select name from supplier where organisation_number = $1',
    [recipient],
  );
  const messages = rows.filter(({ done }) => !done);
  return {
    supplier: suppliers[0]?.name,
    messages: messages.map(({ id, sequence, messageType: type, documentNumber, address, delivery, since: from }) => ({
      id,
      sequence,
      messageType: type,
      documentNumber,
      address: address ?? undefined,
      delivery,
      since: from,
    })),
    movedBefore: rows.length - messages.length,
  };
}
