/** Certificates and their orders as the console lists them: those that end first first, a page at a time. */

import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';
import { numberFits } from './suppliers.ts';

export const certificateStates = ['in-use', 'ended', 'withdrawn', 'renewed'] as const;
/** `withdrawn`: revoked ones too. `renewed`: another took its place, or it took another's. */
export type CertificateState = (typeof certificateStates)[number];

export interface CertificateKey {
  readonly notAfter: Date;
  readonly fingerprint: string;
}

export interface CertificateFilter {
  /** Part of the organisation's name or of the description; the beginning of an organisation number, a serial number or a SHA-256. */
  readonly find?: string | undefined;
  /** Whether who asks may open persons' numbers. */
  readonly opens: boolean;
  readonly state?: CertificateState | undefined;
  /** Ending at or after, and before. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  readonly after?: CertificateKey | undefined;
  readonly limit: number;
  readonly now: Date;
}

export interface ListedCertificateRow {
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly organisation: string;
  readonly subject: string;
  readonly type: string | undefined;
  readonly description: string | undefined;
  readonly notAfter: Date;
  readonly withdrawnAt: Date | undefined;
  readonly revocationReason: string | undefined;
  readonly renews: string | undefined;
  readonly renewedBy: string | undefined;
  /** Names of the addresses in use where it is registered. */
  readonly addresses: readonly string[];
  /** The least id of an address where it is registered: by which a person's organisation is named in a path. */
  readonly addressId: number | undefined;
  readonly supplierId: number;
}

/** `$1`: as it was typed; `$2`: without what divides it. */
const ofWords = `($1::text is null or position(lower($1) in lower(s.name)) > 0 or position(lower($1) in lower(coalesce(c.description, ''))) > 0
  or ${numberFits('c.organisation_number', '$2', '$10')} or starts_with(c.fingerprint, lower($2)) or starts_with(c.serial, upper($2)))`;
/** A serial number may look like one. “g” is what follows “f”. */
const ofFingerprint = `(
  select fingerprint from certificate where fingerprint >= lower($2) and fingerprint < lower($2) || 'g'
  union select x.fingerprint from authority a join certificate x on x.authority = a.fingerprint and x.serial >= upper($2) and x.serial < upper($2) || 'G') k join certificate c on c.fingerprint = k.fingerprint`;

/** Read in their order up to a full page. A fingerprint is found by its key; a part of a name is looked for in all. */
export async function pageOfCertificates(db: Db, filter: CertificateFilter): Promise<ListedCertificateRow[]> {
  const { find, opens, state, from, before, after, limit, now } = filter;
  const told = find?.replaceAll(/[\s:-]/g, '');
  const byFingerprint = told !== undefined && /^[0-9a-f]{16,64}$/i.test(told);
  const { rows } = await db.query<NullsOf<ListedCertificateRow>>(
    `with page as materialized (
       select c.*, s.name as organisation, s.id as supplier_id from ${byFingerprint ? ofFingerprint : 'certificate c'} join supplier s on s.organisation_number = c.organisation_number
        where ${byFingerprint ? '$1::text is not null and $10::boolean is not null' : ofWords}
          and case $3::text when 'in-use' then c.withdrawn_at is null and c.not_after > $4 when 'ended' then c.withdrawn_at is null and c.not_after <= $4
                      when 'withdrawn' then c.withdrawn_at is not null
                      when 'renewed' then c.renews is not null or (select true from certificate n where n.renews = c.fingerprint limit 1)
                      else true end
          and c.not_after >= coalesce($5::timestamptz, '-infinity') and c.not_after < coalesce($6::timestamptz, 'infinity')
          and (c.not_after, c.fingerprint) > (coalesce($7::timestamptz, '-infinity'), coalesce($8::text, ''))
        order by c.not_after, c.fingerprint limit $9)
     select p.fingerprint, p.organisation_number as "organisationNumber", p.organisation, p.subject, p.type, p.description,
            p.not_after as "notAfter", p.withdrawn_at as "withdrawnAt", p.revocation_reason as "revocationReason", p.renews,
            (select n.fingerprint from certificate n where n.renews = p.fingerprint) as "renewedBy",
            array(select a.name from address a join address_certificate l on l.address_id = a.id and l.fingerprint = p.fingerprint
                   where a.organisation_number = p.organisation_number and a.retired_at is null order by a.name) as addresses,
            (select min(a.id) from address a where a.organisation_number = p.organisation_number) as "addressId",
            p.supplier_id as "supplierId"
       from page p order by p.not_after, p.fingerprint`,
    [
      find ?? null,
      told ?? null,
      state ?? null,
      now,
      state === 'in-use' && (from === undefined || from < now) ? now : (from ?? null),
      before ?? null,
      after?.notAfter ?? null,
      after?.fingerprint ?? null,
      limit,
      opens,
    ],
  );
  return rows.map((row) => withoutNulls<ListedCertificateRow>(row));
}

export interface EndingMonth {
  /** Swedish local time: `2026-11`. */
  readonly month: string;
  readonly ending: number;
  /** Of those, how many have a successor. */
  readonly renewed: number;
}

/**
 * How many of the certificates that are in use at an address end in each month; months without any are left out.
 * @param db may read whole tables: it counts them all
 */
export async function countEnding(db: Db, from: Date, before: Date): Promise<EndingMonth[]> {
  const { rows } = await db.query<EndingMonth & Record<string, unknown>>(
    `select to_char(c.not_after at time zone 'Europe/Stockholm', 'YYYY-MM') as month, count(*) as ending, count(n.fingerprint) as renewed
       from certificate c left join certificate n on n.renews = c.fingerprint
      where c.withdrawn_at is null and c.not_after >= $1 and c.not_after < $2
        and exists (select from address_certificate l join address a on a.id = l.address_id
                     where l.fingerprint = c.fingerprint and a.retired_at is null)
      group by 1 order by 1`,
    [from, before],
  );
  return rows;
}

export interface CertificateSeen extends ListedCertificateRow {
  readonly pem: string;
  /** Of those that we issued. */
  readonly serial: string | undefined;
  readonly authority: string | undefined;
  readonly notBefore: Date;
  readonly registeredAt: Date;
  readonly transferId: string | undefined;
  readonly contactId: number | undefined;
  readonly contact: string | undefined;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  /** Where it is or was registered. */
  readonly places: readonly CertificatePlace[];
}

export interface CertificatePlace {
  readonly address: string;
  readonly environment: string;
  readonly delivery: string;
  readonly registeredAt: Date;
  /** When the endpoint first showed it, or a caller. */
  readonly firstShownAt: Date | undefined;
  readonly retiredAt: Date | undefined;
}

export async function readCertificate(db: Db, fingerprint: string): Promise<CertificateSeen | undefined> {
  const { rows } = await db.query<NullsOf<Omit<CertificateSeen, 'places'>>>(
    `select c.fingerprint, c.organisation_number as "organisationNumber", s.name as organisation, c.subject, c.type, c.description, c.pem,
            c.not_before as "notBefore", c.not_after as "notAfter", c.registered_at as "registeredAt", c.withdrawn_at as "withdrawnAt",
            c.revocation_reason as "revocationReason", c.serial, c.authority, c.renews, o.transfer_id as "transferId",
            (select n.fingerprint from certificate n where n.renews = c.fingerprint) as "renewedBy",
            t.id as "contactId", t.name as contact, t.email, t.phone,
            (select min(a.id) from address a where a.organisation_number = c.organisation_number) as "addressId",
            s.id as "supplierId"
       from certificate c join supplier s on s.organisation_number = c.organisation_number
       left join certificate_order o on o.id = c.order_id left join technical_contact t on t.id = c.contact_id
      where c.fingerprint = $1`,
    [fingerprint],
  );
  if (rows[0] === undefined) return undefined;
  const { rows: places } = await db.query<NullsOf<CertificatePlace>>(
    `select a.name as address, a.environment, a.delivery, l.registered_at as "registeredAt", l.first_shown_at as "firstShownAt",
            a.retired_at as "retiredAt"
       from address a join address_certificate l on l.address_id = a.id
      where a.organisation_number = $1 and l.fingerprint = $2 order by a.name, a.id`,
    [rows[0].organisationNumber, fingerprint],
  );
  const seen = places.map((row) => withoutNulls<CertificatePlace>(row));
  const addresses = seen.filter(({ retiredAt }) => retiredAt === undefined).map(({ address }) => address);
  return withoutNulls<CertificateSeen>({ ...rows[0], addresses, places: seen });
}
