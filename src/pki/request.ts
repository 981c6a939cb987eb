/**
 * Certificate signing requests (PKCS#10, RFC 2986) from strangers. A request gives the public key and proves that its sender has the
 * private one; its subject and attributes are not read.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import { readBits, readElement, readElements, readOid, readUnsigned, tag } from './der.ts';
import { algorithmName, describeKey, hashOf } from './request-key.ts';

/** A request whose signature holds, with a key that may be certified. */
export interface SigningRequest {
  readonly der: Buffer;
  /** SubjectPublicKeyInfo, DER; there is one way only to write a key that is taken. */
  readonly spki: Buffer;
  readonly spkiSha256: Buffer;
  /** As in `Certificate`: `EC prime256v1`, `EC secp384r1`, `RSA 3072`. */
  readonly keyKind: string;
}

/** Octets of a request in DER. RSA with 8 192 bits and a page of attributes takes 4 000. */
export const mostRequestBytes = 16_384;
/** The same in base64 with line breaks, and some lines of explanation around it. */
const mostText = 32_768;

/**
 * Reads a request in DER, PEM or bare base64, with or without line breaks.
 * @throws Fault `request-too-large`; `request-malformed` if it cannot be read; `request-refused` with a finding for each rule that
 *   the key or the signature breaks
 */
export function readSigningRequest(bytes: Uint8Array): SigningRequest {
  const der = derOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (der.length > mostRequestBytes) throw tooLarge();
  const { signed, spki, algorithm, signature } = readParts(der);
  const key = keyOf(spki);
  const hash = key.family === undefined ? undefined : hashOf(algorithm, key.family);
  const findings = [...key.findings];
  if (key.family !== undefined && hash === undefined)
    findings.push({
      where: 'signatureAlgorithm',
      rule: 'signature-algorithm',
      text: 'The request is not signed in a way that is taken; sign it with SHA-256.',
      expected: key.family === 'EC' ? 'ECDSA with SHA-256, 384 or 512' : 'RSA (PKCS #1 v1.5) with SHA-256, 384 or 512',
      found: algorithmName(algorithm),
    });
  if (findings.length === 0 && !isSignedBy(spki, hash ?? '', signed, signature))
    findings.push({
      where: 'signature',
      rule: 'signature',
      text: 'The signature is not that of the key in the request: it was changed, or whoever made it does not have the key.',
    });
  if (findings.length > 0) throw new Fault('request-refused', findings.map(({ text }) => text).join(' '), { findings });
  return { der, spki, spkiSha256: createHash('sha256').update(spki).digest(), keyKind: key.kind };
}

const label = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]*)-----END (?:NEW )?CERTIFICATE REQUEST-----/g;

function derOf(bytes: Buffer): Buffer {
  // 0x30 is also “0”, with which no base64 of a SEQUENCE begins.
  if (bytes[0] === tag.sequence) return bytes;
  if (bytes.length > mostText) throw tooLarge();
  const text = bytes.toString('latin1');
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw new Fault(
      'request-refused',
      'A private key lies beside the request. It is spent: make a new key, and keep it to yourself.',
      {
        findings: [
          {
            where: 'request',
            rule: 'private-key',
            text: 'A private key lies beside the request; make a new key and send the request alone.',
          },
        ],
      },
    );
  const blocks = [...text.matchAll(label)];
  if (blocks.length > 1) throw malformed('There is more than one request; send one at a time.');
  const base64 = (blocks[0]?.[1] ?? text).replaceAll(/\s/g, '');
  // RFC 7468 §3, RFC 8951 §3: only canonical base64, so that nothing hides in it.
  if (base64 === '' || Buffer.from(base64, 'base64').toString('base64') !== base64)
    throw malformed('The request is neither DER, nor PEM (“BEGIN CERTIFICATE REQUEST”), nor base64.');
  return Buffer.from(base64, 'base64');
}

interface Parts {
  /** What the signature is over. */
  readonly signed: Buffer;
  readonly spki: Buffer;
  /** AlgorithmIdentifier, DER. */
  readonly algorithm: Buffer;
  readonly signature: Buffer;
}

/** RFC 2986 §4.2. */
function readParts(der: Buffer): Parts {
  try {
    const [info, algorithm, signature, ...more] = readElements(readElement(der, tag.sequence).content);
    if (info?.tag !== tag.sequence || algorithm?.tag !== tag.sequence || signature === undefined || more.length > 0)
      throw new RangeError('no CertificationRequest');
    const [id] = readElements(algorithm.content);
    if (id === undefined) throw new RangeError('no AlgorithmIdentifier');
    readOid(id);
    const [version, subject, spki, attributes, ...others] = readElements(info.content);
    if (version === undefined || readUnsigned(version) !== 0n) throw new RangeError('no version 1');
    if (subject?.tag !== tag.sequence || spki?.tag !== tag.sequence || others.length > 0)
      throw new RangeError('no CertificationRequestInfo');
    if (attributes !== undefined && attributes.tag !== 0xa0) throw new RangeError('no attributes');
    return { signed: info.raw, spki: spki.raw, algorithm: algorithm.raw, signature: readBits(signature) };
  } catch (cause) {
    throw malformed('The bytes are no certificate request (PKCS #10 in DER).', cause);
  }
}

function isSignedBy(spki: Buffer, hash: string, signed: Buffer, signature: Buffer): boolean {
  try {
    return verify(hash, signed, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature);
  } catch {
    // OpenSSL throws at a point that is not on the curve, and at signatures that are none.
    return false;
  }
}

function keyOf(spki: Buffer): ReturnType<typeof describeKey> {
  try {
    return describeKey(spki);
  } catch (cause) {
    throw malformed('The public key in the request cannot be read.', cause);
  }
}

const malformed = (why: string, cause?: unknown): Fault => new Fault('request-malformed', why, { cause });
const tooLarge = (): Fault =>
  new Fault('request-too-large', `A certificate request has at most ${mostRequestBytes} octets.`);
