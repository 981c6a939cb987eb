import { strict as assert } from 'node:assert';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { jwks, jwkThumbprint, keysOfCertificates, keysOfJwks } from '../../../src/envelope/keys.ts';
import { loadSigner } from '../../../src/envelope/signer.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../support/dev-authority.ts';

const rsaPem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' });
const p384Pem = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'pem', type: 'pkcs8' });

describe('signing keys', () => {
  let one: DevCredential;
  let two: DevCredential;
  let chained: DevCredential;
  before(async () => {
    one = await issueDevCertificate(undefined, { name: 'Ett', usages: ['signing'] });
    two = await issueDevCertificate(undefined, { name: 'Två', usages: ['signing'] });
    const middle = await createDevAuthority({ name: 'Mellan', parent: await createDevAuthority() });
    chained = await issueDevCertificate(middle, { name: 'Tre', usages: ['signing'] });
  });

  it('the thumbprint is that of RFC 7638, of a private key too', async () => {
    const key = createPublicKey(createPrivateKey(one.keyPem));
    const expected = await calculateJwkThumbprint(key.export({ format: 'jwk' }));
    assert.equal(jwkThumbprint(key), expected);
    assert.equal(jwkThumbprint(createPrivateKey(one.keyPem)), expected);
    assert.equal(loadSigner(one.keyPem, one.certificatePem).keyThumbprint, expected);
  });

  it('a SEC 1 key file works as well as PKCS #8', () => {
    const sec1 = createPrivateKey(one.keyPem).export({ format: 'pem', type: 'sec1' }) as string;
    assert.ok(loadSigner(sec1, one.certificatePem));
  });

  it('a signer knows its certificate by fingerprint and dates', () => {
    const signer = loadSigner(chained.keyPem, chained.chainPem);
    const certificate = new X509Certificate(chained.certificatePem);
    assert.equal(signer.certificateFingerprint, createHash('sha256').update(certificate.raw).digest('hex'));
    assert.deepEqual(signer.notAfter, certificate.validToDate);
  });

  for (const [what, load, says] of [
    ['an RSA key', () => loadSigner(String(rsaPem), one.certificatePem), /P-256.*rsa/],
    ['a P-384 key', () => loadSigner(String(p384Pem), one.certificatePem), /P-256.*secp384r1/],
    ["another key's certificate", () => loadSigner(one.keyPem, two.certificatePem), /Två.*another key/s],
    ['a key file that names a public key not its own', () => loadSigner(misnamed(one, two), two.certificatePem), /Två/],
    ['no key', () => loadSigner('hello', one.certificatePem), /PEM private key/],
    ['no certificate', () => loadSigner(one.keyPem, 'hello'), /cannot be read/],
  ] as const)
    it(`${what} is refused`, () => {
      assert.throws(load, (error: { code?: string; message: string }) => {
        assert.equal(error.code, 'certificate-invalid');
        assert.match(error.message, says);
        return true;
      });
    });

  it('the key set lists current and old keys, once each, with nothing private', () => {
    const set = jwks([chained.chainPem, one.certificatePem + two.certificatePem, one.certificatePem]);
    assert.deepEqual(
      set.keys.map((key) => key.kid),
      [chained, one, two].map(({ keyPem }) => jwkThumbprint(createPrivateKey(keyPem))),
    );
    for (const key of set.keys) {
      assert.deepEqual(Object.keys(key), ['kty', 'crv', 'x', 'y', 'use', 'alg', 'kid', 'x5c', 'x5t#S256']);
      const certificate = new X509Certificate(Buffer.from(key.x5c![0]!, 'base64'));
      assert.equal(key['x5t#S256'], createHash('sha256').update(certificate.raw).digest('base64url'));
      assert.equal(jwkThumbprint(certificate.publicKey), key.kid);
    }
    assert.equal(set.keys[0]!.use, 'sig');
    assert.equal(set.keys[0]!.alg, 'ES256');
  });

  it('a key set read back holds the same keys as the certificates', () => {
    const pems = [one.certificatePem, two.certificatePem];
    assert.deepEqual([...keysOfJwks(jwks(pems)).keys()], [...keysOfCertificates(pems).keys()]);
  });

  it('keys of other kinds are passed over, and a key cannot pass for another by its name', () => {
    const [good] = jwks([one.certificatePem]).keys;
    const [other] = jwks([two.certificatePem]).keys;
    const keys = keysOfJwks({
      keys: [
        null,
        'text',
        { kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'rsa' },
        { kty: 'oct', k: 'AAAA', kid: 'secret' },
        { ...other, use: 'enc' },
        { kty: 'EC', crv: 'P-256', x: good!.x, y: other!.y, kid: 'not on the curve' },
        { ...good, kid: other!.kid },
      ],
    });
    assert.deepEqual([...keys.keys()], [good!.kid]);
  });

  for (const set of [undefined, null, [], {}, { keys: 'x' }, { keys: [] }, { keys: [{ kty: 'oct', k: 'AAAA' }] }])
    it(`${JSON.stringify(set)} is no key set`, () => {
      assert.throws(() => keysOfJwks(set), { code: 'envelope-malformed' });
    });

  it('a signing certificate that is not there, damaged, or for another kind of key is refused', async () => {
    assert.throws(() => jwks(['']), { code: 'certificate-invalid' });
    assert.throws(() => jwks(['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']), {
      code: 'certificate-invalid',
    });
  });
});

/** A key file with the private part of one and the public part of the other. */
function misnamed(one: DevCredential, two: DevCredential): string {
  const { d } = createPrivateKey(one.keyPem).export({ format: 'jwk' });
  const { x, y } = createPrivateKey(two.keyPem).export({ format: 'jwk' });
  const key = createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: x!, y: y!, d: d! } });
  return key.export({ format: 'pem', type: 'pkcs8' }) as string;
}
