/** What the book has forgotten of certificates when it was brought back to an earlier time: codes that were used, lists that were published. */
import type { Db } from './pool.ts';

/** What stands with an order from then on, in the words of `kuvert certificate orders`. */
export const orderReason = 'the database was brought back: whether its codes were used, or taken back, is not known';

/**
 * Locks every order whose codes are good: in the lost time it may have been fetched, locked, cancelled or replaced, and codes open once.
 * What the authority has its intention on record for goes on, with the same serial number.
 * @returns how many
 */
export async function lockOpenOrders(db: Db, at: Date): Promise<number> {
  const { rowCount } = await db.query(
    `update certificate_order set state = 'locked', reason = $1, changed_at = $2, pin_hash = null
      where state in ('ordered', 'opened') and expires_at > $2
        and not exists (select from issuance i where i.order_id = certificate_order.id and i.state = 'intended')`,
    [orderReason, at],
  );
  return rowCount;
}

/**
 * The next revocation list of each authority has a number that none had in the lost time (RFC 5280 §5.2.3), and is made as soon as role
 * `ca` starts: what outsiders have may name more than the register knows.
 */
export async function jumpListNumbers(db: Db, jump: number): Promise<void> {
  await db.query(
    `update revocation_list l set number = number + $1, entries_sha256 = sha256('')
      where number = (select max(number) from revocation_list o where o.authority = l.authority)`,
    [jump],
  );
}
