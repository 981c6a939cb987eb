/** Deliveries follow their addresses: what an address no longer takes leaves it, what waited for one gets it. */
import { nextDeliveryState } from '../domain/delivery.ts';
import type { FaultCode } from '../domain/fault.ts';
import { knownTo, principalAt, runs, way } from './mandate-route.ts';
import type { Db } from './pool.ts';

/** The lane that a message goes to now, or why there is none. The caller holds the recipient's lock. */
export async function laneOf(db: Db, messageId: string): Promise<number | FaultCode> {
  const { rows } = await db.query<{ lane: number | null; known: boolean }>(
    `select a.id as lane, ${knownTo('m')} as known from message m left join lateral ${way('m')} a on true where m.id = $1`,
    [messageId],
  );
  return rows[0]?.lane ?? (rows[0]?.known === true ? 'type-not-agreed' : 'no-address');
}

/** How many deliveries are being tried right now, per lane; lanes without any are left out. */
export async function sendingOn(db: Db, lanes: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await db.query<{ lane_id: number; count: number }>(
    "select lane_id, count(*) from delivery where lane_id = any($1) and state = 'sending' group by lane_id",
    [lanes],
  );
  return new Map(rows.map((row) => [row.lane_id, row.count]));
}

/** A delivery that found another lane, or none. */
export interface Moved {
  readonly deliveryId: number;
  /** Undefined: it has none now, and is held. */
  readonly to: number | undefined;
}

/**
 * Deliveries that wait on an address which no longer takes them: to the one that does, with a new schedule, or held.
 * Those being tried are left: they began before the change, at the same company.
 */
export async function moveDisplaced(db: Db, organisationNumber: string, at: Date): Promise<Moved[]> {
  const { rows } = await db.query<{ id: number; lane_id: number | null }>(
    `with displaced as (
       select d.id, a.id as new, ${principalAt('m', 'a.organisation_number')} as principal,
              case when ${knownTo('m')} then 'type-not-agreed' else 'no-address' end as lacking
         from delivery d
         join message m on m.id = d.message_id
         join address o on o.id = d.lane_id
         left join lateral ${way('m')} a on true
        where m.organisation_number = $1 and o.organisation_number = $1 and d.current and d.state = 'waiting'
          and not (o.retired_at is null and o.environment = m.environment and m.message_type = any(o.message_types)))
     update delivery d
        set lane_id = x.new, principal = x.principal, failures = 0, changed_at = $2,
            state = case when x.new is null then $3 else d.state end,
            next_try_at = case when x.new is not null then clock_timestamp() end,
            reason = case when x.new is null then x.lacking end,
            detail = case when x.new is null then 'the address it waited at no longer takes it' end
       from displaced x where d.id = x.id
     returning d.id, d.lane_id`,
    [organisationNumber, at, nextDeliveryState('waiting', 'hold')],
  );
  return rows.map((row) => ({ deliveryId: row.id, to: row.lane_id ?? undefined }));
}

/** Held for what the agent's address was like, and not by anybody's word: another way is another endpoint and another format. */
const heldByItsWay = "('schedule-spent', 'format-not-possible')";

/** What left an agent's lane. */
export interface Left extends Moved {
  readonly from: number;
  /** It was refused, or somebody holds it: it is as it was, in no lane, until an operator releases it. */
  readonly stopped: boolean;
}

/**
 * Deliveries of a principal at its agents that may not be there any longer, by the mandates as they are now: none stays. What waits, and
 * what only that address stood in the way of, goes to where it belongs now, with a new schedule, or is held; the agent's refusal and an
 * operator's word stand. Those being tried are left. The caller holds the recipient's lock, and the lanes'.
 */
export async function moveAstray(db: Db, principal: string): Promise<Left[]> {
  const { rows } = await db.query<{ id: number; lane_id: number | null; old: number; goes: boolean }>(
    `with astray as materialized (
       select d.id, d.lane_id as old, o.organisation_number as agent, a.id as new,
              d.state = 'waiting' or (d.state = 'held' and coalesce(d.reason in ${heldByItsWay}, false)) as goes,
              ${principalAt('m', 'a.organisation_number')} as principal,
              coalesce((select true from mandate x where x.principal = $1 and x.address_id = d.lane_id
                           and m.message_type = any(x.message_types) and ${runs('x')} limit 1), false) as running
         from (select distinct address_id from mandate where principal = $1) agents
         join address o on o.id = agents.address_id
         join delivery d on d.lane_id = agents.address_id
         join message m on m.id = d.message_id
         left join lateral ${way('m')} a on true
        where d.principal = $1 and d.current and d.state in ('waiting', 'sending', 'held', 'refused') and d.state <> 'sending'
          and a.id is distinct from d.lane_id),
     stopped as (
       update delivery d set lane_id = null, principal = null, changed_at = clock_timestamp()
         from astray x where d.id = x.id and not x.goes
       returning d.id, d.lane_id, x.old, x.goes),
     going as (
       update delivery d
          set lane_id = x.new, principal = x.principal, failures = 0, changed_at = clock_timestamp(),
              state = case when x.new is null then $2 else $3 end,
              next_try_at = case when x.new is not null then clock_timestamp() end,
              reason = case when x.new is null then case when x.running then 'no-address' else 'mandate-ended' end end,
              detail = case when x.new is null then
                case when x.running then 'the agent ' || x.agent || ' has no address that takes it' else 'the agent was ' || x.agent end end
         from astray x where d.id = x.id and x.goes
       returning d.id, d.lane_id, x.old, x.goes)
     select * from stopped union all select * from going`,
    [principal, nextDeliveryState('waiting', 'hold'), nextDeliveryState('held', 'release')],
  );
  return rows.map((row) => ({ deliveryId: row.id, to: row.lane_id ?? undefined, from: row.old, stopped: !row.goes }));
}

/** Deliveries that were held because nobody was there to take them, and now somebody is: on their way. */
export async function releaseUnaddressed(db: Db, organisationNumber: string, at: Date): Promise<Moved[]> {
  const { rows } = await db.query<{ id: number; lane_id: number }>(
    `with held as materialized (
       select d.id as delivery, m.organisation_number, m.environment, m.message_type
         from message m join delivery d on d.message_id = m.id
        where m.organisation_number = $1 and d.current and d.lane_id is null and d.state = 'held'
          and d.reason in ('no-address', 'type-not-agreed', 'mandate-ended'))
     update delivery d
        set state = $3, lane_id = a.id, principal = ${principalAt('m', 'a.organisation_number')},
            reason = null, detail = null, failures = 0, next_try_at = clock_timestamp(), changed_at = $2
       from held m cross join lateral ${way('m')} a
      where d.id = m.delivery
     returning d.id, d.lane_id`,
    [organisationNumber, at, nextDeliveryState('held', 'release')],
  );
  return rows.map((row) => ({ deliveryId: row.id, to: row.lane_id }));
}

/** After the endpoint of these lanes changed: the try that is planned anyway is made now. @returns the lanes moved earlier. */
export async function probeSoon(db: Db, lanes: readonly number[]): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `update lane set wake_at = clock_timestamp()
      where id = any($1) and state in ('backing-off', 'held') and wake_at > clock_timestamp() returning id`,
    [lanes],
  );
  return rows.map((row) => row.id);
}

/** A lane that is no longer pushed has no alarm. */
export async function silence(db: Db, lanes: readonly number[]): Promise<void> {
  await db.query('update lane set wake_at = null where id = any($1)', [lanes]);
}
