/** How an order stands: what is written of it, and the time. */
import type { Order, OrderState } from '../store/enrol/orders.ts';

export type Standing = OrderState | 'expired';

/** The codes' time is over at the very moment that the order names. */
export function standingOf({ state, expiresAt }: Pick<Order, 'state' | 'expiresAt'>, now: Date): Standing {
  return (state === 'ordered' || state === 'opened') && now >= expiresAt ? 'expired' : state;
}

/** A sentence for whoever wants to do something with an order that is past it; undefined while its codes are good. */
export function whyNotOpen(order: Pick<Order, 'state' | 'expiresAt' | 'transferId' | 'reason'>, now: Date) {
  const again = `\`kuvert certificate reorder ${order.transferId}\` makes a new one`;
  const sentences: Readonly<Record<Standing, string | undefined>> = {
    ordered: undefined,
    opened: undefined,
    expired: `the order ${order.transferId} expired at ${order.expiresAt.toISOString()}; ${again}`,
    locked: `the order ${order.transferId} is locked (${order.reason ?? 'too many wrong guesses'}); ${again}`,
    fetched: `the certificate of the order ${order.transferId} has been fetched; order another with \`kuvert certificate order\``,
    cancelled: `the order ${order.transferId} was cancelled; order anew with \`kuvert certificate order\``,
    replaced: `a newer order took the place of ${order.transferId}; see \`kuvert certificate orders\``,
  };
  return sentences[standingOf(order, now)];
}
