/** Certificates that end and that nothing follows; and which notices of it were given. */
import type { Environment } from '../../domain/message.ts';
import type { Db } from '../pool.ts';
import type { IncidentKey } from './incidents.ts';

/** A certificate that serves something in use, until it ends: no other takes over. */
export interface Ending {
  readonly fingerprint: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Days ahead of the notices that were given. */
  readonly given: readonly number[];
  /** Whether its incident is open. */
  readonly open: boolean;
  /** Undefined: it is the gateway's own. */
  readonly supplier:
    | {
        readonly organisationNumber: string;
        readonly organisation: string;
        readonly description: string | undefined;
        /** Undefined: nobody is there to be told. */
        readonly contactId: number | undefined;
        /** Those of its addresses in use where nothing follows it. */
        readonly addresses: readonly string[];
        readonly pushed: boolean;
        readonly fetched: boolean;
        /** Deliveries that wait at these addresses. */
        readonly waiting: number;
      }
    | undefined;
  readonly purpose: string | undefined;
}

export type EndingKind = 'supplier' | 'own';

const incidents = {
  supplier: { kind: 'certificate-expiring', prefix: 'certificate/' },
  own: { kind: 'own-certificate-expiring', prefix: 'own-certificate/' },
} as const;

export const endIncident = (kind: EndingKind, fingerprint: string): IncidentKey => ({
  kind: incidents[kind].kind,
  subject: incidents[kind].prefix + fingerprint,
});

const noted = (kind: EndingKind): string =>
  `coalesce((select array_agg(n.days) from expiry_notice n where n.fingerprint = c.fingerprint), '{}') as given,
   coalesce((select true from incident i where i.kind = '${incidents[kind].kind}' and i.subject = '${incidents[kind].prefix}' || c.fingerprint
              and i.closed_at is null limit 1), false) as open`;

/**
 * SQL: another certificate at address `a` that serves as `c` does and ends later. Programs that fetch have certificates of their own,
 * told apart by their descriptions: one does not follow another's, until that has ended and the address is what counts. One from
 * outside may be for anything.
 */
const follower = `(select true from address_certificate m join certificate o on o.fingerprint = m.fingerprint
  where m.address_id = a.id and o.withdrawn_at is null and (o.not_after, o.fingerprint) > (c.not_after, c.fingerprint)
    and (o.renews = c.fingerprint
         or ((o.type is null or o.type = 'both' or o.type = coalesce(c.type, case a.delivery when 'push' then 'push-endpoint' else 'pull-client' end))
             and (c.not_after <= $2 or a.delivery = 'push' or o.description is null or c.description is null
                  or lower(o.description) = lower(c.description))))
  limit 1)`;

const statements: Record<EndingKind, string> = {
  supplier: `select c.fingerprint, c.subject, c.not_before, c.not_after, c.organisation_number, s.name as organisation, c.description,
      c.contact_id, alone.names, alone.pushed, alone.fetched, alone.waiting, null as purpose, ${noted('supplier')}
    from certificate c join supplier s on s.organisation_number = c.organisation_number
    cross join lateral (
      select array_agg(a.name order by a.id) as names, bool_or(a.delivery = 'push') as pushed, bool_or(a.delivery <> 'push') as fetched,
             sum((select count(*) from delivery d where d.lane_id = a.id and d.state = 'waiting'))::integer as waiting
        from address a join address_certificate l on l.address_id = a.id and l.fingerprint = c.fingerprint
       where a.organisation_number = c.organisation_number and a.environment = $1 and a.retired_at is null and ${follower} is null) alone
   where c.withdrawn_at is null and alone.names is not null`,
  own: `select c.fingerprint, c.subject, c.not_before, c.not_after, null as organisation_number, c.purpose, ${noted('own')}
    from own_certificate c
   where c.withdrawn_at is null and c.environment = $1 and $2::timestamptz is not null
     and (select true from own_certificate o where o.purpose = c.purpose and o.environment = c.environment and o.withdrawn_at is null
            and (o.not_after, o.fingerprint) > (c.not_after, c.fingerprint) order by o.fingerprint limit 1) is null`,
};

interface Row {
  readonly fingerprint: string;
  readonly subject: string;
  readonly not_before: Date;
  readonly not_after: Date;
  readonly organisation_number: string | null;
  readonly organisation: string;
  readonly description: string | null;
  readonly contact_id: number | null;
  readonly names: string[];
  readonly pushed: boolean;
  readonly fetched: boolean;
  readonly waiting: number;
  readonly purpose: string | null;
  readonly given: number[];
  readonly open: boolean;
}

const endingOf = (row: Row): Ending => ({
  fingerprint: row.fingerprint,
  subject: row.subject,
  notBefore: row.not_before,
  notAfter: row.not_after,
  given: row.given,
  open: row.open,
  purpose: row.purpose ?? undefined,
  supplier:
    row.organisation_number === null
      ? undefined
      : {
          organisationNumber: row.organisation_number,
          organisation: row.organisation,
          description: row.description ?? undefined,
          contactId: row.contact_id ?? undefined,
          addresses: row.names,
          pushed: row.pushed,
          fetched: row.fetched,
          waiting: row.waiting,
        },
});

export interface EndingQuery {
  readonly environment: Environment;
  readonly now: Date;
}

/** Of our own there are a handful, and no index by their ends. */
const pages: Record<EndingKind, string> = {
  supplier: '(c.not_after, c.fingerprint) > ($4::timestamptz, $5::text) order by c.not_after, c.fingerprint',
  own: '$4::timestamptz is not null and c.fingerprint > $5 order by c.fingerprint',
};

/** Those that end until then, or have: a page, after the last of the page before. */
export async function readEndings(
  db: Db,
  kind: EndingKind,
  { environment, now }: EndingQuery,
  until: Date,
  after: Pick<Ending, 'notAfter' | 'fingerprint'> | undefined,
  limit: number,
): Promise<Ending[]> {
  const { rows } = await db.query<Row>(`${statements[kind]} and c.not_after <= $3 and ${pages[kind]} limit $6`, [
    environment,
    now,
    until,
    after?.notAfter ?? '-infinity',
    after?.fingerprint ?? '',
    limit,
  ]);
  return rows.map(endingOf);
}

/** Undefined: withdrawn, at no address in use, or another follows it. */
export async function readEnding(
  db: Db,
  kind: EndingKind,
  fingerprint: string,
  { environment, now }: EndingQuery,
): Promise<Ending | undefined> {
  const { rows } = await db.query<Row>(`${statements[kind]} and c.fingerprint = $3`, [environment, now, fingerprint]);
  return rows[0] && endingOf(rows[0]);
}

/** Nobody renews it, withdraws it or changes its contact until the transaction ends. Its row may be gone. */
export async function lockEnding(db: Db, kind: EndingKind, fingerprint: string): Promise<void> {
  const table = kind === 'own' ? 'own_certificate' : 'certificate';
  await db.query(`select 1 from ${table} where fingerprint = $1 for no key update`, [fingerprint]);
}

/** @returns false when that notice was given, by whomever */
export async function keepNotice(db: Db, fingerprint: string, days: number, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'insert into expiry_notice (fingerprint, days, at) values ($1, $2, $3) on conflict do nothing',
    [fingerprint, days, at],
  );
  return rowCount > 0;
}

/** Certificates whose incident is open. */
export async function readOpenEnds(db: Db, kind: EndingKind): Promise<string[]> {
  const { rows } = await db.query<{ subject: string }>(
    'select subject from incident where kind = $1 and closed_at is null order by subject',
    [incidents[kind].kind],
  );
  return rows.map(({ subject }) => subject.slice(incidents[kind].prefix.length));
}

/** Letters about a certificate that were not sent yet go to this contact. */
export async function forwardNotices(db: Db, fingerprint: string, contactId: number): Promise<void> {
  await db.query(
    `update letter set contact_id = $2
      where next_try_at is not null and fingerprint = $1 and kind in ('certificate-ending', 'certificate-ended')`,
    [fingerprint, contactId],
  );
}
