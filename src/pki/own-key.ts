/** Keys that are made where they are used, a supplier's or our own, and the requests for them. */
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Name, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import type { KeyKind } from './key-kinds.ts';
import { encryptPrivateKey } from './password-encryption.ts';

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
  pem('ENCRYPTED PRIVATE KEY', Buffer.from((await encryptPrivateKey(keyPem, passphrase, 600_000)).toSchema().toBER()));

/**
 * A certificate signing request (PKCS#10, RFC 2986).
 * @param commonName for a reader; whoever issues takes the subject from the order
 */
export async function makeSigningRequest(
  keyPem: string,
  commonName: string,
): Promise<{ readonly der: Buffer; readonly pem: string }> {
  const key = createPrivateKey(keyPem);
  const signingAlgorithm = algorithmOf(key);
  const request = await Pkcs10CertificateRequestGenerator.create({
    // A plain string would be read as RFC 4514 text, where quotes, `#` and backslashes mean something.
    name: new Name([{ CN: [{ utf8String: commonName }] }]),
    keys: {
      privateKey: key.toCryptoKey(signingAlgorithm, false, ['sign']),
      publicKey: createPublicKey(key).toCryptoKey(signingAlgorithm, true, ['verify']),
    },
    signingAlgorithm,
  });
  const der = Buffer.from(request.rawData);
  return { der, pem: pem('CERTIFICATE REQUEST', der) };
}

function algorithmOf({ asymmetricKeyDetails }: KeyObject) {
  const { namedCurve } = asymmetricKeyDetails ?? {};
  if (namedCurve === 'prime256v1') return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  if (namedCurve === 'secp384r1') return { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
