/**
 * Writes the test vectors anew: `node test/vectors/make.ts`. Every run gives other signatures (ECDSA draws a random
 * number), so it is run only when the envelope changes.
 *
 * The signing key is the example key printed in RFC 7515 appendix A.3: no secret, and never one of ours.
 */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseOrganisationNumber } from '../../src/domain/organisation-number.ts';
import { envelopeBytes } from '../../src/envelope/bytes.ts';
import type { Facts } from '../../src/envelope/facts.ts';
import { jwks } from '../../src/envelope/keys.ts';
import { seal } from '../../src/envelope/seal.ts';
import { loadSigner } from '../../src/envelope/signer.ts';
import { addSfti } from './make-sfti.ts';

const here = (name: string): URL => new URL(name, import.meta.url);
const certificatePem = readFileSync(here('signing.pem'), 'utf8');
const key = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  },
});
const keyPem = key.export({ format: 'pem', type: 'pkcs8' }) as string;
const signer = loadSigner(keyPem, certificatePem);

const document = Buffer.from(
  JSON.stringify({ documentNumber: 'SF-2026-0042', note: 'Självfakturering', total: '1250.00' }, null, 2),
);
const recipient = parseOrganisationNumber('556016-0680');
if (recipient === undefined) throw new Error('556016-0680 is an organisation number');
const facts: Facts = {
  id: '0197a3c2-6f10-7c3a-9d52-5b1c6a7e8f90',
  source: 'https://arbetsformedlingen.se/ka',
  messageType: 'self-invoice',
  documentNumber: 'SF-2026-0042',
  eventTime: '2026-03-02T08:15:30.120Z',
  mediaType: 'application/json',
  dataSchema: 'urn:kuvert:schema:self-invoice:1',
  sequence: 42,
  environment: 'test',
  documentSha256: createHash('sha256').update(document).digest('hex'),
  senderOrganisation: '2021002114',
  recipient,
  recipientCertificate: createHash('sha256').update('a certificate').digest('hex'),
  recipientUrl: 'https://b2b.exempel.se/kuvert',
  correlationId: 'KA-7781',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

const sealed = await seal(signer, facts, document);
const good = envelopeBytes(sealed.head, document, sealed.sha256);

interface Vector {
  readonly name: string;
  readonly what: string;
  readonly file: string;
  readonly signature: string;
  readonly expect?: unknown;
  /** The fault's code, or `opens`; and where its finding is. */
  readonly result: string;
  readonly where?: string;
}
const vectors: Vector[] = [];
const files = new Map<string, string>();

function add(name: string, what: string, result: string, how: Partial<Vector> & { bytes?: Buffer } = {}): void {
  const { bytes = good, ...rest } = how;
  // The same bytes are one file, under the name that they had first.
  const file = files.get(bytes.toString('latin1')) ?? `envelopes/${name}.envelope`;
  files.set(bytes.toString('latin1'), file);
  writeFileSync(here(file), bytes);
  vectors.push({ name, what, file, signature: sealed.signature, ...rest, result });
}

const rightHeader = { alg: 'ES256', b64: false, crit: ['b64'], kid: signer.keyThumbprint };
type Header = Record<string, unknown>;
/** Signs with whatever header, in the form that the header asks for. */
function jws(bytes: Buffer, header: Header = rightHeader, by: KeyObject = key): string {
  const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
  const payload = header['b64'] === false ? bytes : Buffer.from(bytes.toString('base64url'));
  const value = sign('sha256', Buffer.concat([Buffer.from(`${encoded}.`), payload]), {
    key: by,
    dsaEncoding: 'ieee-p1363',
  });
  return `${encoded}..${value.toString('base64url')}`;
}
/** The good envelope with one attribute changed (undefined: left out), and signed again by the right key. */
function changed(change: Record<string, unknown>): { bytes: Buffer; signature: string } {
  const bytes = Buffer.from(JSON.stringify({ ...(JSON.parse(good.toString()) as object), ...change }));
  return { bytes, signature: jws(bytes) };
}
const withByte = (bytes: Buffer, at: number, xor: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ xor;
  return copy;
};
const at = (text: string): number => good.indexOf(text);
const [header = '', , value = ''] = sealed.signature.split('.');
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

add('good', 'As the gateway sends it.', 'opens');
add('good-for-me', 'As the gateway sends it, to the receiver it is meant for.', 'opens', {
  expect: { recipients: [facts.recipient], environment: 'test', certificates: [facts.recipientCertificate] },
});

const signatureBroken = 'signature-invalid';
add('document-byte-changed', 'One character of the document is another.', signatureBroken, {
  bytes: withByte(good, at('data_base64') + 20, 1),
});
add('attribute-byte-changed', 'The recipient is another.', signatureBroken, {
  bytes: withByte(good, at('5560160680'), 1),
});
add('space-added', 'The same JSON with one space more.', signatureBroken, {
  bytes: Buffer.from(good.toString().replace(':', ': ')),
});
add('truncated', 'The last hundred bytes are missing.', signatureBroken, { bytes: good.subarray(0, -100) });
add('empty', 'No body at all.', signatureBroken, { bytes: Buffer.alloc(0) });
add('newline-added', 'A newline after the last brace.', signatureBroken, {
  bytes: Buffer.concat([good, Buffer.from('\n')]),
});
add('signature-byte-changed', 'One character of the signature is another.', signatureBroken, {
  signature: `${header}..${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`,
});
add('signature-truncated', 'The signature is one byte short.', signatureBroken, {
  signature: `${header}..${Buffer.from(value, 'base64url').subarray(0, -1).toString('base64url')}`,
});
add('signature-der', 'The signature is DER, as OpenSSL writes it, not r‖s.', signatureBroken, {
  signature: `${header}..${sign('sha256', Buffer.concat([Buffer.from(`${header}.`), good]), key).toString('base64url')}`,
});
add('signature-zero', 'r and s are zero (CVE-2022-21449).', signatureBroken, {
  signature: `${header}..${Buffer.alloc(64).toString('base64url')}`,
});
add('signature-missing', 'No signature.', signatureBroken, { signature: '' });
add('signature-not-jws', 'The signature has one dot too few.', signatureBroken, { signature: `${header}.${value}` });
add('signature-with-payload', 'The signature carries the payload itself.', signatureBroken, {
  signature: `${header}.${good.toString('base64url')}.${value}`,
});
add('other-key', 'Signed by another key that claims to be ours.', signatureBroken, {
  signature: jws(good, rightHeader, other),
});
add('alg-none', 'alg is none and the value empty.', signatureBroken, {
  signature: `${Buffer.from(JSON.stringify({ ...rightHeader, alg: 'none' })).toString('base64url')}..`,
});
add('alg-none-with-value', 'alg is none.', signatureBroken, { signature: jws(good, { ...rightHeader, alg: 'none' }) });
add('alg-hs256', 'alg is HS256, with the public key as the secret.', signatureBroken, {
  signature: jws(good, { ...rightHeader, alg: 'HS256' }),
});
add('alg-rs256', 'alg is RS256, signed by an RSA key.', signatureBroken, {
  signature: jws(good, { ...rightHeader, alg: 'RS256' }, rsa),
});
add('b64-true', 'b64 is true: signed over the base64url of the body.', signatureBroken, {
  signature: jws(good, { ...rightHeader, b64: true }),
});
add('b64-absent', 'An ordinary detached JWS, signed over the base64url of the body.', signatureBroken, {
  signature: jws(good, { alg: 'ES256', kid: signer.keyThumbprint }),
});
add('crit-missing', 'b64 is false but not named in crit.', signatureBroken, {
  signature: jws(good, { alg: 'ES256', b64: false, kid: signer.keyThumbprint }),
});
add('crit-unknown', 'crit names something that is not understood.', signatureBroken, {
  signature: jws(good, { ...rightHeader, crit: ['b64', 'exp'], exp: 1 }),
});
add('key-unnamed', 'The signature names no key.', signatureBroken, {
  signature: jws(good, { alg: 'ES256', b64: false, crit: ['b64'] }),
});
add('key-unknown', 'Signed by a key that is in nobody’s key set.', 'signature-key-unknown', {
  signature: jws(good, { ...rightHeader, kid: 'dGhpcyBrZXkgaXMgdW5rbm93biB0byBldmVyeWJvZHk' }, other),
});

const malformed = 'envelope-malformed';
const signedAnew = (bytes: Buffer): { bytes: Buffer; signature: string } => ({ bytes, signature: jws(bytes) });
add('not-json', 'Signed, but no JSON.', malformed, signedAnew(Buffer.from('<kuvert/>')));
add(
  'byte-order-mark',
  'Signed, with a byte-order mark first.',
  malformed,
  signedAnew(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), good])),
);
add(
  'not-utf-8',
  'Signed, but in Latin-1.',
  malformed,
  signedAnew(Buffer.from(good.toString().replace('KA-7781', 'Åke'), 'latin1')),
);
add('not-an-object', 'Signed, but a list.', malformed, { ...signedAnew(Buffer.from('[]')), where: '/' });
add('hash-wrong', 'documentsha256 is that of another document.', malformed, {
  ...changed({ documentsha256: 'a'.repeat(64) }),
  where: '/documentsha256',
});
add('document-truncated', 'The document lost its end before it was signed.', malformed, {
  ...changed({ data_base64: document.subarray(0, -9).toString('base64') }),
  where: '/documentsha256',
});
add('base64-url', 'The document is base64url.', malformed, {
  ...changed({ data_base64: Buffer.from('~~~???').toString('base64url') }),
  where: '/data_base64',
});
add('base64-unpadded', 'The padding is left out.', malformed, {
  ...changed({ data_base64: 'YQ' }),
  where: '/data_base64',
});
add('base64-line-break', 'The document has a line break in its base64.', malformed, {
  ...changed({ data_base64: document.toString('base64').replace(/^(.{76})/, '$1\n') }),
  where: '/data_base64',
});
add('base64-stray-bits', 'The last character has bits that mean nothing.', malformed, {
  ...changed({ data_base64: 'YR==' }),
  where: '/data_base64',
});
add('document-missing', 'There is no document.', malformed, {
  ...changed({ data_base64: undefined }),
  where: '/data_base64',
});
add('document-as-data', 'The document is there twice, also as data.', malformed, {
  ...changed({ data: {} }),
  where: '/',
});
add('id-missing', 'There is no id.', malformed, { ...changed({ id: undefined }), where: '/id' });
add('id-not-version-7', 'The id is a random UUID.', malformed, {
  ...changed({ id: '5f0c1c7a-9f0e-4c55-8d8e-0d8b3d1f5a11' }),
  where: '/id',
});
add('specversion-wrong', 'Another version of CloudEvents.', malformed, {
  ...changed({ specversion: '0.3' }),
  where: '/specversion',
});
add('type-unknown', 'A message type that there is not.', malformed, {
  ...changed({ type: 'se.arbetsformedlingen.ka.invoice.v1' }),
  where: '/type',
});
add('time-local', 'The time is local time with an offset.', malformed, {
  ...changed({ time: '2026-03-02T09:15:30+01:00' }),
  where: '/time',
});
add('sequence-number', 'The sequence is a number.', malformed, { ...changed({ sequence: 42 }), where: '/sequence' });
add('environment-unknown', 'An environment that there is not.', malformed, {
  ...changed({ environment: 'acceptance' }),
  where: '/environment',
});
add('recipient-check-digit', 'The recipient’s check digit is wrong.', malformed, {
  ...changed({ recipientorgnumber: '5560160681' }),
  where: '/recipientorgnumber',
});
add('for-another-recipient', 'Right in every way, but for another company.', malformed, {
  expect: { recipients: ['2021002114'] },
  where: '/recipientorgnumber',
});
add('for-another-environment', 'Right in every way, but a trial where business is expected.', malformed, {
  expect: { environment: 'production' },
  where: '/environment',
});
add('for-another-certificate', 'Right in every way, but its address has another certificate.', malformed, {
  expect: { certificates: ['b'.repeat(64)] },
  where: '/recipientcertificate',
});

await addSfti({ facts, signer, jws, add });

writeFileSync(here('jwks.json'), `${JSON.stringify(jwks([certificatePem]), null, 2)}\n`);
writeFileSync(here('vectors.json'), `${JSON.stringify(vectors, null, 2)}\n`);
