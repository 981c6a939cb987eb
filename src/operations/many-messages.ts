/** An operator's order for many messages: one after the other at a rate, each as if it were ordered alone. */
import type { DeliveryState } from '../domain/delivery.ts';
import { Fault, type FaultCode } from '../domain/fault.ts';
import { appendAudit } from '../store/audit.ts';
import type { Selected, Selection } from '../store/messages-selected.ts';
import { operate } from '../store/operate.ts';
import type { Pool } from '../store/pool.ts';
import { moveMessage } from './messages.ts';

export const manyActions = ['resend', 'release'] as const;
export type ManyAction = (typeof manyActions)[number];

/** What each may begin with; the first unless something else is asked for. */
export const statesFor: Readonly<Record<ManyAction, readonly [DeliveryState, ...DeliveryState[]]>> = {
  resend: ['delivered'],
  release: ['refused', 'held'],
};

export interface ManyOrder {
  readonly action: ManyAction;
  readonly selection: Selection;
  readonly actor: string;
  readonly reason: string;
  /** Messages a second. */
  readonly rate: number;
}

export interface ManyDeps {
  readonly pool: Pool;
  readonly now: () => Date;
  /** Resolves after that time, or at once when the order is stopped. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** True: the message that is being moved is the last one. */
  readonly stopped: () => boolean;
  /** After each message: how many are behind us. */
  readonly progress: (done: number) => void;
}

export interface NotMoved {
  readonly messageId: string;
  readonly sequence: number;
  readonly documentNumber: string;
  readonly code: FaultCode;
  readonly why: string;
}

export interface ManyMoved {
  /** The audit row of the order; the rows of its messages name it. */
  readonly order: number;
  readonly selected: number;
  readonly moved: number;
  /** What could not be moved, and why: it was on the wire, replaced, has no address, or is not any more as it was seen. */
  readonly notMoved: readonly NotMoved[];
  /** Not come to, because the order was stopped. The same order again goes on with them. */
  readonly left: number;
}

/** What may meet one message and not the next. */
export const ownFaults: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'not-found',
  'not-possible-now',
  'superseded',
  'no-address',
  'type-not-agreed',
  'format-not-possible',
]);

/** The action that stands in the audit for each message; `…-many` is the order itself. */
export const auditAction = (action: ManyAction): string => `message.${action}`;

/**
 * Moves what was selected, in its order. Each message is a transaction of its own: whatever stops this leaves whole messages.
 * A message that cannot be moved is told of and passed over.
 * @throws what is wrong with the store, not with one message
 */
export async function moveMany(deps: ManyDeps, order: ManyOrder, { messages }: Selected): Promise<ManyMoved> {
  // 1. The order first: what is done under it can be followed from the first message on.
  const number = await recordOrder(deps, order, messages.length);
  // 2. One message after the other, never faster than the rate; what was slow is not caught up.
  const notMoved: NotMoved[] = [];
  const between = 1_000 / order.rate;
  let done = 0;
  for (const { id, sequence, documentNumber, delivery } of messages) {
    const began = deps.now().getTime();
    if (deps.stopped()) break;
    try {
      await moveMessage(deps.pool, {
        action: order.action,
        messageId: id,
        actor: order.actor,
        reason: order.reason,
        now: deps.now(),
        only: { order: number, delivery, state: order.selection.state },
      });
    } catch (error) {
      if (!(error instanceof Fault) || !ownFaults.has(error.code)) throw error;
      notMoved.push({ messageId: id, sequence, documentNumber, code: error.code, why: error.message });
    }
    done += 1;
    deps.progress(done);
    if (done < messages.length) await deps.wait(Math.max(0, began + between - deps.now().getTime()));
  }
  return {
    order: number,
    selected: messages.length,
    moved: done - notMoved.length,
    notMoved,
    left: messages.length - done,
  };
}

function recordOrder(deps: ManyDeps, order: ManyOrder, count: number): Promise<number> {
  const { action, selection, actor, reason, rate } = order;
  const { recipient, state, messageType, fromSequence, toSequence, since } = selection;
  return operate(deps.pool, false, (db) =>
    appendAudit(db, {
      actor,
      action: `${auditAction(action)}-many`,
      subject: `supplier/${recipient}`,
      reason,
      details: { messages: count, state, messageType, fromSequence, toSequence, since, ratePerSecond: rate },
      at: deps.now(),
    }),
  );
}
