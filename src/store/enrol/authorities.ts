/** Certificates of the authorities that issue for this gateway; and what is known of certificates because of them. */
import type { Db } from '../pool.ts';

export interface KnownAuthority {
  readonly fingerprint: string;
  readonly kind: 'root' | 'issuing';
  readonly subject: string;
  readonly pem: string;
  readonly spkiSha256: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** One that is known stays as it is. */
export async function insertAuthority(db: Db, authority: KnownAuthority): Promise<void> {
  const { fingerprint, kind, subject, pem, spkiSha256, notBefore, notAfter } = authority;
  await db.query(
    `insert into authority (fingerprint, kind, subject, pem, spki_sha256, not_before, not_after)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [fingerprint, kind, subject, pem, spkiSha256, notBefore, notAfter],
  );
}

/** Issuing authorities first, the newest of them first; then the roots. */
export async function readAuthorities(db: Db): Promise<KnownAuthority[]> {
  const { rows } = await db.query<{
    fingerprint: string;
    kind: KnownAuthority['kind'];
    subject: string;
    pem: string;
    spki_sha256: Buffer;
    not_before: Date;
    not_after: Date;
  }>(
    'select fingerprint, kind, subject, pem, spki_sha256, not_before, not_after from authority order by kind, not_before desc, fingerprint',
  );
  return rows.map(({ spki_sha256, not_before, not_after, ...row }) => ({
    ...row,
    spkiSha256: spki_sha256,
    notBefore: not_before,
    notAfter: not_after,
  }));
}

/** Certificates of which the register does not know the key, or not that we issued them: others did, or it was too early. @param after fingerprint; undefined: from the first */
export async function certificatesWithoutOrigin(
  db: Db,
  after: string | undefined,
  limit: number,
): Promise<{ readonly fingerprint: string; readonly pem: string; readonly keyed: boolean }[]> {
  const { rows } = await db.query<{ fingerprint: string; pem: string; keyed: boolean }>(
    `select fingerprint, pem, spki_sha256 is not null as keyed from certificate
      where fingerprint > $1 and (spki_sha256 is null or authority is null) order by fingerprint limit $2`,
    [after ?? '', limit],
  );
  return rows;
}

/** What a certificate itself says, noted in the register; who issued it only when it is one of ours. */
export interface CertificateOrigin {
  readonly spkiSha256: Buffer;
  readonly issued: { readonly authority: string; readonly serial: string } | undefined;
}

export async function setOrigin(db: Db, fingerprint: string, { spkiSha256, issued }: CertificateOrigin): Promise<void> {
  await db.query(
    `update certificate set spki_sha256 = $2, authority = coalesce(authority, $3), serial = coalesce(serial, $4) where fingerprint = $1`,
    [fingerprint, spkiSha256, issued?.authority ?? null, issued?.serial ?? null],
  );
}
