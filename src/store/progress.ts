/** What is due and whether it moves: for probes and metrics, which ask every few seconds. Each question is answered by index. */
import type { Db } from './pool.ts';

/** A lane in which something is due. */
export interface DueLane {
  readonly lane: number;
  readonly state: 'flowing' | 'backing-off' | 'held';
  /** Milliseconds since the first of it was due. */
  readonly late: number;
  /** Another text as soon as a try of it was begun, or its alarm moved. */
  readonly stands: string;
  /** Somebody is at it: the lease runs. */
  readonly taken: boolean;
}

/**
 * Of a flowing lane by its deliveries, so that one whose alarm was lost is seen; of one that backs off or is held by the alarm of its
 * next try. Not those that are paused, or not pushed to, nor what a strict lane stops before, nor what a rate does not allow yet.
 */
export async function readDueLanes(db: Db): Promise<DueLane[]> {
  const { rows } = await db.query<DueLane & Record<string, unknown>>(
    `select l.id as lane, l.state, extract(epoch from clock_timestamp() - greatest(due.at, l.not_before))::float8 * 1000 as late,
            case when l.state = 'flowing'
                 then (select n.id || '/' || n.attempts from delivery n
                        where n.lane_id = l.id and n.state = 'waiting' and n.next_try_at <= clock_timestamp() order by n.message_number limit 1)
                 else l.epoch || '/' || l.wake_at end as stands,
            coalesce(l.lease_until > clock_timestamp(), false) as taken
       from lane l join address a on a.id = l.id
            cross join lateral (select case
                when l.state <> 'flowing' then l.wake_at
                when a.ordering = 'strict' then (
                  select oldest.next_try_at
                    from (select d.message_number, d.next_try_at from delivery d where d.lane_id = l.id and d.state = 'waiting' order by d.message_number limit 1) oldest
                   where not coalesce((select true from delivery e
                      where e.lane_id = l.id and e.state in ('refused', 'held') and e.message_number < oldest.message_number
                        and e.reason is distinct from 'superseded' limit 1), false))
                else (select d.next_try_at from delivery d where d.lane_id = l.id and d.state = 'waiting' order by d.next_try_at limit 1) end as at) due
      where a.delivery = 'push' and a.retired_at is null and l.state <> 'paused'
        and due.at is not null and greatest(due.at, l.not_before) <= clock_timestamp()`,
  );
  return rows;
}

export interface OldestUnsent {
  readonly id: number;
  /** Milliseconds. */
  readonly age: number;
}

export interface Unsent {
  /** At most `mostCounted`. */
  readonly rows: number;
  readonly oldest: OldestUnsent | undefined;
}

/** More is not counted: the number would tell nobody more, and cost time. */
export const mostCounted = 100_000;

/** Answers and dead letters that the broker does not have yet. */
export async function readUnsent(db: Db): Promise<Unsent> {
  const { rows } = await db.query<{ n: number; id: number | null; age: number | null }>(
    `select (select count(*) from (select 1 from outbox where sent_at is null order by id limit ${mostCounted}) o) as n,
            first.id, extract(epoch from clock_timestamp() - first.created_at)::float8 * 1000 as age
       from (select 1) one left join lateral (select id, created_at from outbox where sent_at is null order by id limit 1) first on true`,
  );
  const [{ n, id, age } = { n: 0, id: null, age: null }] = rows;
  return { rows: n, oldest: id === null || age === null ? undefined : { id, age } };
}

/** How many lanes in use there are in each state. */
export async function countLanes(db: Db): Promise<Readonly<Record<string, number>>> {
  const { rows } = await db.query<{ state: string; n: number }>(
    'select l.state, count(*) as n from lane l join address a using (id) where a.retired_at is null group by l.state',
  );
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

export interface EndingCertificates {
  readonly ended: number;
  readonly ending: number;
}

/** Of those that are registered at an address in use and not withdrawn: how many have ended, and how many end within so many days. */
export async function countEndingCertificates(db: Db, days: number): Promise<EndingCertificates> {
  const { rows } = await db.query<EndingCertificates & Record<string, unknown>>(
    `select count(*) filter (where c.not_after < clock_timestamp()) as ended, count(*) filter (where c.not_after >= clock_timestamp()) as ending
       from certificate c
      where c.withdrawn_at is null and c.not_after < clock_timestamp() + $1 * interval '1 day'
        and coalesce((select true from address_certificate l join address a on a.id = l.address_id
              where l.fingerprint = c.fingerprint and a.retired_at is null limit 1), false)`,
    [days],
  );
  return rows[0] ?? { ended: 0, ending: 0 };
}
