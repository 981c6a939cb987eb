/** Certificates of suppliers, for operators. */

import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';

export interface ListedCertificate {
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly organisation: string;
  readonly subject: string;
  /** Of those that we issued. */
  readonly serial: string | undefined;
  readonly authority: string | undefined;
  readonly type: string | undefined;
  readonly description: string | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly registeredAt: Date;
  readonly withdrawnAt: Date | undefined;
  readonly revocationReason: string | undefined;
  /** TransferID of its order. */
  readonly transferId: string | undefined;
  readonly renews: string | undefined;
  readonly renewedBy: string | undefined;
  readonly contact: string | undefined;
  /** Names of the addresses in use where it is registered. */
  readonly addresses: readonly string[];
  readonly firstShownAt: Date | undefined;
}

/** Those that end first first. @param only of an organisation, or one by its fingerprint */
export async function listCertificates(
  db: Db,
  only: { readonly organisationNumber?: string | undefined; readonly fingerprint?: string } = {},
): Promise<ListedCertificate[]> {
  const { rows } = await db.query<NullsOf<ListedCertificate>>(
    `select c.fingerprint, c.organisation_number as "organisationNumber", s.name as organisation, c.subject, c.serial, c.authority,
            c.type, c.description, c.not_before as "notBefore", c.not_after as "notAfter", c.registered_at as "registeredAt",
            c.withdrawn_at as "withdrawnAt", c.revocation_reason as "revocationReason", o.transfer_id as "transferId", c.renews,
            n.fingerprint as "renewedBy", t.name as contact,
            array(select a.name from address_certificate l join address a on a.id = l.address_id
                   where l.fingerprint = c.fingerprint and a.retired_at is null order by a.name) as addresses,
            (select min(l.first_shown_at) from address_certificate l where l.fingerprint = c.fingerprint) as "firstShownAt"
       from certificate c
       join supplier s on s.organisation_number = c.organisation_number
       left join certificate_order o on o.id = c.order_id
       left join certificate n on n.renews = c.fingerprint
       left join technical_contact t on t.id = c.contact_id
      where ($1::text is null or c.organisation_number = $1) and ($2::text is null or c.fingerprint = $2)
      order by c.not_after, c.fingerprint`,
    [only.organisationNumber ?? null, only.fingerprint ?? null],
  );
  return rows.map(withoutNulls<ListedCertificate>);
}
