/** What strangers may send for a certificate: requests, right ones and changed ones, and the ways to write them down. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Arbitrary, constantFrom, oneof, record, uint8Array } from 'fast-check';
import { makeKey, makeSigningRequest } from '../../src/pki/own-key.ts';
import { bits, context, integer, oid, sequence } from '../support/der.ts';
import { type Edit, edited, edits, type Grammar } from './edits.ts';
import { oddText } from './words.ts';

export interface MadeRequest {
  readonly der: Buffer;
  readonly keyPem: string;
}

export async function madeRequest(): Promise<MadeRequest> {
  const keyPem = await makeKey();
  return { keyPem, der: (await makeSigningRequest(keyPem, 'Exempel')).der };
}

const signedBy = (pair: { publicKey: KeyObject; privateKey: KeyObject }, algorithm: string, hash: string | null) => {
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
  const info = sequence(integer(0), sequence(), spki, context(0));
  return sequence(info, sequence(oid(algorithm)), bits(sign(hash, info, pair.privateKey)));
};
const rsaWithSha256 = '1.2.840.113549.1.1.11';
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });

/** Whole and rightly signed, with keys or hashes that nobody is given a certificate for. */
const weak: readonly Buffer[] = [
  signedBy(generateKeyPairSync('rsa', { modulusLength: 1_024 }), rsaWithSha256, 'sha256'),
  signedBy(generateKeyPairSync('rsa', { modulusLength: 2_048, publicExponent: 3 }), rsaWithSha256, 'sha256'),
  signedBy(curve('prime256v1'), '1.2.840.10045.4.1', 'sha1'),
  signedBy(curve('secp521r1'), ecdsaWithSha256, 'sha256'),
  signedBy(curve('secp256k1'), ecdsaWithSha256, 'sha256'),
  signedBy(generateKeyPairSync('ed25519'), '1.3.101.112', null),
];

/** Pieces of DER as one character for each octet: `edits` works on text. */
const raw = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');
const der: Grammar = {
  // A whole short value behind its tag and length.
  // oxlint-disable-next-line no-control-regex
  values: /[\x02\x03\x05\x06\x0c\x13][\x00-\x20][\s\S]{0,32}/g,
  // oxlint-disable-next-line no-control-regex
  places: /[\x30\x31\xa0][\x00-\x84]/g,
  words: [
    '3080',
    '30820000',
    '3084ffffffff',
    '308400000004',
    '30818030',
    '0000',
    '0201',
    '020100',
    '0201ff',
    '02020000',
    `0282040100${'ff'.repeat(1_024)}`,
    '0500',
    '0600',
    '060180',
    `0640${'ff'.repeat(63)}7f`,
    '06082a8648ce3d030107',
    '06052b81040022',
    '06092a864886f70d010101',
    '06092a864886f70d010105',
    '06092a864886f70d01010a',
    '0300',
    '030101',
    '0302ff00',
    'a000',
    'bf8f00',
    '1f8101',
    '30820100'.repeat(60),
    '00',
    'ff',
  ].map(raw),
};

/** How it is written. The first so many are as EST has it. */
const writings = {
  base64: (bytes: Buffer) => bytes.toString('base64'),
  der: (bytes: Buffer) => bytes,
  lines: (bytes: Buffer) => bytes.toString('base64').replaceAll(/.{64}/g, '$&\r\n'),
  pem: (bytes: Buffer) => pem('CERTIFICATE REQUEST', bytes),
  older: (bytes: Buffer) => `some words\n${pem('NEW CERTIFICATE REQUEST', bytes)}`,
  url: (bytes: Buffer) => bytes.toString('base64url'),
  twice: (bytes: Buffer) => Buffer.from(bytes.toString('base64')).toString('base64'),
  hex: (bytes: Buffer) => bytes.toString('hex'),
  behind: (bytes: Buffer) => `${bytes.toString('base64')}!`,
  padded: (bytes: Buffer) => `${bytes.toString('base64')}====`,
  marked: (bytes: Buffer) => `\uFEFF${bytes.toString('base64')}`,
  percent: (bytes: Buffer) => encodeURIComponent(bytes.toString('base64')),
  zipped: (bytes: Buffer) => gzipSync(bytes),
  both: (bytes: Buffer) => pem('CERTIFICATE REQUEST', bytes).repeat(2),
  key: (bytes: Buffer) => `-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n${bytes.toString('base64')}`,
  certificate: (bytes: Buffer) => pem('CERTIFICATE', bytes),
  wide: (bytes: Buffer) => Buffer.from(bytes.toString('base64'), 'utf16le'),
  long: (bytes: Buffer) => `${' '.repeat(39_000)}${bytes.toString('base64')}`,
} as const;
type Writing = keyof typeof writings;
export const rightWritings = ['base64', 'der', 'lines', 'pem', 'older'] as const satisfies readonly Writing[];

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

export interface Body {
  /** A number: one of the weak ones. Bytes: no request at all. */
  readonly of: 'made' | number | Uint8Array;
  readonly changes: readonly Edit[];
  readonly as: Writing;
}

const changed = (as: Arbitrary<Writing>): Arbitrary<Body> =>
  record({ of: constantFrom('made' as const), changes: edits(der, 3), as });

export const bodies: Arbitrary<Body> = oneof(
  { weight: 5, arbitrary: changed(constantFrom(...rightWritings)) },
  {
    weight: 2,
    arbitrary: record({
      of: constantFrom('made' as const),
      changes: constantFrom([] as readonly Edit[]),
      as: constantFrom(...(Object.keys(writings) as Writing[])),
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      of: constantFrom(...weak.keys()),
      changes: constantFrom([] as readonly Edit[]),
      as: constantFrom(...rightWritings),
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      of: oneof(
        uint8Array({ maxLength: 400 }),
        oddText.map((text) => Buffer.from(text)),
        constantFrom(raw('30'.repeat(3_000)), raw('3080'.repeat(2_000))).map((text) => Buffer.from(text, 'latin1')),
      ),
      changes: constantFrom([] as readonly Edit[]),
      as: constantFrom('base64' as const, 'der' as const),
    }),
  },
);

export function bodyOf({ of, changes, as }: Body, made: Buffer): Buffer {
  const whole = of === 'made' ? made : typeof of === 'number' ? (weak[of] ?? made) : Buffer.from(of);
  return Buffer.from(writings[as](edited(whole, changes, der)));
}
