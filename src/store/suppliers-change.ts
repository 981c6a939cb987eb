/** Changing the register. The caller holds the recipients' locks: see `lockRecipients`. */
import type { CertificateOrigin } from './enrol/authorities.ts';
import type { Db } from './pool.ts';
import type { AddressFields } from './suppliers.ts';

/** As much of a certificate as the register keeps. */
interface CertificateRow {
  readonly fingerprint: string;
  readonly pem: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of its key, and which authority of ours issued it, if one did; left out: `ca` finds out. */
  readonly origin?: CertificateOrigin;
}

/**
 * Locks the recipients' counters, in order of organisation number. Intake takes the same locks before it looks for an
 * address, so between a change of addresses and the look for what it sets free no message slips in unseen.
 */
export async function lockRecipients(db: Db, organisationNumbers: readonly string[]): Promise<void> {
  const sorted = [...organisationNumbers].sort();
  await db.query(
    `insert into recipient (organisation_number, counter)
     select organisation, 0 from unnest($1::text[]) as t (organisation) order by organisation on conflict do nothing`,
    [sorted],
  );
  await db.query(
    'select 1 from recipient where organisation_number = any($1) order by organisation_number for update',
    [sorted],
  );
}

/**
 * Locks every lane in which something of these organisations may lie, in order of id; after `lockRecipients`: those of their own
 * addresses, and those of agents that hold or held a mandate from them. Nothing is claimed on them until commit. (No key update:
 * intake shares the keys of lanes in which it inserts, and an agent's lane is shared by recipients that have no lock in common.)
 */
export async function lockLanesOf(db: Db, organisationNumbers: readonly string[]): Promise<void> {
  await db.query(
    `select 1 from lane where id in (
       select id from address where organisation_number = any($1)
       union select address_id from mandate where principal = any($1)) order by id for no key update`,
    [organisationNumbers],
  );
}

export async function upsertSupplier(
  db: Db,
  supplier: { readonly organisationNumber: string; readonly name: string; readonly language: string },
  at: Date,
): Promise<void> {
  await db.query(
    `insert into supplier (organisation_number, name, language, created_at, changed_at) values ($1, $2, $3, $4, $4)
     on conflict (organisation_number) do update set name = excluded.name, language = excluded.language, changed_at = excluded.changed_at`,
    [supplier.organisationNumber, supplier.name, supplier.language, at],
  );
}

const columns = (address: AddressFields): unknown[] => [
  address.delivery,
  address.url ?? null,
  address.messageTypes,
  address.envelopeFormat,
  address.ordering,
  address.concurrency,
  address.ratePerSecond ?? null,
];

/** @returns the id of the address, and of its lane. */
export async function insertAddress(
  db: Db,
  organisationNumber: string,
  address: AddressFields,
  at: Date,
): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `insert into address (delivery, url, message_types, envelope_format, ordering, concurrency, rate_per_second,
                          organisation_number, name, environment, created_at, changed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) returning id`,
    [...columns(address), organisationNumber, address.name, address.environment, at],
  );
  const id = (rows[0] as { id: number }).id;
  await db.query('insert into lane (id) values ($1)', [id]);
  return id;
}

/** Rewrites an address, in use again if it was retired. `bump`: kept-alive connections must not outlive the change. */
export async function updateAddress(
  db: Db,
  id: number,
  address: AddressFields,
  bump: boolean,
  at: Date,
): Promise<void> {
  await db.query(
    `update address set delivery = $1, url = $2, message_types = $3, envelope_format = $4, ordering = $5, concurrency = $6,
                        rate_per_second = $7, version = version + $9, changed_at = $10, retired_at = null
      where id = $8`,
    [...columns(address), id, bump ? 1 : 0, at],
  );
}

/** Takes an address out of use; its lane sleeps for good. */
export async function retireAddress(db: Db, id: number, at: Date): Promise<void> {
  await db.query(
    'update address set retired_at = $2, changed_at = $2, version = version + 1 where id = $1 and retired_at is null',
    [id, at],
  );
  await db.query('update lane set wake_at = null where id = $1', [id]);
}

/** Registers a certificate for an address, as its newest. The caller has seen that it is nobody else's. */
export async function addCertificate(
  db: Db,
  addressId: number,
  organisationNumber: string,
  certificate: CertificateRow,
): Promise<void> {
  await db.query(
    `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after, spki_sha256, authority, serial)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (fingerprint) do update set withdrawn_at = null where certificate.organisation_number = excluded.organisation_number`,
    [
      certificate.fingerprint,
      organisationNumber,
      certificate.pem,
      certificate.subject,
      certificate.notBefore,
      certificate.notAfter,
      certificate.origin?.spkiSha256 ?? null,
      certificate.origin?.issued?.authority ?? null,
      certificate.origin?.issued?.serial ?? null,
    ],
  );
  // Later than all before it, whatever the clock says: which of two came last must be seen.
  await db.query(
    `insert into address_certificate (address_id, organisation_number, fingerprint, registered_at)
     select $1, $2, $3, greatest(clock_timestamp(), max(registered_at) + interval '1 microsecond')
       from address_certificate where address_id = $1`,
    [addressId, organisationNumber, certificate.fingerprint],
  );
}

/** Writes anew which of an address's certificates came when, so that the last of these is the newest. */
export async function orderCertificates(db: Db, addressId: number, fingerprints: readonly string[]): Promise<void> {
  await db.query(
    `update address_certificate l set registered_at = statement_timestamp() + wanted.place * interval '1 microsecond'
       from unnest($2::text[]) with ordinality as wanted (fingerprint, place)
      where l.address_id = $1 and l.fingerprint = wanted.fingerprint`,
    [addressId, fingerprints],
  );
}

/**
 * Takes certificates from an address; one that no address has any more counts as withdrawn, and one of ours is revoked with that: it
 * would be good everywhere else.
 */
export async function withdrawCertificates(
  db: Db,
  addressId: number,
  fingerprints: readonly string[],
  at: Date,
): Promise<void> {
  await db.query('delete from address_certificate where address_id = $1 and fingerprint = any($2)', [
    addressId,
    fingerprints,
  ]);
  await db.query(
    `update certificate set withdrawn_at = $2,
            revocation_reason = case when authority is not null then 'cessationOfOperation' end
      where fingerprint = any($1) and withdrawn_at is null
        and not exists (select from address_certificate l where l.fingerprint = certificate.fingerprint)`,
    [fingerprints, at],
  );
}
