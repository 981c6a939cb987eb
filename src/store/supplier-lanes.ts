/** Lanes as operators see and move them. */
import { type LaneState, laneStates, nextLaneState } from '../domain/lane.ts';
import type { Db } from './pool.ts';

export interface OperatedLane {
  readonly id: number;
  readonly organisationNumber: string;
  readonly address: string;
  readonly state: LaneState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
}

/** The lanes of a supplier's addresses that are in use, in order of id. `lock`: until the end of the transaction. */
export async function lanesOf(db: Db, organisationNumber: string, lock: 'read' | 'lock'): Promise<OperatedLane[]> {
  const { rows } = await db.query<{
    id: number;
    name: string;
    state: LaneState;
    reason: string | null;
    detail: string | null;
  }>(
    `select lane.id, address.name, lane.state, lane.reason, lane.detail
       from lane join address using (id) where organisation_number = $1 and retired_at is null
      order by lane.id ${lock === 'lock' ? 'for no key update of lane' : ''}`,
    [organisationNumber],
  );
  return rows.map((row) => ({
    id: row.id,
    organisationNumber,
    address: row.name,
    state: row.state,
    reason: row.reason ?? undefined,
    detail: row.detail ?? undefined,
  }));
}

/** Sets a locked lane flowing as if nothing had been: the whole schedule before it, nothing counted against it. */
export async function letFlow(db: Db, id: number, state: LaneState): Promise<void> {
  await db.query(
    `update lane set state = $2, reason = null, detail = null, since = clock_timestamp(), failures = 0, ramp = null,
            failed_run = '{}', refused_run = '{}' where id = $1`,
    [id, state],
  );
}

/** Lets locked lanes flow whose address is pushed to again: what was wrong with them before says nothing now. Paused ones stay so. */
export async function startAfresh(db: Db, lanes: readonly number[]): Promise<void> {
  for (const state of laneStates) {
    const next = nextLaneState(state, 'release');
    if (next === 'same' || next === 'conflict') continue;
    const { rows } = await db.query<{ id: number }>('select id from lane where id = any($1) and state = $2', [
      lanes,
      state,
    ]);
    for (const { id } of rows) await letFlow(db, id, next);
  }
}

/** Stops a locked lane; what is on the wire comes back, nothing more is claimed. */
export async function stopLane(db: Db, id: number, state: LaneState, detail: string): Promise<void> {
  await db.query(
    `update lane set state = $2, reason = 'held-by-operator', detail = $3, since = clock_timestamp(), wake_at = null where id = $1`,
    [id, state, detail],
  );
}

export interface LaneOverview {
  readonly organisationNumber: string;
  readonly supplier: string;
  readonly address: string;
  readonly environment: string;
  readonly delivery: string;
  readonly state: LaneState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly since: Date;
  readonly nextWake: Date | undefined;
  /** A worker has it, or died having it: nobody else takes it before. Undefined: it is free. */
  readonly leaseUntil: Date | undefined;
  readonly waiting: number;
  readonly sending: number;
  readonly held: number;
  readonly refused: number;
  readonly delivered: number;
  readonly cancelled: number;
  /** When the oldest message that still waits was accepted. */
  readonly oldestWaiting: Date | undefined;
}

/** Every lane in use, and those out of use that still have something, with what is in them. */
export async function laneOverview(db: Db, organisationNumber?: string): Promise<LaneOverview[]> {
  const { rows } = await db.query<{
    organisation_number: string;
    supplier: string;
    address: string;
    environment: string;
    delivery: string;
    state: LaneState;
    reason: string | null;
    detail: string | null;
    since: Date;
    wake_at: Date | null;
    leased: Date | null;
    waiting: number;
    sending: number;
    held: number;
    refused: number;
    delivered: number;
    cancelled: number;
    oldest: Date | null;
  }>(
    `with counted as (
       select lane_id, count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'sending') as sending,
              count(*) filter (where state = 'held') as held, count(*) filter (where state = 'refused') as refused,
              count(*) filter (where state = 'delivered') as delivered, count(*) filter (where state = 'cancelled') as cancelled,
              min(message_number) filter (where state = 'waiting') as oldest
         from delivery where current and lane_id is not null group by lane_id)
     select a.organisation_number, s.name as supplier, a.name as address, a.environment, a.delivery, l.state, l.reason, l.detail,
            l.since, l.wake_at, case when l.lease_until > clock_timestamp() then l.lease_until end as leased, coalesce(c.waiting, 0) as waiting, coalesce(c.sending, 0) as sending, coalesce(c.held, 0) as held,
            coalesce(c.refused, 0) as refused, coalesce(c.delivered, 0) as delivered, coalesce(c.cancelled, 0) as cancelled,
            m.accepted_at as oldest
       from lane l join address a using (id) join supplier s using (organisation_number)
       left join counted c on c.lane_id = l.id left join message m on m.number = c.oldest
      where (a.retired_at is null or c.waiting + c.sending + c.held + c.refused > 0)
        and ($1::text is null or a.organisation_number = $1)
      order by s.name, a.organisation_number, a.name`,
    [organisationNumber ?? null],
  );
  return rows.map((row) => ({
    organisationNumber: row.organisation_number,
    supplier: row.supplier,
    address: row.address,
    environment: row.environment,
    delivery: row.delivery,
    state: row.state,
    reason: row.reason ?? undefined,
    detail: row.detail ?? undefined,
    since: row.since,
    nextWake: row.wake_at ?? undefined,
    leaseUntil: row.leased ?? undefined,
    waiting: row.waiting,
    sending: row.sending,
    held: row.held,
    refused: row.refused,
    delivered: row.delivered,
    cancelled: row.cancelled,
    oldestWaiting: row.oldest ?? undefined,
  }));
}

/** How many messages wait for an address that is not there, by recipient. */
export async function unaddressed(db: Db): Promise<{ organisationNumber: string; held: number; oldest: Date }[]> {
  const { rows } = await db.query<{ organisation_number: string; held: number; oldest: Date }>(
    `select m.organisation_number, count(*) as held, min(m.accepted_at) as oldest
       from delivery d join message m on m.id = d.message_id
      where d.current and d.lane_id is null and d.state = 'held' group by m.organisation_number order by m.organisation_number`,
  );
  return rows.map((row) => ({ organisationNumber: row.organisation_number, held: row.held, oldest: row.oldest }));
}
