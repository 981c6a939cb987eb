/** What operators do to deliveries: the locks, in the order that everyone takes them, and the writes. */
import type { DeliveryState } from '../domain/delivery.ts';
import type { FaultCode } from '../domain/fault.ts';
import type { Db } from './pool.ts';
import { laneOf } from './reroute.ts';
import { lockRecipients } from './suppliers-change.ts';

/** The current delivery of a message, locked, and where it would go now. */
export interface OperatedDelivery {
  readonly messageId: string;
  readonly documentNumber: string;
  readonly deliveryId: number;
  readonly number: number;
  readonly state: DeliveryState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly lane: number | undefined;
  /** The lane of the address that takes the message now, or why there is none. */
  readonly route: number | FaultCode;
  /** The newer version of the document that was accepted after this one was refused or cancelled. */
  readonly replacedBy: string | undefined;
}

/**
 * Locks, in this order: the document's key (a new version is decided under it), the recipient (its addresses change under
 * it), the lanes concerned (claims and records), the delivery. What is read is true until commit.
 */
export async function lockMessage(db: Db, messageId: string): Promise<OperatedDelivery | undefined> {
  const { rows: messages } = await db.query<{
    message_type: string;
    organisation_number: string;
    document_number: string;
    version: number;
  }>('select message_type, organisation_number, document_number, version from message where id = $1', [messageId]);
  const message = messages[0];
  if (!message) return undefined;
  const key = [message.message_type, message.organisation_number, message.document_number];
  await db.query(
    `select 1 from accepted_document where message_type = $1 and organisation_number = $2 and document_number = $3 and version = 1 for update`,
    key,
  );
  await lockRecipients(db, [message.organisation_number]);
  const route = await laneOf(db, messageId);
  await db.query(
    `select 1 from lane where id = $2 or id = (select lane_id from delivery where message_id = $1 and current) order by id for no key update`,
    [messageId, typeof route === 'number' ? route : null],
  );
  const { rows } = await db.query<{
    id: number;
    number: number;
    state: DeliveryState;
    reason: string | null;
    detail: string | null;
    lane_id: number | null;
  }>('select id, number, state, reason, detail, lane_id from delivery where message_id = $1 and current for update', [
    messageId,
  ]);
  const delivery = rows[0];
  if (!delivery) return undefined;
  const { rows: newer } = await db.query<{ message_id: string }>(
    `select message_id from accepted_document
      where message_type = $1 and organisation_number = $2 and document_number = $3 and version > $4 order by version desc limit 1`,
    [...key, message.version],
  );
  return {
    messageId,
    documentNumber: message.document_number,
    deliveryId: delivery.id,
    number: delivery.number,
    state: delivery.state,
    reason: delivery.reason ?? undefined,
    detail: delivery.detail ?? undefined,
    lane: delivery.lane_id ?? undefined,
    route,
    replacedBy: newer[0]?.message_id,
  };
}

/** SQL: whose message it is, when the lane leads to an agent of its recipient. */
const principalIn = (message: string, lane: string): string =>
  `(select m.organisation_number from message m join address a on a.id = ${lane}
     where m.id = ${message} and a.organisation_number <> m.organisation_number)`;

/** Sets a locked delivery on its way again, with its whole schedule before it. */
export async function sendAgain(db: Db, deliveryId: number, state: DeliveryState, lane: number): Promise<void> {
  await db.query(
    `update delivery set state = $2, lane_id = $3, principal = ${principalIn('delivery.message_id', '$3')}, reason = null,
            detail = null, failures = 0, next_try_at = clock_timestamp(), changed_at = clock_timestamp() where id = $1`,
    [deliveryId, state, lane],
  );
}

/** Stops a locked delivery. */
export async function stopDelivery(
  db: Db,
  deliveryId: number,
  state: DeliveryState,
  reason: FaultCode | undefined,
  detail: string,
): Promise<void> {
  await db.query(
    `update delivery set state = $2, reason = $3, detail = $4, next_try_at = null, changed_at = clock_timestamp() where id = $1`,
    [deliveryId, state, reason ?? null, detail],
  );
}

/** A new delivery of the message beside the locked one, which stays as it is. @returns its id. */
export async function insertNextDelivery(db: Db, previous: OperatedDelivery, lane: number): Promise<number> {
  await db.query('update delivery set current = false where id = $1', [previous.deliveryId]);
  const { rows } = await db.query<{ id: number }>(
    `insert into delivery (message_id, message_number, number, lane_id, principal, state, next_try_at)
     select id, number, $2, $3, ${principalIn('$1', '$3')}, 'waiting', clock_timestamp() from message where id = $1 returning id`,
    [previous.messageId, previous.number + 1, lane],
  );
  return (rows[0] as { id: number }).id;
}
