import { strict as assert } from 'node:assert';
import {
  checkPrimeSync,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  generatePrimeSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  integer as anyInteger,
  array,
  constantFrom,
  assert as holds,
  nat,
  pre,
  property,
  record,
  string,
  uint8Array,
} from 'fast-check';
import { Fault, type FaultCode } from '../../../src/domain/fault.ts';
import { readElement, tag } from '../../../src/pki/der.ts';
import { mostRequestBytes, readSigningRequest, type SigningRequest } from '../../../src/pki/request.ts';
import { bits, context, integer, nothing, oid, sequence } from '../../support/der.ts';
import { type OpenSsl, openSsl } from '../../support/openssl.ts';

type Verdict = SigningRequest | { readonly code: FaultCode; readonly rules: readonly string[]; readonly text: string };

/** Anything but a value or a Fault is a failed test. */
function judge(bytes: Uint8Array): Verdict {
  try {
    return readSigningRequest(bytes);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    for (const { text } of error.findings) assert.match(text, /^[A-Z].*\.$/);
    return { code: error.code, rules: error.findings.map(({ rule }) => rule), text: error.message };
  }
}

const refusal = (bytes: Uint8Array): string => {
  const verdict = judge(bytes);
  return 'code' in verdict ? [verdict.code, ...verdict.rules].join(' ') : 'taken';
};

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const rsaWithSha256 = sequence(oid('1.2.840.113549.1.1.11'), nothing);

/** A request by hand, for what openssl does not make. */
function requestOf(spki: Buffer, privateKey: KeyObject, algorithm = ecdsaWithSha256, hash = 'sha256'): Buffer {
  const info = sequence(integer(0), sequence(), spki, context(0));
  return sequence(info, algorithm, bits(sign(hash, info, privateKey)));
}

const spkiOf = (key: KeyObject): Buffer => createPublicKey(key).export({ format: 'der', type: 'spki' });
const rsaSpki = (modulus: bigint, exponent: bigint): Buffer =>
  sequence(sequence(oid('1.2.840.113549.1.1.1'), nothing), bits(sequence(integer(modulus), integer(exponent))));

describe('certificate requests', () => {
  let openssl: OpenSsl;
  before(() => {
    openssl = openSsl();
  });
  after(() => openssl.remove());

  /** A new key and a request for it, DER. */
  const made = (newkey: readonly string[], ...more: readonly string[]): Buffer => {
    openssl.run(
      'req',
      '-new',
      '-nodes',
      '-newkey',
      ...newkey,
      '-keyout',
      'key.pem',
      '-subj',
      '/CN=Någon annan',
      '-outform',
      'DER',
      '-out',
      'r.der',
      ...more,
    );
    return readFileSync(join(openssl.folder, 'r.der'));
  };
  const ec = (curve: string): string[] => ['ec', '-pkeyopt', `ec_paramgen_curve:${curve}`];

  it('taken are P-256, P-384 and RSA of 2048 bits or more, and what is read is the key as openssl sees it', () => {
    const kinds = [
      [ec('P-256'), 'EC prime256v1'],
      [ec('P-384'), 'EC secp384r1'],
      [['rsa:2048'], 'RSA 2048'],
      [['rsa:3072'], 'RSA 3072'],
    ] as const;
    for (const [newkey, kind] of kinds) {
      const der = made(newkey);
      const request = readSigningRequest(der);
      assert.equal(request.keyKind, kind);
      assert.deepEqual(request.der, der);
      const pem = openssl.run('req', '-inform', 'DER', '-in', 'r.der', '-noout', '-pubkey');
      assert.deepEqual(request.spki, createPublicKey(pem).export({ format: 'der', type: 'spki' }));
      assert.deepEqual(request.spkiSha256, createHash('sha256').update(request.spki).digest());
    }
    for (const hash of ['-sha384', '-sha512'])
      for (const newkey of [ec('P-256'), ['rsa:2048']]) assert.equal(refusal(made(newkey, hash)), 'taken', hash);
  });

  it('it comes as DER, as PEM with or without words around it, or as base64 with or without line breaks', () => {
    const der = made(ec('P-256'));
    const base64 = der.toString('base64');
    const lines = base64.replaceAll(/.{64}/g, '$&\r\n');
    const pem = openssl.run('req', '-inform', 'DER', '-in', 'r.der', '-text');
    assert.match(pem, /Certificate Request:/);
    const older = pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
    for (const text of [base64, `${base64}\n`, lines, pem, older])
      assert.deepEqual(readSigningRequest(Buffer.from(text)).der, der);
    assert.equal(refusal(Buffer.from(pem + pem)), 'request-malformed');
    assert.equal(refusal(Buffer.from(`${base64}!`)), 'request-malformed');
    assert.equal(refusal(Buffer.from('')), 'request-malformed');
    assert.equal(
      refusal(Buffer.from(openssl.run('x509', '-new', '-key', 'key.pem', '-subj', '/CN=a'))),
      'request-malformed',
    );
  });

  it('a private key that is sent along is spent', () => {
    const der = made(ec('P-256'));
    const key = readFileSync(join(openssl.folder, 'key.pem'), 'utf8');
    assert.equal(refusal(Buffer.from(key + der.toString('base64'))), 'request-refused private-key');
  });

  it('keys of other kinds are refused by name', () => {
    const others = [
      [ec('P-521'), 'the curve P-521'],
      [ec('secp256k1'), 'the curve secp256k1'],
      [ec('P-224'), 'the curve P-224'],
      [['ed25519'], 'Ed25519'],
      [['ed448'], 'Ed448'],
      [['rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'], 'RSASSA-PSS'],
      [[...ec('P-256'), '-pkeyopt', 'ec_param_enc:explicit'], 'an elliptic curve of another name, or of none'],
    ] as const;
    for (const [newkey, found] of others)
      assert.throws(
        () => readSigningRequest(made(newkey)),
        (error: Fault) =>
          error.code === 'request-refused' &&
          error.findings[0]?.rule === 'key-kind' &&
          error.findings[0].found === found,
        found,
      );
  });

  it('a short RSA key is refused, and one that is longer than anybody needs', () => {
    assert.equal(refusal(made(['rsa:1024'])), 'request-refused rsa-length');
    assert.equal(refusal(made(['rsa:2040'])), 'request-refused rsa-length');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const modulus = (2n ** 8_199n + 1n) * 3n;
    assert.equal(
      refusal(requestOf(rsaSpki(modulus, 65_537n), privateKey, rsaWithSha256)),
      'request-refused rsa-length',
    );
  });

  it('an RSA key with a small, even or endless exponent is refused', () => {
    assert.equal(refusal(made(['rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'])), 'request-refused rsa-exponent');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const modulus = BigInt(
      `0x${Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url').toString('hex')}`,
    );
    for (const exponent of [1n, 65_538n, 2n ** 64n + 1n])
      assert.equal(
        refusal(requestOf(rsaSpki(modulus, exponent), privateKey, rsaWithSha256)),
        'request-refused rsa-exponent',
      );
    assert.equal(refusal(requestOf(rsaSpki(modulus, 65_537n), privateKey, rsaWithSha256)), 'taken');
    // The signature is that of another key.
    assert.equal(refusal(requestOf(rsaSpki(modulus, 65_539n), privateKey, rsaWithSha256)), 'request-refused signature');
  });

  it('an RSA modulus that anybody can factor is refused: even, a small prime in it, primes side by side, ROCA', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const p = generatePrimeSync(1_024, { bigint: true });
    let near = p + 2n ** 500n;
    near += 1n - (near % 2n);
    while (!checkPrimeSync(near)) near += 2n;
    // 65537 to some power: what the faulty library made, as far as the fingerprint sees.
    const roca = 65_537n ** 128n;
    const odd = 3n * 2n ** 2_046n;
    const weak = {
      even: p * 2n ** 1_024n,
      'a small prime': 4_093n * (odd / 4_093n + ((odd / 4_093n) % 2n === 0n ? 1n : 0n)),
      square: p * p,
      neighbours: p * near,
      roca,
    };
    for (const [name, modulus] of Object.entries(weak))
      assert.equal(
        refusal(requestOf(rsaSpki(modulus, 65_537n), privateKey, rsaWithSha256)),
        'request-refused rsa-modulus',
        name,
      );
    assert.match(
      (judge(requestOf(rsaSpki(roca, 65_537n), privateKey, rsaWithSha256)) as { text: string }).text,
      /Make a new key/,
    );
  });

  it('signatures with SHA-1, MD5, SHA-224 or PSS are refused', () => {
    for (const hash of ['-sha1', '-md5', '-sha224'])
      assert.equal(refusal(made(['rsa:2048'], hash)), 'request-refused signature-algorithm', hash);
    for (const hash of ['-sha1', '-sha224'])
      assert.equal(refusal(made(ec('P-256'), hash)), 'request-refused signature-algorithm', hash);
    assert.equal(refusal(made(['rsa:2048'], '-sigopt', 'rsa_padding_mode:pss')), 'request-refused signature-algorithm');
    // Of another family than the key.
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    assert.equal(
      refusal(requestOf(spkiOf(privateKey), privateKey, rsaWithSha256)),
      'request-refused signature-algorithm',
    );
  });

  it('everything that is wrong is told at once', () => {
    assert.equal(
      refusal(made(['rsa:1024', '-pkeyopt', 'rsa_keygen_pubexp:3'], '-sha1')),
      'request-refused rsa-length signature-algorithm',
    );
  });

  it('a broken self-signature is refused, and a key that is not the sender’s', () => {
    const der = Buffer.from(made(ec('P-256')));
    const at = der.indexOf('annan');
    der[at] = 'A'.charCodeAt(0);
    assert.equal(refusal(der), 'request-refused signature');
    const [mine, theirs] = [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ];
    assert.equal(refusal(requestOf(spkiOf(theirs.privateKey), mine.privateKey)), 'request-refused signature');
  });

  it('a point is written out in full, and is on its curve', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = spkiOf(privateKey);
    const point = spki.subarray(-65);
    const withPoint = (octets: Buffer): Buffer =>
      sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(octets));
    assert.deepEqual(withPoint(point), spki);
    const compressed = Buffer.concat([Buffer.of(2 + ((point[64] ?? 0) & 1)), point.subarray(1, 33)]);
    assert.equal(refusal(requestOf(withPoint(compressed), privateKey)), 'request-refused key-kind');
    const beside = Buffer.from(point);
    beside[64] = (beside[64] ?? 0) ^ 1;
    assert.equal(refusal(requestOf(withPoint(beside), privateKey)), 'request-refused signature');
    assert.equal(refusal(requestOf(withPoint(Buffer.alloc(1)), privateKey)), 'request-refused key-kind');
  });

  it('only DER: a longer way to write the same request is not taken', () => {
    const der = made(ec('P-256'));
    assert.equal(refusal(Buffer.concat([der, Buffer.of(0)])), 'request-malformed');
    const { content } = readElement(der, tag.sequence);
    const longer = Buffer.concat([Buffer.of(0x30, 0x83, 0x00, content.length >> 8, content.length & 0xff), content]);
    assert.equal(refusal(longer), 'request-malformed');
    assert.equal(refusal(der.subarray(0, -1)), 'request-malformed');
  });

  it('16 384 octets are read, one more is not, and text of 32 768', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const padded = (length: number): Buffer => {
      const info = sequence(
        integer(0),
        sequence(),
        spkiOf(privateKey),
        context(0, Buffer.from('31823fffff'), Buffer.alloc(length)),
      );
      return sequence(info, ecdsaWithSha256, bits(sign('sha256', info, privateKey)));
    };
    // A signature has no fixed length.
    const fitting = Array.from({ length: 60 }, () => padded(16_150)).map((der) =>
      padded(16_150 + mostRequestBytes - der.length),
    );
    assert.ok(fitting.some((der) => der.length === mostRequestBytes && refusal(der) === 'taken'));
    assert.ok(fitting.every((der) => refusal(der) === (der.length > mostRequestBytes ? 'request-too-large' : 'taken')));
    assert.equal(refusal(Buffer.alloc(32_769, 'A')), 'request-too-large');
    assert.equal(refusal(Buffer.alloc(32_768, 'A')), 'request-too-large');
    assert.equal(refusal(Buffer.alloc(1_000_000, 0x30)), 'request-too-large');
  });

  it('nesting without end costs nothing', () => {
    let deep: Buffer = Buffer.alloc(0);
    while (deep.length < 16_000) deep = sequence(deep);
    assert.equal(refusal(deep), 'request-malformed');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const info = sequence(integer(0), deep, spkiOf(privateKey), context(0));
    assert.equal(refusal(sequence(info, ecdsaWithSha256, bits(sign('sha256', info, privateKey)))), 'taken');
  });

  it('random bytes never crash and never pass', () => {
    const codes = new Set(['request-malformed', 'request-refused', 'request-too-large']);
    const never = (bytes: Uint8Array): boolean => codes.has(refusal(bytes).split(' ')[0] ?? '');
    holds(property(uint8Array({ maxLength: 2_000 }), never), { numRuns: 2_000 });
    holds(
      property(string({ maxLength: 500 }), (text) => never(Buffer.from(text))),
      { numRuns: 1_000 },
    );
    // As they would be found by somebody who knows the structure.
    const wrapped = array(uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 5 });
    holds(
      property(wrapped, wrapped, (inner, outer) =>
        never(sequence(sequence(...inner.map((one) => sequence(one))), ...outer)),
      ),
      { numRuns: 1_000 },
    );
  });

  it('a request in which one thing was changed never passes and never crashes', () => {
    const originals = [made(ec('P-256')), made(ec('P-384')), made(['rsa:2048'])].map((der) => ({
      der,
      spki: readSigningRequest(der).spki,
    }));
    const edit = record({
      which: constantFrom(...originals),
      at: nat(),
      kind: constantFrom('flip', 'set', 'insert', 'remove', 'cut', 'swap'),
      byte: anyInteger({ min: 0, max: 255 }),
    });
    holds(
      property(edit, ({ which: { der }, at, kind, byte }) => {
        const place = at % der.length;
        const [before, here, after] = [der.subarray(0, place), der[place] ?? 0, der.subarray(place + 1)];
        const changed = {
          flip: Buffer.concat([before, Buffer.of(here ^ (1 << (byte % 8))), after]),
          set: Buffer.concat([before, Buffer.of(byte), after]),
          insert: Buffer.concat([before, Buffer.of(byte, here), after]),
          remove: Buffer.concat([before, after]),
          cut: before,
          swap: Buffer.concat([after, before, Buffer.of(here)]),
        }[kind];
        pre(!changed.equals(der));
        return refusal(changed) !== 'taken';
      }),
      { numRuns: 3_000 },
    );
  });
});
