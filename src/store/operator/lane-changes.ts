/** How lanes were: each change of state or reason, as a trigger on `lane` keeps it. */
import type { LaneState } from '../../domain/lane.ts';
import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';

export interface LaneChange {
  readonly at: Date;
  readonly state: LaneState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
}

/** The newest of a lane, newest first. */
export async function readLaneChanges(db: Db, laneId: number, limit: number): Promise<LaneChange[]> {
  const { rows } = await db.query<NullsOf<LaneChange>>(
    'select at, state, reason, detail from lane_change where lane_id = $1 order by at desc, id desc limit $2',
    [laneId, limit],
  );
  return rows.map((row) => withoutNulls<LaneChange>(row));
}

/** How many changes are looked at: before a time, for the one that began what was then; and from then on. */
const most = { before: 20, within: 100 };

/**
 * How the lane of a delivery was from one time to another, what led to that, and what came next; newest first.
 * What came next ends what a success ended: the try is on record a moment before its lane is.
 */
export async function readLaneChangesAround(db: Db, deliveryId: number, from: Date, to: Date): Promise<LaneChange[]> {
  const part = (where: string, order: string, limit: number) =>
    `(select c.* from delivery d cross join lateral (
        select * from lane_change c where c.lane_id = d.lane_id and ${where} order by c.at ${order}, c.id ${order} limit ${limit}) c
      where d.id = $1)`;
  const { rows } = await db.query<NullsOf<LaneChange>>(
    `select at, state, reason, detail from (${part('c.at < $2', 'desc', most.before)} union all
       ${part('c.at >= $2 and c.at <= $3', 'desc', most.within)} union all ${part('c.at > $3', 'asc', 1)}) c
      order by at desc, id desc`,
    [deliveryId, from, to],
  );
  return rows.map((row) => withoutNulls<LaneChange>(row));
}

export interface FlowsAgain {
  readonly addressId: number;
  readonly organisationNumber: string;
  readonly supplier: string;
  readonly address: string;
  /** How it stood, from when to when, and why at first. */
  readonly state: LaneState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly began: Date;
  readonly ended: Date;
  /** A message that was tried in vain then; undefined: none was. */
  readonly messageId: string | undefined;
  readonly documentNumber: string | undefined;
}

/** How many changes are looked at: a lane that comes and goes stands in the list once. */
const mostEnds = 200;

/** Lanes in use that flow now and stood still until after a time; each with its last standstill, the latest to flow again first. */
export async function readFlowsAgain(db: Db, since: Date, limit: number): Promise<FlowsAgain[]> {
  const { rows } = await db.query<NullsOf<FlowsAgain>>(
    `with ends as materialized (
       select id, lane_id, at from lane_change where state = 'flowing' and at > $1 order by at desc limit ${mostEnds}),
     latest as (select distinct on (lane_id) id, lane_id, at from ends order by lane_id, at desc, id desc),
     found as (
       select e.lane_id, e.at as ended, b.* from latest e cross join lateral (
         select c.at as began, c.state, c.reason, c.detail from lane_change c
          where c.lane_id = e.lane_id and c.at <= e.at and c.state <> 'flowing'
            and c.at >= coalesce((select p.at from lane_change p where p.lane_id = e.lane_id and p.at < e.at and p.state = 'flowing'
                                   order by p.at desc, p.id desc limit 1), '-infinity')
          order by c.at, c.id limit 1) b)
     select f.lane_id as "addressId", a.organisation_number as "organisationNumber", s.name as supplier, a.name as address,
            f.state, f.reason, f.detail, f.began, f.ended, t.id as "messageId", t.document_number as "documentNumber"
       from found f join lane l on l.id = f.lane_id join address a on a.id = f.lane_id join supplier s on s.organisation_number = a.organisation_number
       left join lateral (
         select m.id, m.document_number from (
           select delivery_id from attempt x where x.lane_id = f.lane_id and x.outcome is not null and x.outcome <> 'delivered'
              and x.finished_at <= f.ended and x.finished_at > f.began - interval '5 minutes' order by x.finished_at desc limit 1) x
           join delivery d on d.id = x.delivery_id join message m on m.id = d.message_id) t on true
      where l.state = 'flowing' and a.retired_at is null
      order by f.ended desc, f.lane_id limit $2`,
    [since, limit],
  );
  return rows.map((row) => withoutNulls<FlowsAgain>(row));
}
