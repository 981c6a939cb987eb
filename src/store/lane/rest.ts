/** Leaving a lane: what is due next decides its alarm. */
import type { Pool } from '../pool.ts';
import type { Hold } from './take.ts';

export type Rest =
  /** Something became due meanwhile: the lane is still held, go on. */
  | { readonly kind: 'more' }
  /** Left; its alarm is so many milliseconds away. */
  | { readonly kind: 'armed'; readonly wait: number }
  /** Left; nothing to do until somebody moves its alarm. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'superseded' };

/**
 * Two steps under the lane's row lock: first the lock, then, with a new snapshot, what is due. An intake transaction takes the
 * same lock after it wrote its deliveries: either it is seen here, or it finds the alarm that is written here.
 * @param heldProbe milliseconds until a held lane without anything to send is looked at again.
 */
export async function restLane(pool: Pool, hold: Hold, heldProbe: number): Promise<Rest> {
  return pool.transaction(async (db): Promise<Rest> => {
    const { rows } = await db.query<{ state: string; wait: number | null; pause: number | null }>(
      `select state, extract(epoch from wake_at - clock_timestamp())::float8 * 1000 as wait,
              extract(epoch from not_before - clock_timestamp())::float8 * 1000 as pause from lane
        where id = $1 and epoch = $2 and holder = $3 for no key update`,
      [hold.lane, hold.epoch, hold.holder],
    );
    const lane = rows[0];
    if (!lane) return { kind: 'superseded' };
    const leave = async (wait: number | null): Promise<Rest> => {
      await db.query(
        `update lane set holder = null, lease_until = null, wake_at = clock_timestamp() + $2 * interval '1 millisecond' where id = $1`,
        [hold.lane, wait],
      );
      return wait === null ? { kind: 'idle' } : { kind: 'armed', wait: Math.ceil(wait) };
    };
    if (lane.state === 'paused') return leave(null);
    if (lane.state !== 'flowing' && lane.wait === null) return leave(null);
    if (lane.state !== 'flowing' && lane.wait !== null && lane.wait > 0) return leave(lane.wait);
    // Its time has come, and there was nothing to try it with. A held lane is looked at again later; one that backed off
    // flows, one message at a time, or what comes next would wait for an alarm that nobody sets.
    if (lane.state === 'held') return leave(heldProbe);
    if (lane.state === 'backing-off')
      await db.query(
        "update lane set state = 'flowing', ramp = 1, reason = null, detail = null, since = clock_timestamp() where id = $1",
        [hold.lane],
      );
    const next = await nextDue(db, hold.lane);
    // The rate of the address has the last word: not before, also for what is due.
    const first = next === null ? null : Math.max(next, lane.pause ?? 0);
    if (first !== null && first <= 0) return { kind: 'more' };
    return leave(first);
  });
}

/**
 * Milliseconds until the lane's next delivery is due; null when none is waiting, the one that a strict lane stops at is not,
 * or the address is not pushed to any more.
 */
async function nextDue(db: Parameters<Parameters<Pool['transaction']>[0]>[0], lane: number): Promise<number | null> {
  const { rows } = await db.query<{ wait: number | null }>(
    `select extract(epoch from min(d.next_try_at) - clock_timestamp())::float8 * 1000 as wait
       from delivery d join address on address.id = d.lane_id
      where d.lane_id = $1 and d.state = 'waiting' and address.delivery = 'push' and address.retired_at is null
        and (address.ordering <> 'strict' or not exists (
          select from delivery e
           where e.lane_id = $1 and e.state in ('waiting', 'refused', 'held') and e.message_number < d.message_number
             and e.reason is distinct from 'superseded'))`,
    [lane],
  );
  return rows[0]?.wait ?? null;
}

/** Leaves the lane at once with its alarm as it is (a time slice is over, or the process stops). */
export async function leaveLane(pool: Pool, hold: Hold): Promise<void> {
  await pool.query('update lane set holder = null, lease_until = null where id = $1 and epoch = $2 and holder = $3', [
    hold.lane,
    hold.epoch,
    hold.holder,
  ]);
}
