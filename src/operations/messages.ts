/** An operator resends, cancels, holds or releases a message. */
import { type DeliveryEvent, type DeliveryState, nextDeliveryState } from '../domain/delivery.ts';
import { Fault, faultTable } from '../domain/fault.ts';
import { appendAudit } from '../store/audit.ts';
import { notifyStored } from '../store/collect/channels.ts';
import { insertDeliveryAnswers } from '../store/lane/answers.ts';
import {
  insertNextDelivery,
  lockMessage,
  type OperatedDelivery,
  sendAgain,
  stopDelivery,
} from '../store/messages-operate.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { moveAlarms, notifyWake } from '../store/wake.ts';

export type MessageAction = 'resend' | 'cancel' | 'hold' | 'release';

export interface MessageOrder {
  readonly action: MessageAction;
  readonly messageId: string;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  /** One message of an order for many: only if its current delivery is still the one that was selected. */
  readonly only?: { readonly order: number; readonly delivery: number; readonly state: DeliveryState };
  /** Written in the same transaction: with the move, or not at all. */
  readonly alongside?: (db: Db) => Promise<void>;
}

export interface MessageMoved {
  readonly messageId: string;
  readonly documentNumber: string;
  readonly before: DeliveryState;
  readonly after: DeliveryState;
  /** Why it was held or refused before: a fault code. */
  readonly because: string | undefined;
  /** False: it was so already, and nothing was written. */
  readonly changed: boolean;
}

/**
 * Does what is ordered, by the deliveries' table of states, and writes it down.
 * @throws Fault `not-found` · `not-possible-now`, with what to do instead · `no-address`, `type-not-agreed` when it has
 *   nowhere to go · `superseded` when a newer version of the document was accepted
 */
export async function moveMessage(pool: Pool, order: MessageOrder): Promise<MessageMoved> {
  return operate(pool, false, async (db) => {
    const delivery = await lockMessage(db, order.messageId);
    if (delivery === undefined) throw new Fault('not-found', `there is no message ${order.messageId}`);
    refuseIfChanged(delivery, order);
    const after = await actions[order.action](db, delivery, order.reason);
    // Before the audit, whose lock all others wait for.
    await order.alongside?.(db);
    const { messageId, documentNumber, state: before, reason: because } = delivery;
    if (after === undefined) return { messageId, documentNumber, before, after: before, because, changed: false };
    await appendAudit(db, {
      actor: order.actor,
      action: `message.${order.action}`,
      subject: `message/${messageId}`,
      reason: order.reason,
      details: { documentNumber, delivery: delivery.number, before, after, because, order: order.only?.order },
      at: order.now,
    });
    return { messageId, documentNumber, before, after, because, changed: true };
  });
}

/** Each returns the state after, or undefined when it is so already. */
type Action = (db: Db, delivery: OperatedDelivery, reason: string) => Promise<DeliveryState | undefined>;

const actions: Readonly<Record<MessageAction, Action>> = { resend, cancel, hold, release };

/** A new delivery of what was delivered; nothing else can be sent “again”. */
async function resend(db: Db, delivery: OperatedDelivery): Promise<DeliveryState> {
  if (delivery.state !== 'delivered') throw notPossible(delivery, 'resend');
  const lane = wayFor(delivery);
  await insertNextDelivery(db, delivery, lane);
  await wake(db, [lane]);
  await notifyStored(db, [lane]);
  return 'waiting';
}

async function release(db: Db, delivery: OperatedDelivery): Promise<DeliveryState | undefined> {
  const after = next(delivery, 'release');
  if (after === undefined) return undefined;
  const lane = wayFor(delivery);
  await sendAgain(db, delivery.deliveryId, after, lane);
  // The old lane too: if it is strict it was standing still because of this one.
  await wake(db, [lane, ...(delivery.lane === undefined ? [] : [delivery.lane])]);
  await notifyStored(db, [lane]);
  return after;
}

async function hold(db: Db, delivery: OperatedDelivery, reason: string): Promise<DeliveryState | undefined> {
  refuseIfReplaced(delivery);
  // The table's way from sending to held is that of a spent schedule. An operator's word waits: bytes may be on the wire.
  if (delivery.state === 'sending') throw notPossible(delivery, 'hold');
  const after = next(delivery, 'hold') ?? delivery.state;
  // Held for another reason, it would go on its way by itself when that reason is gone; an operator's word outlasts that.
  if (after === delivery.state && delivery.reason === 'held-by-operator') return undefined;
  await stopDelivery(db, delivery.deliveryId, after, 'held-by-operator', reason);
  if (after !== delivery.state) await insertDeliveryAnswers(db, 'held', [delivery.deliveryId]);
  return after;
}

async function cancel(db: Db, delivery: OperatedDelivery, reason: string): Promise<DeliveryState | undefined> {
  const after = next(delivery, 'cancel');
  if (after === undefined) return undefined;
  await stopDelivery(db, delivery.deliveryId, after, 'cancelled-by-operator', reason);
  await insertDeliveryAnswers(db, 'cancelled', [delivery.deliveryId]);
  // What stood behind it in a strict lane goes on.
  if (delivery.lane !== undefined) await wake(db, [delivery.lane]);
  return after;
}

function next(delivery: OperatedDelivery, event: DeliveryEvent & MessageAction): DeliveryState | undefined {
  const after = nextDeliveryState(delivery.state, event);
  if (after === 'conflict') throw notPossible(delivery, event);
  return after === 'same' ? undefined : after;
}

/** The lane that the message goes to now: the register may have changed since it was last on its way. */
function wayFor(delivery: OperatedDelivery): number {
  refuseIfReplaced(delivery);
  const { route, documentNumber } = delivery;
  if (typeof route === 'number') return route;
  throw new Fault(
    route,
    `${named(delivery)} (${documentNumber}) has nowhere to go: ${faultTable[route].title.toLowerCase()}; ` +
      'add one with `kuvert supplier import`, then it can be released',
  );
}

/** Somebody may have moved it between the selection and its turn: what they did stands. */
function refuseIfChanged(delivery: OperatedDelivery, { only }: MessageOrder): void {
  if (only === undefined || (only.delivery === delivery.number && only.state === delivery.state)) return;
  const meanwhile = only.delivery === delivery.number ? `is ${delivery.state} now` : 'has been resent since';
  throw new Fault('not-possible-now', `${named(delivery)} was ${only.state} when it was selected, and ${meanwhile}`);
}

/** Both versions delivered would be two invoices for one. */
function refuseIfReplaced(delivery: OperatedDelivery): void {
  if (delivery.replacedBy === undefined) return;
  throw new Fault(
    'superseded',
    `${named(delivery)} is ${delivery.state}, and a newer version of ${delivery.documentNumber} was accepted as message ${delivery.replacedBy}; act on that one`,
  );
}

const instead: Readonly<Record<DeliveryState, string>> = {
  waiting: 'it is on its way already',
  sending: 'it is being tried this moment; try again when the attempt is over',
  delivered: 'the supplier has it; `kuvert message resend` delivers it once more',
  refused: 'use `kuvert message release` to send it again',
  held: 'use `kuvert message release` to send it',
  cancelled: 'it was withdrawn; the same document can come from KA under its number with corrected content',
};

function notPossible(delivery: OperatedDelivery, action: MessageAction): Fault {
  return new Fault(
    'not-possible-now',
    `${named(delivery)} is ${delivery.state}, so ${action} does not apply: ${instead[delivery.state]}`,
  );
}

const named = ({ messageId }: OperatedDelivery): string => `message ${messageId}`;

async function wake(db: Db, lanes: readonly number[]): Promise<void> {
  await notifyWake(db, await moveAlarms(db, [...new Set(lanes)]));
}
