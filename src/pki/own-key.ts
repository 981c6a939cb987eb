/** Keys that are made where they are used, a supplier's or our own, and the requests for them. */
import { createPrivateKey, createPublicKey, generateKeyPair, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { bits, context, encode, integer, nothing, oid, sequence, setOf, tag } from './der.ts';
import { encryptPrivateKey } from './password-encryption.ts';

export const keyKinds = ['P-256', 'P-384', 'RSA-3072'] as const;
export type KeyKind = (typeof keyKinds)[number];

const generate = promisify(generateKeyPair);

/** @returns PKCS#8, PEM, not encrypted */
export async function makeKey(kind: KeyKind = 'P-256'): Promise<string> {
  const { privateKey } =
    kind === 'RSA-3072'
      ? await generate('rsa', { modulusLength: 3_072 })
      : await generate('ec', { namedCurve: kind, paramEncoding: 'named' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** The key under a pass phrase: PKCS#8, PEM. OpenSSL and Node open it. */
export const encryptKey = async (keyPem: string, passphrase: string): Promise<string> =>
  pem('ENCRYPTED PRIVATE KEY', await encryptPrivateKey(keyPem, passphrase, 600_000));

/**
 * A certificate signing request (PKCS#10, RFC 2986).
 * @param commonName for a reader; whoever issues takes the subject from the order
 */
export function makeSigningRequest(keyPem: string, commonName: string): { readonly der: Buffer; readonly pem: string } {
  const key = createPrivateKey(keyPem);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const name = sequence(setOf(sequence(oid('2.5.4.3'), encode(tag.utf8, Buffer.from(commonName)))));
  const info = sequence(integer(0), name, spki, context(0));
  const { algorithm, hash } = signatureOf[key.asymmetricKeyDetails?.namedCurve ?? 'rsa'] ?? signatureOf.rsa;
  const der = sequence(info, algorithm, bits(sign(hash, info, key)));
  return { der, pem: pem('CERTIFICATE REQUEST', der) };
}

const signatureOf: { readonly rsa: Signature; readonly [curve: string]: Signature } = {
  rsa: { algorithm: sequence(oid('1.2.840.113549.1.1.11'), nothing), hash: 'sha256' },
  prime256v1: { algorithm: sequence(oid('1.2.840.10045.4.3.2')), hash: 'sha256' },
  secp384r1: { algorithm: sequence(oid('1.2.840.10045.4.3.3')), hash: 'sha384' },
};

interface Signature {
  readonly algorithm: Buffer;
  readonly hash: string;
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
