/** What the register knows of its certificates besides who registered them: for which key, and whether they are ours. */
import { Fault } from '../domain/fault.ts';
import type { Issuer } from '../pki/authority.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { issuedBy, keyDigest } from '../pki/origin.ts';
import type { Log } from '../platform/log.ts';
import { certificatesWithoutOrigin, insertAuthority, readAuthorities, setOrigin } from '../store/enrol/authorities.ts';
import type { Pool } from '../store/pool.ts';

/** Makes the authority, and those above it, known to everybody who reads the database. */
export async function registerAuthority(pool: Pool, { chain }: Pick<Issuer, 'chain'>): Promise<void> {
  for (const one of chain)
    await insertAuthority(pool, {
      ...one,
      kind: one.subject === one.issuer ? 'root' : 'issuing',
      spkiSha256: keyDigest(one),
    });
}

const pageSize = 200;

/**
 * Notes the key, and the serial number of what is ours, of certificates that were registered before that was kept, or before anybody
 * knew the authority: no list would name them when they are revoked.
 * @returns how many
 */
export async function completeOrigins(pool: Pool, log: Log): Promise<number> {
  const authorities = (await readAuthorities(pool)).flatMap(({ pem }) => readCertificates(pem, 'the table authority'));
  let done = 0;
  for (let after: string | undefined; ; ) {
    const page = await certificatesWithoutOrigin(pool, after, pageSize);
    for (const { fingerprint, pem, keyed } of page) {
      after = fingerprint;
      const certificate = readOne(pem, fingerprint, log);
      if (certificate === undefined) continue;
      const issuer = issuedBy(certificate, authorities);
      if (keyed && issuer === undefined) continue;
      await setOrigin(pool, fingerprint, {
        spkiSha256: keyDigest(certificate),
        issued: issuer && { authority: issuer.fingerprint, serial: certificate.serial },
      });
      done += 1;
    }
    if (page.length < pageSize) return done;
  }
}

function readOne(pem: string, fingerprint: string, log: Log): Certificate | undefined {
  try {
    return readCertificates(pem, 'the register')[0];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log.warn('a certificate in the register cannot be read', { fingerprint, error: error.message });
    return undefined;
  }
}
