/**
 * A supplier's folder. Each key lies with its request and its certificate in a folder of its own, a generation; `current` is a symbolic
 * link to the one in use, and `key.pem`, `certificate.pem`, `chain.pem`, `ca.pem` go through it: one rename changes all of them.
 */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import { type Certificate, readCertificates } from '../../pki/certificate.ts';
import type { Issued } from '../../pki/issued.ts';
import type { KeyKind } from '../../pki/key-kinds.ts';
import { makeKey, makeSigningRequest } from '../../pki/own-key.ts';
import { linkIfThere, makeFolder, moveFolder, namesIn, pointTo, readIfThere, writeDurably } from './files.ts';
import type { Ask } from './record.ts';

/** What programs are pointed at. */
export const names = ['key.pem', 'certificate.pem', 'chain.pem', 'ca.pem'] as const;

/**
 * A new key with its request, on the disk. Power lost before it is on record: a folder that nobody knows, which is put aside later.
 * @param name how the request calls itself; whoever issues takes the subject from the order
 */
export async function prepare(folder: string, kind: KeyKind, name: string, now: Date): Promise<Ask> {
  const keyPem = await makeKey(kind);
  const { der } = await makeSigningRequest(keyPem, name);
  const spkiSha256 = createHash('sha256').update(publicKeyOf(keyPem)).digest('hex');
  const generation = `${now.toISOString().slice(0, 10)}-${spkiSha256.slice(0, 8)}`;
  makeFolder(join(folder, generation));
  writeDurably(join(folder, generation, 'key.pem'), keyPem, 0o600);
  writeDurably(join(folder, generation, 'request.der'), der, 0o644);
  return { state: 'prepared', generation, spkiSha256, preparedAt: now.toISOString() };
}

export interface KeyAndRequest {
  readonly keyPem: string;
  /** Base64 in one line (RFC 8951 §3.1). */
  readonly request: string;
}

/** Those that are on record. @throws Fault `not-possible-now` if the key is gone, or is another */
export async function keyOf(folder: string, { generation, spkiSha256 }: Ask): Promise<KeyAndRequest> {
  const path = join(folder, generation, 'key.pem');
  const keyPem = readIfThere(path);
  if (keyPem === undefined || createHash('sha256').update(publicKeyOf(keyPem, path)).digest('hex') !== spkiSha256)
    throw new Fault('not-possible-now', `${path} is not the key that the request was made for`);
  // The key alone counts: a request that was lost is made anew.
  const { der } = await makeSigningRequest(keyPem, 'kuvert');
  return { keyPem, request: der.toString('base64') };
}

function publicKeyOf(keyPem: string, path = 'the key'): Buffer {
  try {
    return createPublicKey(createPrivateKey(keyPem)).export({ format: 'der', type: 'spki' });
  } catch (cause) {
    throw new Fault('not-possible-now', `${path} holds no private key`, { cause });
  }
}

/** Certificate, chain and authorities beside their key. Power lost: some are not there yet, and nothing points to them. */
export function keep(folder: string, { generation }: Ask, issued: Issued, authorities: readonly Certificate[]): void {
  const pems = (all: readonly Certificate[]): string => all.map(({ pem }) => pem).join('');
  writeDurably(join(folder, generation, 'certificate.pem'), issued.certificate.pem, 0o644);
  writeDurably(join(folder, generation, 'chain.pem'), pems(issued.chain), 0o644);
  writeDurably(join(folder, generation, 'ca.pem'), pems(authorities), 0o644);
}

/** Takes a generation into use: the one moment at which key and certificate change, together. */
export function takeIntoUse(folder: string, { generation }: Ask): void {
  pointTo(join(folder, 'current'), generation);
  for (const name of names)
    if (linkIfThere(join(folder, name)) === undefined) pointTo(join(folder, name), join('current', name));
}

export const inUse = (folder: string): string | undefined => linkIfThere(join(folder, 'current'));

/** Generations that are neither in use nor asked for go to `old/`; nothing is thrown away. */
export function putAside(folder: string, wanted: readonly (string | undefined)[]): void {
  for (const name of namesIn(folder))
    if (/^\d{4}-\d\d-\d\d-[0-9a-f]{8}$/.test(name) && !wanted.includes(name))
      moveFolder(join(folder, name), join(folder, 'old', name));
}

export interface Credentials {
  readonly keyPem: string;
  /** Its own certificate and those up to the root. */
  readonly chainPem: string;
  readonly certificate: Certificate;
  readonly authorities: readonly Certificate[];
}

/** What is in use. @throws Fault `not-possible-now` if a file is missing */
export function credentialsIn(folder: string): Credentials {
  const read = (name: (typeof names)[number]): string => {
    const text = readIfThere(join(folder, 'current', name));
    if (text === undefined)
      throw new Fault('not-possible-now', `${join(folder, 'current', name)} is gone; bring it back from a backup`);
    return text;
  };
  const chainPem = read('chain.pem');
  const [certificate] = readCertificates(chainPem, join(folder, 'chain.pem')) as [Certificate, ...Certificate[]];
  return {
    keyPem: read('key.pem'),
    chainPem,
    certificate,
    authorities: readCertificates(read('ca.pem'), join(folder, 'ca.pem')),
  };
}
