/** An operator asks for a test call: role delivery makes a handshake with the endpoint, and never sends a message. */
import { Fault } from '../domain/fault.ts';
import { appendAudit } from '../store/audit.ts';
import { operate } from '../store/operate.ts';
import { insertTestCall } from '../store/operator/test-calls.ts';
import type { Pool } from '../store/pool.ts';

export interface TestCallOrder {
  readonly organisationNumber: string;
  readonly address: { readonly id: number; readonly name: string };
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
}

/**
 * Power lost before the commit: nothing was asked. After it: role delivery hears of it, or nobody answers and that is said.
 * @returns the call's id @throws Fault `not-possible-now` while one is open for that address
 */
export function askTestCall(pool: Pool, order: TestCallOrder): Promise<number> {
  const { organisationNumber, address, actor, reason, now: at } = order;
  return operate(pool, false, async (db) => {
    const id = await insertTestCall(db, { addressId: address.id, actor, reason });
    if (id === undefined) throw new Fault('not-possible-now', 'a test call to that address is under way already');
    const subject = `supplier/${organisationNumber}/address/${address.name}`;
    await appendAudit(db, { actor, action: 'address.test-call', subject, reason, details: { call: id }, at });
    return id;
  });
}
