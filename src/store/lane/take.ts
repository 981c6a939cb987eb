/** Taking lanes: a lane's row is its lock. */
import { randomUUID } from 'node:crypto';
import type { FaultCode } from '../../domain/fault.ts';
import type { LaneState } from '../../domain/lane.ts';
import type { LaneView } from '../../domain/lane-draft.ts';
import type { Db, Pool } from '../pool.ts';
import { type LaneTarget, readTargets } from './target.ts';

/** Proof of having taken a lane: whoever takes it later has a higher epoch. */
export interface Hold {
  readonly lane: number;
  readonly epoch: number;
  readonly holder: string;
  /** Milliseconds. */
  readonly lease: number;
}

export type Taken =
  | {
      readonly kind: 'taken';
      readonly hold: Hold;
      readonly lane: LaneView;
      readonly target: LaneTarget;
      /** Tries that an earlier holder left without an outcome. */
      readonly lapsed: number;
    }
  /** Its alarm, or the end of another's lease, is so many milliseconds away. */
  | { readonly kind: 'later'; readonly wait: number }
  /** Nothing to do, paused, retired, or not pushed to. */
  | { readonly kind: 'idle' };

export interface TakeAsk {
  readonly lane: number;
  /** Milliseconds. */
  readonly lease: number;
}

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
 * In one transaction: takes each lane that is due and that nobody holds: epoch + 1, a lease on the database's clock. What an
 * earlier holder left as sending goes back to waiting, its attempts recorded as outcome unknown. Power lost here: the lease
 * runs out.
 */
export async function takeLanes(db: Db, asks: readonly TakeAsk[]): Promise<Taken[]> {
  const { rows } = await db.query<LaneRow & { id: number; epoch: number; wait: number | null; leased: number | null }>(
    `select ${laneColumns}, lane.id, lane.epoch,
            extract(epoch from case when lane.wake_at is not null then greatest(lane.wake_at, lane.not_before) end - clock_timestamp())::float8 * 1000 as wait,
            extract(epoch from lane.lease_until - clock_timestamp())::float8 * 1000 as leased
       from lane join address on address.id = lane.id where lane.id = any($1) order by lane.id for no key update of lane`,
    [asks.map(({ lane }) => lane)],
  );
  const found = new Map(rows.map(({ id, ...row }) => [id, row]));
  // With a new snapshot: who changes an address holds its lane's row meanwhile.
  const targets = await readTargets(db, [...found.keys()]);
  const free = new Map<number, Hold>();
  const judged = asks.map(({ lane, lease }): Taken => {
    const row = found.get(lane);
    const target = targets.get(lane);
    if (!row || !target || row.state === 'paused' || row.wait === null) return { kind: 'idle' };
    const other = free.get(lane);
    if (other) return { kind: 'later', wait: other.lease };
    if (row.leased !== null && row.leased > 0) return { kind: 'later', wait: Math.ceil(row.leased) };
    if (row.wait > 0) return { kind: 'later', wait: Math.ceil(row.wait) };
    const { epoch, wait: _wait, leased: _leased, ...own } = row;
    const hold: Hold = { lane, epoch: epoch + 1, holder: randomUUID(), lease };
    free.set(lane, hold);
    return { kind: 'taken', hold, lane: laneView(own), target, lapsed: 0 };
  });
  const lapsed = await hand(db, [...free.values()]);
  return judged.map((one) => (one.kind === 'taken' ? { ...one, lapsed: lapsed.get(one.hold.lane) ?? 0 } : one));
}

/** In a transaction that holds the lanes ($1): what is still sending was begun by somebody who is gone. */
const lapsing = `
  unknown as (
    update attempt set outcome = 'unknown', fault = 'outcome-unknown', finished_at = clock_timestamp(),
           detail = 'the worker stopped before it recorded what came of this try'
     where lane_id = any($1) and outcome is null),
  back as (
    update delivery set state = 'waiting', next_try_at = clock_timestamp(), reason = 'outcome-unknown', detail = null, changed_at = clock_timestamp()
     where lane_id = any($1) and state = 'sending'
    returning lane_id)
  select lane_id as lane, count(*) as lapsed from back group by lane_id`;

/** @returns how many deliveries of an earlier holder lapsed, by lane. */
async function hand(db: Db, holds: readonly Hold[]): Promise<Map<number, number>> {
  if (holds.length === 0) return new Map();
  const { rows } = await db.query<{ lane: number; lapsed: number }>(
    `with handed as (
       update lane set epoch = t.epoch, holder = t.holder, lease_until = clock_timestamp() + t.lease * interval '1 millisecond'
         from unnest($1::bigint[], $2::bigint[], $3::text[], $4::float8[]) as t (lane, epoch, holder, lease) where lane.id = t.lane),
     ${lapsing}`,
    [
      holds.map(({ lane }) => lane),
      holds.map(({ epoch }) => epoch),
      holds.map(({ holder }) => holder),
      holds.map(({ lease }) => lease),
    ],
  );
  return new Map(rows.map(({ lane, lapsed }) => [lane, lapsed]));
}

/**
 * For the sweeper: ends the leases that ran out, so that nothing stays sending, also in lanes that nobody may take.
 * @returns the lanes that were freed; one whose row somebody holds is not.
 */
export async function endLapsedLeases(pool: Pool): Promise<number[]> {
  return pool.transaction(async (db) => {
    const { rows } = await db.query<{ id: number }>(
      'select id from lane where lease_until < clock_timestamp() order by id for no key update skip locked',
    );
    const lanes = rows.map(({ id }) => id);
    if (lanes.length > 0) await freeLanes(db, lanes, 1);
    return lanes;
  });
}

/**
 * In a transaction that holds the lanes: nobody has them any more.
 * @param epochs how far their epochs go up
 * @returns how many deliveries lapsed.
 */
export async function freeLanes(db: Db, lanes: readonly number[], epochs: number): Promise<number> {
  const { rows } = await db.query<{ lapsed: number }>(
    `with freed as (update lane set epoch = epoch + $2, holder = null, lease_until = null where id = any($1)), ${lapsing}`,
    [lanes, epochs],
  );
  return rows.reduce((sum, { lapsed }) => sum + lapsed, 0);
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
