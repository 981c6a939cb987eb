/** Public keys that verify envelopes, and how they are published (RFC 7517). */
import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import { Fault } from '../domain/fault.ts';

/** Thumbprint (RFC 7638, base64url) → public key on P-256. */
export type VerificationKeys = ReadonlyMap<string, KeyObject>;

/** More keys than this in one set is no key set of ours. */
const mostKeys = 100;

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** RFC 7638 thumbprint of a P-256 key, SHA-256, base64url: the same for as long as the key lives, whatever its certificates. */
export function jwkThumbprint(key: KeyObject): string {
  const { crv, kty, x, y } = publicPartOf(key).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

/**
 * The key set for `/.well-known/jwks.json`: current and old signing keys, each with its certificate.
 * @param certificatePems PEM texts, the current key's first; each may hold several certificates. One that has issued
 *   another in the same text is taken for its chain, not for a signing key. A key with two certificates is listed once,
 *   with the first.
 * @throws Fault `certificate-invalid`
 */
export function jwks(certificatePems: readonly string[]): JSONWebKeySet {
  const keys = new Map<string, JWK>();
  for (const certificate of certificatePems.flatMap(signingCertificates)) {
    const kid = jwkThumbprint(certificate.publicKey);
    if (keys.has(kid)) continue;
    const { kty, crv, x, y } = certificate.publicKey.export({ format: 'jwk' }) as JWK & { kty: string };
    keys.set(kid, {
      kty,
      ...(crv === undefined ? {} : { crv }),
      ...(x === undefined ? {} : { x }),
      ...(y === undefined ? {} : { y }),
      use: 'sig',
      alg: 'ES256',
      kid,
      x5c: [certificate.raw.toString('base64')],
      'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
    });
  }
  return { keys: [...keys.values()] };
}

/**
 * Keys from a key set as published. Keys of other kinds are passed over (RFC 7517 §5); each key is known by the
 * thumbprint worked out here, not by what the set calls it.
 * @throws Fault `envelope-malformed` if it is no key set, or none of its keys can verify an envelope.
 */
export function keysOfJwks(set: unknown): VerificationKeys {
  const list = (set as { keys?: unknown } | null | undefined)?.keys;
  if (!Array.isArray(list) || list.length > mostKeys)
    throw new Fault('envelope-malformed', `this is no JSON Web Key Set with at most ${mostKeys} keys`);
  const keys = new Map<string, KeyObject>();
  for (const jwk of list as Record<string, unknown>[]) {
    const key = publicKeyOf(jwk);
    if (key !== undefined) keys.set(jwkThumbprint(key), key);
  }
  if (keys.size === 0) throw new Fault('envelope-malformed', 'the key set holds no EC key on P-256 for signatures');
  return keys;
}

/**
 * Keys from the signing certificates themselves, PEM.
 * @throws Fault `certificate-invalid`
 */
export function keysOfCertificates(certificatePems: readonly string[]): VerificationKeys {
  return new Map(
    certificatePems.flatMap(signingCertificates).map(({ publicKey }) => [jwkThumbprint(publicKey), publicKey]),
  );
}

function publicKeyOf(jwk: Record<string, unknown> | null): KeyObject | undefined {
  if (jwk?.['kty'] !== 'EC' || jwk['crv'] !== 'P-256') return undefined;
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return undefined;
  if (typeof jwk['x'] !== 'string' || typeof jwk['y'] !== 'string') return undefined;
  try {
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: jwk['x'], y: jwk['y'] }, format: 'jwk' });
  } catch {
    return undefined; // A point that is not on the curve: no key at all.
  }
}

function signingCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const all = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new Fault('certificate-invalid', `certificate ${index + 1} among the signing certificates is damaged`, {
        cause,
      });
    }
  });
  const signing = all.filter((one) => !all.some((other) => other !== one && other.checkIssued(one)));
  if (signing.length === 0)
    throw new Fault('certificate-invalid', 'there is no PEM certificate where a signing certificate should be');
  for (const certificate of signing)
    if (!isP256(certificate.publicKey))
      throw new Fault(
        'certificate-invalid',
        `the signing certificate ${certificate.subject.replaceAll('\n', ', ')} holds no P-256 key`,
      );
  return signing;
}

const publicPartOf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key);
