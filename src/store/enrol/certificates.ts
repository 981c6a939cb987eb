/** Certificates that were issued here, in the register. */
import type { Environment } from '../../domain/message.ts';
import type { Db } from '../pool.ts';
import type { Intention } from './intentions.ts';
import type { CertificateType } from './orders.ts';

/** As much of a certificate as is put into the register. */
export interface IssuedCertificate {
  readonly fingerprint: string;
  readonly pem: string;
  readonly subject: string;
  readonly spkiSha256: Buffer;
  readonly organisationNumber: string;
  readonly type: CertificateType | undefined;
  readonly description: string | undefined;
  readonly contactId: number | undefined;
  readonly orderId: string | undefined;
  readonly renews: string | undefined;
  readonly intention: Intention;
}

/**
 * Puts a new certificate into the register, at these addresses, as their newest. For who holds the locks of the recipient and of
 * its lanes (`lockRecipients`, `lockLanesOf`).
 */
export async function registerIssued(
  db: Db,
  issued: IssuedCertificate,
  addresses: readonly number[],
  at: Date,
): Promise<void> {
  const { intention } = issued;
  await db.query(
    `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after, registered_at, authority, serial,
                              spki_sha256, type, description, contact_id, order_id, renews)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      issued.fingerprint,
      issued.organisationNumber,
      issued.pem,
      issued.subject,
      intention.notBefore,
      intention.notAfter,
      at,
      intention.authority,
      intention.serial,
      issued.spkiSha256,
      issued.type ?? null,
      issued.description ?? null,
      issued.contactId ?? null,
      issued.orderId ?? null,
      issued.renews ?? null,
    ],
  );
  // Who has read an address before would turn away the endpoint that shows the new one.
  await db.query('update address set version = version + 1 where id = any($1)', [addresses]);
  // Later than all before it at the address, whatever the clock says.
  for (const address of addresses)
    await db.query(
      `insert into address_certificate (address_id, organisation_number, fingerprint, registered_at)
       select $1, $2, $3, greatest(clock_timestamp(), max(registered_at) + interval '1 microsecond')
         from address_certificate where address_id = $1`,
      [address, issued.organisationNumber, issued.fingerprint],
    );
}

/** A certificate in the register that somebody wants to renew. */
export interface RenewedCertificate {
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly organisation: string;
  readonly pem: string;
  readonly notAfter: Date;
  readonly withdrawnAt: Date | undefined;
  /** Undefined: it was not issued here, and says itself what it is for. */
  readonly type: CertificateType | undefined;
  readonly description: string | undefined;
  readonly contactId: number | undefined;
  /** Addresses in use where it is registered, and their environments. */
  readonly addresses: readonly { readonly id: number; readonly environment: Environment }[];
}

/** @param lock keeps its row, so that nobody revokes it before the transaction is over */
export async function readRenewed(
  db: Db,
  fingerprint: string,
  lock: 'read' | 'lock' = 'read',
): Promise<RenewedCertificate | undefined> {
  const { rows } = await db.query<{
    organisation_number: string;
    organisation: string;
    pem: string;
    not_after: Date;
    withdrawn_at: Date | null;
    type: CertificateType | null;
    description: string | null;
    contact_id: number | null;
  }>(
    `select c.organisation_number, s.name as organisation, c.pem, c.not_after, c.withdrawn_at, c.type, c.description, c.contact_id
       from certificate c join supplier s on s.organisation_number = c.organisation_number
      where c.fingerprint = $1 ${lock === 'lock' ? 'for no key update of c' : ''}`,
    [fingerprint],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { rows: addresses } = await db.query<{ id: number; environment: Environment }>(
    `select a.id, a.environment from address a
       join address_certificate l on l.address_id = a.id and l.fingerprint = $2
      where a.organisation_number = $1 and a.retired_at is null order by a.id`,
    [row.organisation_number, fingerprint],
  );
  return {
    fingerprint,
    organisationNumber: row.organisation_number,
    organisation: row.organisation,
    pem: row.pem,
    notAfter: row.not_after,
    withdrawnAt: row.withdrawn_at ?? undefined,
    type: row.type ?? undefined,
    description: row.description ?? undefined,
    contactId: row.contact_id ?? undefined,
    addresses,
  };
}

/** What is handed out again when the first answer was lost. */
export async function readFetched(
  db: Db,
  fingerprint: string,
): Promise<
  { readonly pem: string; readonly spkiSha256: Buffer | undefined; readonly withdrawnAt: Date | undefined } | undefined
> {
  const { rows } = await db.query<{ pem: string; spki_sha256: Buffer | null; withdrawn_at: Date | null }>(
    'select pem, spki_sha256, withdrawn_at from certificate where fingerprint = $1',
    [fingerprint],
  );
  const [row] = rows;
  return row && { pem: row.pem, spkiSha256: row.spki_sha256 ?? undefined, withdrawnAt: row.withdrawn_at ?? undefined };
}

/**
 * Where a public key is in use, or was: `certificate` (of a supplier), `authority`, `own-certificate` (of the gateway itself), or
 * `issuance` (about to be). Undefined: nowhere.
 * @param issuance the one for which it is asked
 */
export async function keySeen(db: Db, spkiSha256: Buffer, issuance: string): Promise<string | undefined> {
  const { rows } = await db.query<{ seen: string }>(
    `select 'certificate' as seen from certificate where spki_sha256 = $1
     union all select 'own-certificate' from own_certificate where spki_sha256 = $1
     union all select 'authority' from authority where spki_sha256 = $1
     union all select 'issuance' from issuance where spki_sha256 = $1 and state in ('intended', 'issued') and id <> $2
     limit 1`,
    [spkiSha256, issuance],
  );
  return rows[0]?.seen;
}
