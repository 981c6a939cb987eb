/** Moving a lane's alarm earlier, and telling the workers of other processes. */
import type { Db } from './pool.ts';

/** NOTIFY channel whose payload is a lane's id: its wake_at was moved earlier by somebody without an alarm clock. */
export const wakeChannel = 'kuvert_wake';

/**
 * In the caller's transaction, after its deliveries are written: locks the push lanes in order of id and moves the alarms
 * of those that flow to now. (No key update: the foreign key of a delivery that is being inserted shares the key of its
 * lane, and nobody who moves a lane need wait for that.) The lock is taken whether the alarm moves or not: a drain that is
 * just finding nothing due looks again after this transaction (see `rest`), or this one sees what the drain wrote. An alarm
 * is not set before the time that the address's rate allows.
 * @returns the lanes whose alarm was moved earlier; nobody else may be woken.
 */
export async function moveAlarms(db: Db, lanes: readonly number[]): Promise<number[]> {
  if (lanes.length === 0) return [];
  await db.query('select id from lane where id = any($1) order by id for no key update', [lanes]);
  const { rows } = await db.query<{ id: number }>(
    `update lane set wake_at = least(wake_at, greatest(clock_timestamp(), not_before))
      from address
     where lane.id = any($1) and address.id = lane.id and address.delivery = 'push' and address.retired_at is null
       and lane.state = 'flowing' and (wake_at is null or wake_at > greatest(clock_timestamp(), not_before))
     returning lane.id`,
    [lanes],
  );
  return rows.map((row) => row.id);
}

/** For commands: the workers hear of it when the transaction commits. */
export async function notifyWake(db: Db, lanes: readonly number[]): Promise<void> {
  for (const lane of lanes) await db.query('select pg_notify($1, $2)', [wakeChannel, String(lane)]);
}
