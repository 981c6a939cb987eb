/** A certificate request (PKCS #10) for a new key, and the certificate in its answer (PKCS #7, certificates only). */
import { createHash, createPublicKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { context0, read, sequence, set, write } from './der.ts';

export interface Requested {
  /** PKCS #8, PEM. */
  readonly keyPem: string;
  /** SHA-256 of SubjectPublicKeyInfo, lower-case hex: what the key is known by. */
  readonly key: string;
  /** What is sent: DER in base64, in one line. */
  readonly body: string;
}

const commonName = Buffer.from('0603550403', 'hex');
const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

/** P-256. Of the name nothing is taken; there has to be one. */
export function newRequest(name: string): Requested {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const subject = write(sequence, write(set, write(sequence, commonName, write(0x0c, Buffer.from(name)))));
  const info = write(sequence, Buffer.from([2, 1, 0]), subject, spki, write(context0));
  const signature = write(0x03, Buffer.from([0]), sign('sha256', info, privateKey));
  return {
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    key: sha256(spki),
    body: write(sequence, info, ecdsaWithSha256, signature).toString('base64'),
  };
}

/** @throws when there is not exactly one */
export function certificateIn(body: Buffer): X509Certificate {
  const [message] = read(Buffer.from(body.toString('latin1'), 'base64'));
  const [, content] = read(message?.contents ?? Buffer.alloc(0));
  const [signed] = read(content?.contents ?? Buffer.alloc(0));
  const certificates = read(signed?.contents ?? Buffer.alloc(0)).find(({ tag }) => tag === context0);
  const found = read(certificates?.contents ?? Buffer.alloc(0));
  const [one] = found;
  if (one === undefined || found.length > 1) throw new Error(`there are ${found.length} certificates in the answer`);
  return new X509Certificate(one.whole);
}

export const keyOf = (certificate: X509Certificate): string =>
  sha256(createPublicKey(certificate.toString()).export({ type: 'spki', format: 'der' }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
