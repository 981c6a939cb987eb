/** Who is told of our own next certificates: a letter for each technical contact whom one concerns, and for each time it was said to be used from. */
import type { Environment } from '../../domain/message.ts';
import type { Db } from '../pool.ts';

/** The kind of these letters. */
export const announcementKind = 'own-certificate';

/** SQL: clocks differ; who was told of one time need not be told of the other. */
export const sameTime = (one: string, other: string): string =>
  `(${one} > ${other} - interval '1 hour' and ${one} < ${other} + interval '1 hour')`;

export interface AnnouncementQuery {
  readonly environment: Environment;
  readonly now: Date;
  /** Those that are used from before this time are told of. */
  readonly until: Date;
}

/** SQL: it takes over from another. The first of its purpose changes nothing for anybody. */
const follows = `(select true from own_certificate b where b.purpose = o.purpose and b.environment = o.environment and b.use_from < o.use_from
                    and b.fingerprint <> o.fingerprint order by b.fingerprint limit 1)`;

/** SQL: it is to be told of now; again until it is used, for those who come meanwhile. $1: the environment, $2: now, $3: until. */
const due = `o.environment = $1 and o.withdrawn_at is null and o.not_after > $2::timestamptz and o.use_from <= $3::timestamptz
  and (o.announced_at is null or o.use_from > $2::timestamptz) and ${follows}`;

export async function readUnannounced(db: Db, { environment, now, until }: AnnouncementQuery): Promise<string[]> {
  const { rows } = await db.query<{ fingerprint: string }>(
    `select o.fingerprint from own_certificate o where ${due} order by o.fingerprint`,
    [environment, now, until],
  );
  return rows.map(({ fingerprint }) => fingerprint);
}

/** Its row is kept to the end of the transaction: nobody else tells of it meanwhile. @returns whether it is to be told of now */
export async function lockUnannounced(
  db: Db,
  fingerprint: string,
  { environment, now, until }: AnnouncementQuery,
): Promise<boolean> {
  await db.query('select 1 from own_certificate where fingerprint = $1 for no key update', [fingerprint]);
  const { rowCount } = await db.query(`select 1 from own_certificate o where ${due} and o.fingerprint = $4`, [
    environment,
    now,
    until,
    fingerprint,
  ]);
  return rowCount > 0;
}

/**
 * SQL: address `a` of certificate `c` has to do with own certificate `o`. Endpoints see the client's, programs that fetch the listener's;
 * whoever gets an envelope verifies the signature.
 */
const concerns = `(o.purpose = 'signing' or case o.purpose when 'client' then a.delivery = 'push'
                     else a.delivery <> 'push' or c.type = 'pull-client' or c.type = 'both' end)`;

/**
 * A letter for each technical contact of a certificate in use whom it concerns, and who has none about it and this time. Who answers for
 * several certificates of an organisation gets one.
 * @returns how many were written
 */
export async function insertAnnouncements(db: Db, fingerprint: string, at: Date): Promise<number> {
  const { rowCount } = await db.query(
    `insert into letter (kind, contact_id, fingerprint, details, created_at, next_try_at)
     select '${announcementKind}', max(t.id), o.fingerprint, jsonb_build_object('useFrom', o.use_from), $2, $2
       from own_certificate o
       join certificate c on c.withdrawn_at is null and c.not_after > $2
       join technical_contact t on t.id = c.contact_id
      where o.fingerprint = $1
        and (select true from address_certificate l join address a on a.id = l.address_id
              where l.fingerprint = c.fingerprint and a.environment = o.environment and a.retired_at is null and ${concerns} limit 1)
        and (select true from technical_contact p join letter k on k.fingerprint = $1 and k.contact_id = p.id
              where p.organisation_number = t.organisation_number and lower(p.email) = lower(t.email)
                and k.kind = '${announcementKind}' and ${sameTime("(k.details ->> 'useFrom')::timestamptz", 'o.use_from')} limit 1) is null
      group by o.fingerprint, o.use_from, t.organisation_number, lower(t.email)`,
    [fingerprint, at],
  );
  return rowCount;
}

export async function setAnnounced(db: Db, fingerprint: string, at: Date): Promise<void> {
  await db.query('update own_certificate set announced_at = coalesce(announced_at, $2) where fingerprint = $1', [
    fingerprint,
    at,
  ]);
}

/** How many were told of each of our own certificates, and how many of these letters were sent. For commands. */
export async function countAnnouncements(
  db: Db,
): Promise<ReadonlyMap<string, { readonly letters: number; readonly sent: number }>> {
  const { rows } = await db.query<{ fingerprint: string; letters: number; sent: number }>(
    `select fingerprint, count(*) as letters, count(sent_at) as sent from letter where kind = '${announcementKind}' group by fingerprint`,
  );
  return new Map(rows.map(({ fingerprint, letters, sent }) => [fingerprint, { letters, sent }]));
}

/** What a letter about one of our own says of it. */
export interface OwnFacts {
  readonly purpose: 'client' | 'listener' | 'signing';
  readonly environment: Environment;
  readonly subject: string;
  readonly useFrom: Date;
  readonly notAfter: Date;
  readonly withdrawnAt: Date | null;
  /** The time of the letter is still the one on record. */
  readonly isCurrent: boolean;
}

export async function readOwnFacts(db: Db, fingerprint: string, useFrom: string): Promise<OwnFacts | undefined> {
  const { rows } = await db.query<OwnFacts & Record<string, unknown>>(
    `select purpose, environment, subject, use_from as "useFrom", not_after as "notAfter", withdrawn_at as "withdrawnAt",
            ${sameTime('$2::timestamptz', 'use_from')} as "isCurrent"
       from own_certificate where fingerprint = $1`,
    [fingerprint, useFrom],
  );
  return rows[0];
}
