/** What a mandate's hour sets in motion: what was held goes when it begins, what waits leaves the agent when it ends. */
import { insertDeliveryAnswers } from './lane/answers.ts';
import { operate } from './operate.ts';
import type { Db, Pool } from './pool.ts';
import { moveAstray, releaseUnaddressed } from './reroute.ts';
import { lockLanesOf, lockRecipients } from './suppliers-change.ts';
import { moveAlarms } from './wake.ts';

/** NOTIFY channel; payload: a lane's id and a principal, with a blank between. A mandate was ended before its time: see the trigger. */
export const mandateChannel = 'kuvert_mandate';

/** What became of a principal's messages. */
export interface Followed {
  /** Held for want of a way, and on their way now. */
  readonly released: number;
  /** Waiting elsewhere now. */
  readonly rerouted: number;
  /** Waited at an agent, and have nowhere to go now: held, and KA is told. */
  readonly held: number;
  /** Refused by an agent, or held by an operator, and in nobody's lane now: an operator releases it. */
  readonly stopped: number;
  /** Lanes that were filled, and those of them and of what they left whose alarm was moved earlier. */
  readonly filled: readonly number[];
  readonly wake: readonly number[];
}

/**
 * The principals of mandates that have begun or ended, by the clock or before their time, and were not followed yet. Read from
 * two indexes that hold nothing else: with nothing to do it costs two looks.
 */
export async function principalsDue(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ principal: string }>(
    `select principal from mandate where not begun and valid_from <= statement_timestamp()
     union select principal from mandate where not settled and ends_at <= statement_timestamp()`,
    [],
  );
  return rows.map(({ principal }) => principal);
}

/**
 * A principal's messages follow its mandates as they are now, in one transaction; what is being sent this moment ends as it does,
 * and is seen to the next time. The caller wakes and tells the lanes. Power lost before the commit: it is found again at the
 * next sweep. After it: lanes that were not woken are found by their alarm.
 * @param lockTimeout milliseconds that one statement may wait for a lock
 */
export async function followPrincipal(pool: Pool, principal: string, lockTimeout: number): Promise<Followed> {
  return operate(
    pool,
    false,
    async (db) => {
      await lockRecipients(db, [principal]);
      await lockLanesOf(db, [principal]);
      const followed = await followMandates(db, principal, new Date());
      await markFollowed(db, principal);
      return followed;
    },
    lockTimeout,
  );
}

/** For a transaction that holds the recipient and its lanes. */
export async function followMandates(db: Db, principal: string, at: Date): Promise<Followed> {
  const moved = await moveAstray(db, principal);
  const freed = await releaseUnaddressed(db, principal, at);
  const going = moved.filter(({ stopped }) => !stopped);
  const held = going.filter(({ to }) => to === undefined).map(({ deliveryId }) => deliveryId);
  await insertDeliveryAnswers(db, 'held', held);
  const filled = [...new Set([...moved, ...freed].flatMap(({ to }) => to ?? []))];
  // What a strict lane kept behind one that has left is due.
  const left = moved.map(({ from }) => from);
  const wake = await moveAlarms(db, [...new Set([...filled, ...left])]);
  const counts = { rerouted: going.length - held.length, held: held.length, stopped: moved.length - going.length };
  return { released: freed.length, ...counts, filled, wake };
}

/**
 * Intake looks for a way under the recipient's lock, which the caller holds: what it put at the agent before the end is seen here.
 * What is being sent may come back to the agent's lane: until nothing is, the end is not settled.
 */
async function markFollowed(db: Db, principal: string): Promise<void> {
  await db.query(
    `update mandate set begun = begun or valid_from <= transaction_timestamp(),
            settled = settled or (ends_at <= transaction_timestamp() and not coalesce((
              select true from delivery d where d.lane_id = mandate.address_id and d.principal = mandate.principal
                 and d.state in ('waiting', 'sending', 'held', 'refused') and d.state = 'sending' limit 1), false))
      where principal = $1 and ((not begun and valid_from <= transaction_timestamp()) or (not settled and ends_at <= transaction_timestamp()))`,
    [principal],
  );
}

/** Something of these principals, which was at this agent, is held in no lane: the next sweep looks for a way. */
export async function unsettleMandates(db: Db, lane: number, principals: readonly string[]): Promise<void> {
  if (principals.length === 0) return;
  await db.query('update mandate set settled = false where address_id = $1 and principal = any($2) and settled', [
    lane,
    principals,
  ]);
}
