/** Certificates that the gateway itself shows or signs with: those of now, those to come, and those that were. */
import { createHash } from 'node:crypto';
import type { Environment } from '../../domain/message.ts';
import { harmlessReasons } from '../../domain/revocation.ts';
import type { Db } from '../pool.ts';

export type OwnPurpose = 'client' | 'listener' | 'signing';

export interface OwnCertificate {
  readonly purpose: OwnPurpose;
  readonly environment: Environment;
  /** The certificate and its chain. */
  readonly pem: string;
  readonly certificate: {
    readonly fingerprint: string;
    readonly subject: string;
    readonly serial: string;
    readonly publicKeySpki: Buffer;
    readonly notBefore: Date;
    readonly notAfter: Date;
  };
  readonly useFrom: Date;
  /** Fingerprint of the authority that issued it, when that is one of ours. */
  readonly authority?: string;
}

/**
 * When it is used earlier than was said, that has to be announced anew.
 * @returns from when it is used: as was written before, if that is earlier
 */
export async function registerOwn(db: Db, own: OwnCertificate, at: Date): Promise<Date> {
  const { fingerprint, subject, serial, publicKeySpki, notBefore, notAfter } = own.certificate;
  const { rows } = await db.query<{ use_from: Date }>(
    `insert into own_certificate as known (fingerprint, purpose, environment, pem, subject, serial, spki_sha256, not_before, not_after,
                                           use_from, registered_at, authority)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (fingerprint) do update set use_from = least(known.use_from, excluded.use_from),
       announced_at = case when excluded.use_from < known.use_from - interval '1 hour' then null else known.announced_at end,
       authority = coalesce(known.authority, excluded.authority),
       purpose = case when excluded.purpose = 'signing' then excluded.purpose else known.purpose end
     returning use_from`,
    [
      fingerprint,
      own.purpose,
      own.environment,
      own.pem,
      subject,
      serial,
      createHash('sha256').update(publicKeySpki).digest(),
      notBefore,
      notAfter,
      own.useFrom,
      at,
      own.authority ?? null,
    ],
  );
  return rows[0]?.use_from ?? own.useFrom;
}

/** By fingerprint: what each of our own certificates is for, and from when. */
export type OwnRecord = ReadonlyMap<
  string,
  { readonly purpose: OwnPurpose; readonly useFrom: Date; readonly withdrawnAt: Date | undefined }
>;

export async function readOwnRecord(db: Db, environment: Environment): Promise<OwnRecord> {
  const { rows } = await db.query<{
    fingerprint: string;
    purpose: OwnPurpose;
    use_from: Date;
    withdrawn_at: Date | null;
  }>(
    'select fingerprint, purpose, use_from, withdrawn_at from own_certificate where environment = $1 order by fingerprint',
    [environment],
  );
  return new Map(
    rows.map(({ fingerprint, purpose, use_from: useFrom, withdrawn_at: withdrawnAt }) => [
      fingerprint,
      { purpose, useFrom, withdrawnAt: withdrawnAt ?? undefined },
    ]),
  );
}

/** From when it is used; undefined: it is not known. */
export async function readUseFrom(db: Db, fingerprint: string): Promise<Date | undefined> {
  const { rows } = await db.query<{ use_from: Date }>('select use_from from own_certificate where fingerprint = $1', [
    fingerprint,
  ]);
  return rows[0]?.use_from;
}

/** So many keys at most are in one key set of ours. */
const mostSigning = 90;

/**
 * PEM, with its chain, of every certificate of a signing key that is to verify: those to come too, the newest first. One that was
 * withdrawn verifies only when the reason says that nobody else has its key.
 */
export async function readSigningPems(db: Db): Promise<string[]> {
  const { rows } = await db.query<{ pem: string }>(
    `select pem from own_certificate where purpose = 'signing'
        and (withdrawn_at is null or revocation_reason in (${harmlessReasons.map((one) => `'${one}'`).join(', ')}))
      order by use_from desc, fingerprint limit ${mostSigning}`,
  );
  return rows.map(({ pem }) => pem);
}

/** Certificates of all signing keys that there ever were, with their chains, and when and why one was withdrawn: for evidence. */
export async function readSigned(
  db: Db,
): Promise<{ readonly pem: string; readonly withdrawnAt: Date | null; readonly as: string | null }[]> {
  const { rows } = await db.query<{ pem: string; withdrawnAt: Date | null; as: string | null }>(
    `select pem, withdrawn_at as "withdrawnAt", revocation_reason as "as" from own_certificate where purpose = 'signing'
      order by use_from desc, fingerprint`,
  );
  return rows;
}

export interface ListedOwn {
  readonly fingerprint: string;
  readonly purpose: OwnPurpose;
  readonly environment: Environment;
  readonly subject: string;
  readonly serial: string | null;
  readonly notAfter: Date;
  readonly useFrom: Date;
  readonly announcedAt: Date | null;
  readonly withdrawnAt: Date | null;
  readonly revocationReason: string | null;
  readonly pem: string;
}

/** By purpose, the newest first. */
export async function listOwn(db: Db): Promise<ListedOwn[]> {
  const { rows } = await db.query<ListedOwn & Record<string, unknown>>(
    `select fingerprint, purpose, environment, subject, serial, not_after as "notAfter", use_from as "useFrom",
            announced_at as "announcedAt", withdrawn_at as "withdrawnAt", revocation_reason as "revocationReason", pem
       from own_certificate order by purpose, use_from desc, fingerprint`,
  );
  return rows;
}
