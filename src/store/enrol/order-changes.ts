/** What changes in an order, for who has locked its row. */
import type { Db } from '../pool.ts';
import type { OrderState } from './orders.ts';

/** Wrong PINs, or wrong passwords, that lock an order. */
export const mostWrong = 5;

/** Whether a certificate is being made for it, or was: then it cannot be taken back any more. For who has locked the order. */
export async function isBeingIssued(db: Db, id: string): Promise<boolean> {
  const { rows } = await db.query(
    "select 1 from issuance where order_id = $1 and state in ('intended', 'issued') limit 1",
    [id],
  );
  return rows.length > 0;
}

/** For who has locked the order. */
export async function setOrderState(
  db: Db,
  id: string,
  state: Exclude<OrderState, 'fetched'>,
  reason: string | undefined,
  at: Date,
): Promise<void> {
  await db.query('update certificate_order set state = $2, reason = $3, changed_at = $4 where id = $1', [
    id,
    state,
    reason ?? null,
    at,
  ]);
}

/** The certificate that was ordered is there. For who has locked the order, after the certificate is in the register. */
export async function setOrderFetched(db: Db, id: string, fingerprint: string, at: Date): Promise<void> {
  await db.query(
    "update certificate_order set state = 'fetched', reason = null, fingerprint = $2, changed_at = $3 where id = $1",
    [id, fingerprint, at],
  );
}

export async function setOrderApproved(db: Db, id: string, by: string, at: Date): Promise<void> {
  await db.query(
    "update certificate_order set approval = 'given', approved_by = $2, changed_at = $3 where id = $1 and approval <> 'given'",
    [id, by, at],
  );
}

/**
 * One wrong PIN or password more, for who has locked the order; the last one that is allowed locks it for good.
 * @returns how many are left
 */
export async function countWrong(db: Db, id: string, what: 'pin' | 'password', at: Date): Promise<number> {
  const column = what === 'pin' ? 'wrong_pins' : 'wrong_passwords';
  const { rows } = await db.query<{ wrong: number }>(
    `update certificate_order
        set ${column} = ${column} + 1, changed_at = $3,
            state = case when ${column} + 1 >= $2 then 'locked' else state end,
            reason = case when ${column} + 1 >= $2 then $4 else reason end
      where id = $1 and state in ('ordered', 'opened') returning ${column} as wrong`,
    [id, mostWrong, at, `${mostWrong} wrong ${what === 'pin' ? 'PINs' : 'transfer passwords'}`],
  );
  return Math.max(0, mostWrong - (rows[0]?.wrong ?? mostWrong));
}

/** A new PIN, the one before is void; counted before it is sent. */
export async function setPin(db: Db, id: string, hash: string, at: Date): Promise<void> {
  await db.query(
    `update certificate_order set pin_hash = $2, pin_made_at = $3, pins_sent = pins_sent + 1, changed_at = $3
      where id = $1`,
    [id, hash, at],
  );
}

/** A PIN that surely reached nobody: it opens nothing, and is not counted. */
export async function giveBackPin(db: Db, id: string, hash: string): Promise<void> {
  await db.query(
    'update certificate_order set pin_hash = null, pins_sent = pins_sent - 1 where id = $1 and pin_hash = $2',
    [id, hash],
  );
}

/** TransferPassword has been made, and is about to be shown. The PIN has done its work. */
export async function setOrderOpened(db: Db, id: string, passwordCheck: Buffer, at: Date): Promise<void> {
  await db.query(
    `update certificate_order set state = 'opened', password_check = $2, opened_at = $3, changed_at = $3, pin_hash = null
      where id = $1 and state = 'ordered'`,
    [id, passwordCheck, at],
  );
}
