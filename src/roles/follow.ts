/** Messages of principals follow their mandates. */
import type { Alarms } from '../delivery/queue/queue.ts';
import { maskOrganisationNumber } from '../domain/organisation-number.ts';
import type { Log } from '../platform/log.ts';
import { notifyStored } from '../store/collect/channels.ts';
import { followPrincipal } from '../store/mandate-clock.ts';
import type { Pool } from '../store/pool.ts';

/** What waits for this principal goes where its mandates, as they are now, let it. */
export type Follow = (principal: string) => Promise<void>;

/** Milliseconds that a principal's messages wait for a lock before they are left to the next sweep. */
const patience = 5_000;

/** @param alarms left out: the sweeper finds the lanes that were filled */
export function followerOf(pool: Pool, alarms: Pick<Alarms, 'wake'> | undefined, log: Log): Follow {
  return async (principal) => {
    const { wake, filled, ...counts } = await followPrincipal(pool, principal, patience);
    for (const lane of wake) await alarms?.wake(lane, 0);
    await notifyStored(pool, filled);
    if (counts.released + counts.rerouted + counts.held > 0)
      log.info('messages followed their mandates', { principal: maskOrganisationNumber(principal), ...counts });
  };
}
