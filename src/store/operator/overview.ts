/** What the overview shows beside the sums: each question is answered by index, whatever lies in the book. */
import type { LaneState } from '../../domain/lane.ts';
import type { Db } from '../pool.ts';

export interface FlowBucket {
  /** Its beginning. */
  readonly at: Date;
  /** Frames that were taken, by what they became. */
  readonly messages: number;
  readonly deadLetters: number;
  /** Messages that suppliers said they have: pushed or collected. */
  readonly delivered: number;
  /** Tries that failed. */
  readonly failed: number;
}

/**
 * The flow of a span, in buckets of so many seconds, oldest first; those in which nothing was are there too.
 * @param until the last bucket is the one that this moment is in
 */
export async function readFlow(
  db: Db,
  { until, seconds, buckets }: { readonly until: Date; readonly seconds: number; readonly buckets: number },
): Promise<FlowBucket[]> {
  const { rows } = await db.query<FlowBucket>(
    `with span as (
       select date_bin($2 * interval '1 second', $1::timestamptz, timestamptz '2000-01-01') - ($3::integer - 1) * $2 * interval '1 second' as began),
     taken as (
       select date_bin($2 * interval '1 second', taken_at, timestamptz '2000-01-01') as at,
              count(*) filter (where verdict = 'message') as messages, count(*) filter (where verdict = 'dead-letter') as dead
         from frame where taken_at >= (select began from span) group by 1),
     tried as (
       select date_bin($2 * interval '1 second', started_at, timestamptz '2000-01-01') as at,
              count(*) filter (where outcome = 'delivered') as delivered,
              count(*) filter (where outcome not in ('delivered', 'not-sent')) as failed
         from attempt where started_at >= (select began from span) group by 1),
     fetched as (
       select date_bin($2 * interval '1 second', at, timestamptz '2000-01-01') as at, count(*) as n
         from receipt where at >= (select began from span) group by 1)
     select b.at, coalesce(t.messages, 0) as messages, coalesce(t.dead, 0) as "deadLetters",
            coalesce(a.delivered, 0) + coalesce(f.n, 0) as delivered, coalesce(a.failed, 0) as failed
       from span, generate_series(span.began, span.began + ($3::integer - 1) * $2 * interval '1 second', $2 * interval '1 second') as b(at)
       left join taken t on t.at = b.at left join tried a on a.at = b.at left join fetched f on f.at = b.at
      order by b.at`,
    [until, seconds, buckets],
  );
  return rows;
}

export interface OldestWaiting {
  readonly messageId: string;
  readonly documentNumber: string;
  readonly organisationNumber: string;
  readonly supplier: string | undefined;
  readonly acceptedAt: Date;
  /** Whether the supplier is to fetch it, or we push it. */
  readonly delivery: string;
}

/** Of what waits in all lanes. Undefined: nothing does. */
export async function readOldestWaiting(db: Db): Promise<OldestWaiting | undefined> {
  const { rows } = await db.query<Omit<OldestWaiting, 'supplier'> & { supplier: string | null }>(
    `select m.id as "messageId", m.document_number as "documentNumber", m.organisation_number as "organisationNumber",
            s.name as supplier, m.accepted_at as "acceptedAt", first.delivery
       from (select a.delivery, x.message_number from lane l join address a using (id)
               cross join lateral (select message_number from delivery d where d.lane_id = l.id and d.state = 'waiting'
                                    order by message_number limit 1) x
              order by x.message_number limit 1) first
       join message m on m.number = first.message_number left join supplier s on s.organisation_number = m.organisation_number`,
  );
  return rows[0] && { ...rows[0], supplier: rows[0].supplier ?? undefined };
}

export interface StandingLane {
  readonly addressId: number;
  readonly organisationNumber: string;
  readonly supplier: string;
  readonly address: string;
  readonly state: LaneState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly since: Date;
  readonly nextWake: Date | undefined;
  /** At most `mostCounted`; more is said as “more than”. */
  readonly waiting: number;
}

export const mostCounted = 10_000;

/** Lanes that do not flow and are in use: held first, then backing off, then paused; in each the longest first. */
export async function readStandingLanes(
  db: Db,
  limit: number,
): Promise<{ readonly lanes: readonly StandingLane[]; readonly all: Readonly<Record<string, number>> }> {
  const { rows: counted } = await db.query<{ state: string; n: number }>(
    `select l.state, count(*) as n from lane l join address a using (id) where a.retired_at is null group by l.state`,
  );
  const { rows } = await db.query<
    Omit<StandingLane, 'reason' | 'detail' | 'nextWake'> & {
      reason: string | null;
      detail: string | null;
      nextWake: Date | null;
    }
  >(
    `select a.id as "addressId", a.organisation_number as "organisationNumber", s.name as supplier, a.name as address, l.state, l.reason, l.detail,
            l.since, l.wake_at as "nextWake",
            (select count(*) from (select 1 from delivery d where d.lane_id = l.id and d.state = 'waiting' limit $2) w) as waiting
       from lane l join address a using (id) join supplier s using (organisation_number)
      where l.state <> 'flowing' and a.retired_at is null
      order by array_position(array['held', 'backing-off', 'paused'], l.state), l.since, a.id limit $1`,
    [limit, mostCounted + 1],
  );
  return {
    lanes: rows.map((row) => ({
      ...row,
      reason: row.reason ?? undefined,
      detail: row.detail ?? undefined,
      nextWake: row.nextWake ?? undefined,
    })),
    all: Object.fromEntries(counted.map(({ state, n }) => [state, n])),
  };
}

export interface OutboxStanding {
  readonly depth: number;
  readonly oldestAt: Date | undefined;
}

/** Answers and dead letters that the broker does not have yet. */
export async function readOutbox(db: Db): Promise<OutboxStanding> {
  const { rows } = await db.query<{ depth: number; oldest: Date | null }>(
    `select (select count(*) from (select 1 from outbox where sent_at is null limit ${mostCounted + 1}) o) as depth,
            (select created_at from outbox where sent_at is null order by id limit 1) as oldest`,
  );
  return { depth: rows[0]?.depth ?? 0, oldestAt: rows[0]?.oldest ?? undefined };
}

export interface ServerFacts {
  readonly version: string;
  /** Milliseconds that it took to say so. */
  readonly took: number;
}

export async function readServer(db: Db): Promise<ServerFacts> {
  const began = performance.now();
  const { rows } = await db.query<{ version: string }>(`select current_setting('server_version') as version`);
  return { version: rows[0]?.version.split(' ')[0] ?? '', took: performance.now() - began };
}

export interface EndingCertificate {
  readonly addressId: number;
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly supplier: string;
  readonly description: string | undefined;
  readonly notAfter: Date;
}

/** Those that end before a time, the soonest first, that are registered at an address in use. */
export async function readEndingCertificates(db: Db, before: Date, limit: number): Promise<EndingCertificate[]> {
  const { rows } = await db.query<Omit<EndingCertificate, 'description'> & { description: string | null }>(
    `select a.id as "addressId", c.fingerprint, c.organisation_number as "organisationNumber", s.name as supplier, c.description, c.not_after as "notAfter"
       from certificate c join supplier s using (organisation_number)
       cross join lateral (select a.id from address_certificate l join address a on a.id = l.address_id
                            where l.fingerprint = c.fingerprint and a.retired_at is null order by a.id limit 1) a
      where c.withdrawn_at is null and c.not_after < $1
      order by c.not_after limit $2`,
    [before, limit],
  );
  return rows.map((row) => ({ ...row, description: row.description ?? undefined }));
}
