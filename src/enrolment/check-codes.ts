/** The codes of an order, as they are given for its certificate. */
import { Fault } from '../domain/fault.ts';
import { appendAudit } from '../store/audit.ts';
import { countWrong } from '../store/enrol/order-changes.ts';
import { lockOrder, type Order } from '../store/enrol/orders.ts';
import type { Db } from '../store/pool.ts';
import { proofIsRight } from './codes.ts';
import { whyOrderNotOpen } from './decide.ts';
import { standingOf } from './standing.ts';

export type Codes =
  /** Counted: the transaction must be committed. */
  | { readonly kind: 'wrong'; readonly locked: boolean }
  /** Of an order that is open, or has its certificate and may hand it out again. */
  | { readonly kind: 'right'; readonly order: Order };

/**
 * Under the lock of the order's row, so that of guesses that come together each is counted, and none is looked at after the last that
 * is allowed.
 * Power lost before the commit: the guess is not counted, and was not answered.
 * @throws Fault `order-not-open`, to who has the right codes of an order that is past its time
 */
export async function checkCodes(
  db: Db,
  given: {
    readonly transferId: string | undefined;
    readonly proof: Buffer;
    readonly remoteAddress: string | undefined;
  },
  now: Date,
): Promise<Codes> {
  const { transferId, proof } = given;
  const order = transferId === undefined ? undefined : await lockOrder(db, { transferId });
  if (order === undefined) return { kind: 'wrong', locked: false };
  if (proofIsRight(proof, order.passwordCheck)) {
    const standing = order.state === 'fetched' && now >= order.expiresAt ? 'expired' : standingOf(order, now);
    if (standing !== 'opened' && standing !== 'fetched')
      throw new Fault('order-not-open', whyOrderNotOpen(order, standing));
    return { kind: 'right', order };
  }
  // Nobody has a password yet that could be guessed; whoever knows the TransferID alone cannot lock the order.
  const counts = order.passwordCheck !== undefined && (order.state === 'ordered' || order.state === 'opened');
  const locked = counts && (await countWrong(db, order.id, 'password', now)) === 0;
  if (locked)
    await appendAudit(db, {
      actor: 'supplier-api',
      action: 'order.lock',
      subject: `supplier/${order.organisationNumber}/order/${order.transferId}`,
      reason: 'too many wrong passwords',
      details: { remoteAddress: given.remoteAddress },
      at: now,
    });
  return { kind: 'wrong', locked };
}
