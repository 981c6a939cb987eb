/** Mandates as the register has them, and writing them down. */
import type { Environment, MessageType } from '../domain/message.ts';
import type { Db } from './pool.ts';

export interface Mandate {
  readonly id: number;
  readonly principal: string;
  /** Undefined: no supplier of that number is registered. */
  readonly principalName: string | undefined;
  readonly agent: string;
  readonly agentName: string;
  readonly addressId: number;
  readonly address: string;
  readonly environment: Environment;
  readonly messageTypes: readonly MessageType[];
  readonly from: Date;
  /** The first moment at which it does not run any more, as it was given. */
  readonly to: Date;
  readonly evidence: string;
  readonly recordedBy: string;
  readonly recordedAt: Date;
  /** Before its time. */
  readonly endedAt: Date | undefined;
  readonly endedBy: string | undefined;
  readonly endReason: string | undefined;
  /** By the database's clock, when it was read. */
  readonly state: 'coming' | 'running' | 'over';
}

export interface MandateFilter {
  readonly id?: number | undefined;
  /** This one; or one of these. */
  readonly principal?: string | readonly string[] | undefined;
  readonly agent?: string | undefined;
  /** Those that are over too. */
  readonly over?: boolean | undefined;
}

type Row = { [K in keyof Mandate]: undefined extends Mandate[K] ? Exclude<Mandate[K], undefined> | null : Mandate[K] };

/** In order of principal, beginning and id. */
export async function readMandates(db: Db, filter: MandateFilter): Promise<Mandate[]> {
  const { rows } = await db.query<Row & Record<string, unknown>>(
    `select x.id, x.principal, p.name as "principalName", x.agent, s.name as "agentName", x.address_id as "addressId", a.name as address,
            a.environment, x.message_types as "messageTypes", x.valid_from as "from", x.valid_to as "to", x.evidence,
            x.recorded_by as "recordedBy", x.recorded_at as "recordedAt", x.ended_at as "endedAt", x.ended_by as "endedBy",
            x.end_reason as "endReason",
            case when x.ends_at <= clock_timestamp() then 'over' when x.valid_from > clock_timestamp() then 'coming' else 'running' end as state
       from mandate x join address a on a.id = x.address_id join supplier s on s.organisation_number = x.agent
            left join supplier p on p.organisation_number = x.principal
      where ($1::bigint is null or x.id = $1) and ($2::text[] is null or x.principal = any($2))
        and ($3::text is null or x.agent = $3) and ($4 or x.ends_at > clock_timestamp())
      order by x.principal, x.valid_from, x.id`,
    [
      filter.id ?? null,
      filter.principal === undefined ? null : [filter.principal].flat(),
      filter.agent ?? null,
      filter.over === true,
    ],
  );
  return rows.map(({ principalName, endedAt, endedBy, endReason, messageTypes, ...row }) => ({
    ...row,
    messageTypes: messageTypes.toSorted(),
    principalName: principalName ?? undefined,
    endedAt: endedAt ?? undefined,
    endedBy: endedBy ?? undefined,
    endReason: endReason ?? undefined,
  }));
}

/** Those for whom these organisations act, or will. */
export async function principalsOf(db: Db, agents: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ agent: string; principal: string }>(
    `select distinct x.agent, x.principal from mandate x join address a on a.id = x.address_id
      where a.organisation_number = any($1) and x.ends_at > clock_timestamp() order by x.agent, x.principal`,
    [agents],
  );
  const found = new Map<string, string[]>();
  for (const { agent, principal } of rows) found.set(agent, [...(found.get(agent) ?? []), principal]);
  return found;
}

/** The clock that decides. To the millisecond, rounded down. */
export async function databaseNow(db: Db): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('select clock_timestamp() as now');
  return (rows[0] as { now: Date }).now;
}

export interface NewMandate {
  readonly principal: string;
  readonly agent: string;
  readonly addressId: number;
  readonly messageTypes: readonly MessageType[];
  readonly from: Date;
  readonly to: Date;
  readonly evidence: string;
  readonly recordedBy: string;
}

/** The caller holds the principal's recipient and the agent's lane, and has seen that nothing stands against it. @returns its id */
export async function insertMandate(db: Db, mandate: NewMandate): Promise<number> {
  const { principal, agent, addressId, messageTypes, from, to, evidence, recordedBy } = mandate;
  const { rows } = await db.query<{ id: number }>(
    `insert into mandate (principal, agent, address_id, message_types, valid_from, valid_to, evidence, recorded_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
    [principal, agent, addressId, messageTypes, from, to, evidence, recordedBy],
  );
  return (rows[0] as { id: number }).id;
}

/** Ends it now, on the database's clock: for a caller that holds the principal's recipient and the agent's lane. */
export async function writeEnd(db: Db, id: number, by: string, reason: string): Promise<void> {
  await db.query(
    'update mandate set ended_at = clock_timestamp(), ended_by = $2, end_reason = $3, settled = false where id = $1 and ended_at is null',
    [id, by, reason],
  );
}

/** How many of the principal's messages are being sent from this lane this moment. */
export async function sendingFor(db: Db, lane: number, principal: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*) from delivery
      where lane_id = $1 and principal = $2 and state in ('waiting', 'sending', 'held', 'refused') and state = 'sending'`,
    [lane, principal],
  );
  return rows[0]?.count ?? 0;
}
