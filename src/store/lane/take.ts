/** Taking a lane: its row is the lock. */
import { randomUUID } from 'node:crypto';
import type { FaultCode } from '../../domain/fault.ts';
import type { LaneState } from '../../domain/lane.ts';
import type { LaneView } from '../../domain/lane-draft.ts';
import type { Db, Pool } from '../pool.ts';

/** Proof of having taken a lane: whoever takes it later has a higher epoch. */
export interface Hold {
  readonly lane: number;
  readonly epoch: number;
  readonly holder: string;
  /** Milliseconds. */
  readonly lease: number;
}

export type Taken =
  | { readonly kind: 'taken'; readonly hold: Hold; readonly lane: LaneView; readonly lapsed: number }
  /** Its alarm, or the end of another's lease, is so many milliseconds away. */
  | { readonly kind: 'later'; readonly wait: number }
  /** Nothing to do, paused, retired, or not pushed to. */
  | { readonly kind: 'idle' };

export interface LaneRow {
  readonly state: LaneState;
  readonly reason: FaultCode | null;
  readonly detail: string | null;
  readonly failures: number;
  readonly ramp: number | null;
  readonly failed_run: string[];
  readonly refused_run: string[];
  readonly concurrency: number;
}

export const laneColumns =
  "lane.state, lane.reason, lane.detail, lane.failures, lane.ramp, lane.failed_run, lane.refused_run, case when address.ordering = 'strict' then 1 else address.concurrency end as concurrency";

export function laneView(row: LaneRow): LaneView {
  const { failed_run, refused_run, ...rest } = row;
  return { ...rest, failedRun: failed_run.map(Number), refusedRun: refused_run.map(Number) };
}

/**
 * Takes the lane if it is due and nobody holds it: epoch + 1, a lease on the database's clock. What an earlier holder left
 * as sending goes back to waiting, its attempts recorded as outcome unknown. Power lost here: the lease runs out.
 * @param lease milliseconds
 */
export async function takeLane(pool: Pool, lane: number, lease: number): Promise<Taken> {
  return pool.transaction(async (db): Promise<Taken> => {
    const { rows } = await db.query<
      LaneRow & { epoch: number; wait: number | null; leased: number | null; pushed: boolean }
    >(
      `select ${laneColumns}, lane.epoch,
              extract(epoch from case when lane.wake_at is not null then greatest(lane.wake_at, lane.not_before) end - clock_timestamp())::float8 * 1000 as wait,
              extract(epoch from lane.lease_until - clock_timestamp())::float8 * 1000 as leased,
              address.delivery = 'push' and address.retired_at is null as pushed
         from lane join address on address.id = lane.id where lane.id = $1 for no key update of lane`,
      [lane],
    );
    const row = rows[0];
    if (!row || !row.pushed || row.state === 'paused' || row.wait === null) return { kind: 'idle' };
    if (row.leased !== null && row.leased > 0) return { kind: 'later', wait: Math.ceil(row.leased) };
    if (row.wait > 0) return { kind: 'later', wait: Math.ceil(row.wait) };
    const hold: Hold = { lane, epoch: row.epoch + 1, holder: randomUUID(), lease };
    await db.query(
      "update lane set epoch = $2, holder = $3, lease_until = clock_timestamp() + $4 * interval '1 millisecond' where id = $1",
      [lane, hold.epoch, hold.holder, lease],
    );
    const lapsed = await lapse(db, lane);
    const { epoch: _epoch, wait: _wait, leased: _leased, pushed: _pushed, ...own } = row;
    return { kind: 'taken', hold, lane: laneView(own), lapsed };
  });
}

/** In a transaction that holds the lane's row: what is still sending was begun by somebody who is gone. */
async function lapse(db: Db, lane: number): Promise<number> {
  await db.query(
    `update attempt set outcome = 'unknown', fault = 'outcome-unknown', finished_at = clock_timestamp(),
            detail = 'the worker stopped before it recorded what came of this try'
      where lane_id = $1 and outcome is null`,
    [lane],
  );
  const { rowCount } = await db.query(
    `update delivery set state = 'waiting', next_try_at = clock_timestamp(), reason = 'outcome-unknown', detail = null, changed_at = clock_timestamp()
      where lane_id = $1 and state = 'sending'`,
    [lane],
  );
  return rowCount;
}

/**
 * For the sweeper: ends the leases that ran out, so that nothing stays sending, also in lanes that nobody may take.
 * @returns how many lanes were freed.
 */
export async function endLapsedLeases(pool: Pool): Promise<number> {
  return pool.transaction(async (db) => {
    const { rows } = await db.query<{ id: number }>(
      'select id from lane where lease_until < clock_timestamp() order by id for no key update skip locked',
    );
    for (const { id } of rows) {
      await db.query('update lane set epoch = epoch + 1, holder = null, lease_until = null where id = $1', [id]);
      await lapse(db, id);
    }
    return rows.length;
  });
}

/** The lanes that want to be drained and that nobody holds: what Redis may have forgotten. */
export async function dueLanes(db: Db): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `select lane.id from lane join address on address.id = lane.id
      where greatest(lane.wake_at, lane.not_before) <= clock_timestamp() and lane.wake_at is not null and (lane.lease_until is null or lane.lease_until < clock_timestamp())
        and lane.state <> 'paused' and address.delivery = 'push' and address.retired_at is null
      order by lane.wake_at`,
  );
  return rows.map((row) => row.id);
}

/** Milliseconds until the lane may be taken (0: now): its alarm, or what its rate or a lease say if that is later; undefined when it has no alarm. */
export async function alarmOf(db: Db, lane: number): Promise<number | undefined> {
  const { rows } = await db.query<{ wait: number | null }>(
    'select extract(epoch from case when wake_at is not null then greatest(wake_at, not_before, lease_until) end - clock_timestamp())::float8 * 1000 as wait from lane where id = $1',
    [lane],
  );
  const wait = rows[0]?.wait;
  return wait === null || wait === undefined ? undefined : Math.max(0, Math.ceil(wait));
}
