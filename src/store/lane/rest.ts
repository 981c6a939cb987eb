/** Leaving lanes: what is due next decides their alarms. */
import type { LaneState } from '../../domain/lane.ts';
import type { Db } from '../pool.ts';
import type { Hold } from './take.ts';

/** A lane with nothing under way, as its row stands or is about to. Milliseconds. */
export interface AtRest {
  readonly state: LaneState;
  /** Until its alarm; null: it has none. */
  readonly wake: number | null;
  /** Until the rate of its address allows the next claim. */
  readonly pause: number;
  /** Until its next delivery is due; null: none will be. */
  readonly next: number | null;
  /** Until a held lane without anything to send is looked at again. */
  readonly heldProbe: number;
}

/** Whether the lane is left, and its alarm in milliseconds then; null: nothing to do until somebody moves it. */
export function restOf({ state, wake, pause, next, heldProbe }: AtRest): 'more' | { readonly wait: number | null } {
  if (state === 'paused') return { wait: null };
  if (state !== 'flowing' && (wake === null || wake > 0)) return { wait: wake };
  // Its time has come, and there was nothing to try it with. A held lane is looked at again later; one that backed off
  // flows, or what comes next would wait for an alarm that nobody sets.
  if (state === 'held') return { wait: heldProbe };
  // The rate of the address has the last word: not before, also for what is due.
  const first = next === null ? null : Math.max(next, pause);
  return first !== null && first <= 0 ? 'more' : { wait: first };
}

/**
 * Milliseconds until each lane's next delivery is due. Missing: none is waiting, the one that a strict lane stops at is not,
 * or the address is not pushed to any more. For a transaction that holds the lanes' rows, after what it writes.
 */
export async function nextDue(db: Db, lanes: readonly number[]): Promise<Map<number, number>> {
  if (lanes.length === 0) return new Map();
  const { rows } = await db.query<{ lane: number; wait: number | null }>(
    `select a.id as lane,
            extract(epoch from case when a.ordering = 'strict' then (
                select oldest.next_try_at
                  from (select d.message_number, d.next_try_at from delivery d where d.lane_id = a.id and d.state = 'waiting' order by d.message_number limit 1) oldest
                 where not exists (
                   select from delivery e
                    where e.lane_id = a.id and e.state in ('refused', 'held') and e.message_number < oldest.message_number
                      and e.reason is distinct from 'superseded'))
              else (select min(d.next_try_at) from delivery d where d.lane_id = a.id and d.state = 'waiting') end
              - clock_timestamp())::float8 * 1000 as wait
       from address a where a.id = any($1) and a.delivery = 'push' and a.retired_at is null`,
    [lanes],
  );
  return new Map(rows.flatMap(({ lane, wait }) => (wait === null ? [] : [[lane, wait]])));
}

/**
 * Leaves the lane at once with its alarm as it is (a time slice is over, the process stops, a step broke). What a broken drain
 * leaves under way, though a receipt may have ended its delivery, has a lease that is over: whoever takes the lane next, or the sweeper if nobody may, sets it right. Power
 * lost before the commit: the lease runs out by itself.
 */
export async function leaveLane(db: Db, hold: Hold): Promise<void> {
  await db.query(
    `update lane set holder = null,
            lease_until = case when exists (select from attempt where lane_id = $1 and outcome is null) then clock_timestamp() end
      where id = $1 and epoch = $2 and holder = $3`,
    [hold.lane, hold.epoch, hold.holder],
  );
}
