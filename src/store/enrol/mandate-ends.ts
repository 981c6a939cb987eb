/** Mandates that end and that nothing follows for some message type; and which notices of it were given. */
import type { Environment, MessageType } from '../../domain/message.ts';
import { unfollowed } from '../mandate-route.ts';
import type { Db } from '../pool.ts';
import { closeIncident, type IncidentKey } from './incidents.ts';

export interface MandateEnding {
  readonly id: number;
  readonly principal: string;
  /** Undefined: no supplier of that number is registered. */
  readonly principalName: string | undefined;
  readonly agent: string;
  readonly agentName: string;
  readonly address: string;
  readonly from: Date;
  readonly to: Date;
  /** Of its message types those that nobody takes after it. */
  readonly unfollowed: readonly MessageType[];
  /** Deliveries that wait at the agent by it. */
  readonly waiting: number;
  /** Days ahead of the notices that were given. */
  readonly given: readonly number[];
  /** Whether its incident is open. */
  readonly open: boolean;
}

export interface MandateEndQuery {
  readonly environment: Environment;
  readonly now: Date;
}

const kind = 'mandate-ending';
const prefix = 'mandate/';

export const mandateEnding = (id: number): IncidentKey => ({ kind, subject: prefix + id });

/** Under which its notices are kept, beside those of certificates. */
export const noticeName = (id: number): string => prefix + id;

const statement = `
  select x.id, x.principal, p.name as "principalName", x.agent, s.name as "agentName", a.name as address, x.valid_from as "from",
         x.ends_at as "to", alone.types as unfollowed,
         (select count(*) from delivery d where d.lane_id = x.address_id and d.principal = x.principal
             and d.state in ('waiting', 'sending', 'held', 'refused') and d.state = 'waiting') as waiting,
         coalesce((select array_agg(n.days) from expiry_notice n where n.fingerprint = '${prefix}' || x.id), '{}') as given,
         coalesce((select true from incident i where i.kind = '${kind}' and i.subject = '${prefix}' || x.id and i.closed_at is null limit 1), false) as open
    from mandate x join address a on a.id = x.address_id join supplier s on s.organisation_number = x.agent
         left join supplier p on p.organisation_number = x.principal
   cross join lateral (select ${unfollowed('x', 'a')} as types) alone
   where x.ended_at is null and not x.settled and x.ends_at > $2 and a.environment = $1 and a.retired_at is null and alone.types is not null`;

type Row = Omit<MandateEnding, 'principalName'> & { readonly principalName: string | null };

const endingOf = ({ principalName, ...row }: Row): MandateEnding => ({
  ...row,
  principalName: principalName ?? undefined,
});

/** Those that end until then: a page, after the last of the page before. */
export async function readMandateEndings(
  db: Db,
  { environment, now }: MandateEndQuery,
  until: Date,
  after: Pick<MandateEnding, 'to' | 'id'> | undefined,
  limit: number,
): Promise<MandateEnding[]> {
  const { rows } = await db.query<Row & Record<string, unknown>>(
    `${statement} and x.ends_at <= $3 and (x.ends_at, x.id) > ($4::timestamptz, $5::bigint) order by x.ends_at, x.id limit $6`,
    [environment, now, until, after?.to ?? '-infinity', after?.id ?? 0, limit],
  );
  return rows.map(endingOf);
}

/** Undefined: it is over, or another follows it. */
export async function readMandateEnding(
  db: Db,
  id: number,
  { environment, now }: MandateEndQuery,
): Promise<MandateEnding | undefined> {
  const { rows } = await db.query<Row & Record<string, unknown>>(`${statement} and x.id = $3`, [environment, now, id]);
  return rows[0] && endingOf(rows[0]);
}

/** Who is told of its end: technical contacts of the agent's address, and of what the principal has itself in that environment. */
export async function mandateContacts(
  db: Db,
  id: number,
): Promise<{ readonly contactId: number; readonly side: 'agent' | 'principal' }[]> {
  const { rows } = await db.query<{ contactId: number; side: 'agent' | 'principal' }>(
    `select distinct told.contact_id as "contactId", told.side
       from mandate x join address a on a.id = x.address_id
      cross join lateral (
        select c.contact_id, 'agent' as side from address_certificate l join certificate c on c.fingerprint = l.fingerprint
         where l.address_id = a.id and c.withdrawn_at is null
        union all
        select c.contact_id, 'principal' from address o join address_certificate l on l.address_id = o.id join certificate c on c.fingerprint = l.fingerprint
         where o.organisation_number = x.principal and o.environment = a.environment and o.retired_at is null and c.withdrawn_at is null) told
      where x.id = $1 and told.contact_id is not null order by told.side, "contactId"`,
    [id],
  );
  return rows;
}

/** Mandates whose incident is open. */
export async function readOpenMandateEnds(db: Db): Promise<number[]> {
  const { rows } = await db.query<{ subject: string }>(
    'select subject from incident where kind = $1 and closed_at is null order by subject',
    [kind],
  );
  return rows.map(({ subject }) => Number(subject.slice(prefix.length)));
}

/** For who holds the principal's recipient: incidents of its mandates that are over or have a follower are over too. */
export async function closeMandateEnds(db: Db, principal: string, query: MandateEndQuery): Promise<void> {
  const { rows } = await db.query<{ id: number }>(
    `select x.id from mandate x where x.principal = $1
        and (select true from incident i where i.kind = $2 and i.subject = $3 || x.id and i.closed_at is null limit 1)`,
    [principal, kind, prefix],
  );
  for (const { id } of rows)
    if ((await readMandateEnding(db, id, query)) === undefined) await closeIncident(db, mandateEnding(id), query.now);
}
