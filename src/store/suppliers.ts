/** Suppliers and their addresses as the register has them. */
import type { EnvelopeFormat, Environment, MessageType } from '../domain/message.ts';
import type { Db } from './pool.ts';

export interface RegisteredCertificate {
  readonly fingerprint: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly registeredAt: Date;
  /** When the endpoint first showed it; undefined: not yet. */
  readonly firstShownAt: Date | undefined;
  /** It came of an order, or followed one that did: no file of ours says that it is there. */
  readonly enrolled: boolean;
}

export interface AddressFields {
  readonly name: string;
  readonly environment: Environment;
  readonly delivery: 'push' | 'pull' | 'manual';
  readonly url: string | undefined;
  readonly messageTypes: readonly MessageType[];
  readonly envelopeFormat: EnvelopeFormat;
  readonly ordering: 'any' | 'strict';
  readonly concurrency: number;
  readonly ratePerSecond: number | undefined;
}

/** An address; its id is its lane's too. */
export interface RegisteredAddress extends AddressFields {
  readonly id: number;
  readonly version: number;
  readonly retiredAt: Date | undefined;
  /** Newest last. */
  readonly certificates: readonly RegisteredCertificate[];
}

export interface RegisteredSupplier {
  readonly organisationNumber: string;
  readonly name: string;
  readonly language: 'sv' | 'en';
  /** Retired ones too, oldest first. */
  readonly addresses: readonly RegisteredAddress[];
}

/** The suppliers with these organisation numbers, or all, in order of number. */
export async function readRegister(db: Db, organisationNumbers?: readonly string[]): Promise<RegisteredSupplier[]> {
  const only = organisationNumbers === undefined ? '' : 'where organisation_number = any($1)';
  const values = organisationNumbers === undefined ? [] : [organisationNumbers];
  const { rows } = await db.query<{ organisation_number: string; name: string; language: 'sv' | 'en' }>(
    `select organisation_number, name, language from supplier ${only} order by organisation_number`,
    values,
  );
  const addresses = await readAddresses(db, only, values);
  return rows.map((row) => ({
    organisationNumber: row.organisation_number,
    name: row.name,
    language: row.language,
    addresses: addresses.get(row.organisation_number) ?? [],
  }));
}

async function readAddresses(db: Db, only: string, values: unknown[]): Promise<Map<string, RegisteredAddress[]>> {
  const { rows } = await db.query<{
    id: number;
    organisation_number: string;
    name: string;
    environment: Environment;
    delivery: AddressFields['delivery'];
    url: string | null;
    message_types: MessageType[];
    envelope_format: EnvelopeFormat;
    ordering: AddressFields['ordering'];
    concurrency: number;
    rate_per_second: number | null;
    version: number;
    retired_at: Date | null;
  }>(`select * from address ${only} order by id`, values);
  const certificates = await readCertificatesOf(
    db,
    rows.map(({ id }) => id),
  );
  const found = new Map<string, RegisteredAddress[]>();
  for (const row of rows) {
    const list = found.get(row.organisation_number) ?? [];
    list.push({
      id: row.id,
      name: row.name,
      environment: row.environment,
      delivery: row.delivery,
      url: row.url ?? undefined,
      messageTypes: [...row.message_types].sort(),
      envelopeFormat: row.envelope_format,
      ordering: row.ordering,
      concurrency: row.concurrency,
      ratePerSecond: row.rate_per_second ?? undefined,
      version: row.version,
      retiredAt: row.retired_at ?? undefined,
      certificates: certificates.get(row.id) ?? [],
    });
    found.set(row.organisation_number, list);
  }
  return found;
}

async function readCertificatesOf(db: Db, ids: readonly number[]): Promise<Map<number, RegisteredCertificate[]>> {
  const { rows } = await db.query<{
    address_id: number;
    fingerprint: string;
    subject: string;
    not_before: Date;
    not_after: Date;
    registered_at: Date;
    first_shown_at: Date | null;
    enrolled: boolean;
  }>(
    `select l.address_id, l.fingerprint, c.subject, c.not_before, c.not_after, l.registered_at, l.first_shown_at,
            c.order_id is not null or c.renews is not null as enrolled
       from address_certificate l join certificate c using (fingerprint)
      where l.address_id = any($1) order by l.address_id, l.registered_at, l.fingerprint`,
    [ids],
  );
  const found = new Map<number, RegisteredCertificate[]>();
  for (const row of rows) {
    const list = found.get(row.address_id) ?? [];
    list.push({
      fingerprint: row.fingerprint,
      subject: row.subject,
      notBefore: row.not_before,
      notAfter: row.not_after,
      registeredAt: row.registered_at,
      firstShownAt: row.first_shown_at ?? undefined,
      enrolled: row.enrolled,
    });
    found.set(row.address_id, list);
  }
  return found;
}

/** The certificates of an address, newest last, as PEM. */
export async function certificateTexts(db: Db, addressId: number): Promise<string[]> {
  const { rows } = await db.query<{ pem: string }>(
    `select c.pem from address_certificate l join certificate c using (fingerprint)
      where l.address_id = $1 order by l.registered_at, l.fingerprint`,
    [addressId],
  );
  return rows.map(({ pem }) => pem);
}

export interface CertificateOwner {
  readonly organisationNumber: string;
  /** Undefined: it is not, and may be registered again if it was taken away. */
  readonly revoked: { readonly reason: string; readonly at: Date } | undefined;
}

/** Whose these certificates are, by fingerprint; those that nobody has registered are left out. */
export async function certificateOwners(
  db: Db,
  fingerprints: readonly string[],
): Promise<Map<string, CertificateOwner>> {
  const { rows } = await db.query<{
    fingerprint: string;
    organisation_number: string;
    revocation_reason: string | null;
    withdrawn_at: Date | null;
  }>(
    'select fingerprint, organisation_number, revocation_reason, withdrawn_at from certificate where fingerprint = any($1)',
    [fingerprints],
  );
  return new Map(
    rows.map(
      ({ fingerprint, organisation_number: organisationNumber, revocation_reason: reason, withdrawn_at: at }) => [
        fingerprint,
        { organisationNumber, revoked: reason === null || at === null ? undefined : { reason, at } },
      ],
    ),
  );
}
