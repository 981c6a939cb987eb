import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { readCertificates } from '../../../../src/pki/certificate.ts';
import { certsOnly } from '../../../../src/pki/certs-only.ts';
import { readSigningRequest } from '../../../../src/pki/request.ts';
import { makeRevocationList } from '../../../../src/pki/revocation-list.ts';
import { serialsIn } from '../../../chaos/outer/enrolling/list.ts';
import { certificateIn, keyOf, newRequest } from '../../../chaos/outer/enrolling/request.ts';
import { type TestAuthority, testAuthority } from '../../../support/authority.ts';
import { openSsl } from '../../../support/openssl.ts';

describe('the DER of the outer world', () => {
  const now = new Date();
  let authority: TestAuthority;
  before(async () => {
    authority = await testAuthority(now);
  });

  it('is a request that openssl and the gateway read alike, for the key that it says', () => {
    const { body, key, keyPem } = newRequest('ett namn');
    const der = Buffer.from(body, 'base64');
    assert.equal(readSigningRequest(Buffer.from(body)).spkiSha256.toString('hex'), key);
    const ssl = openSsl();
    try {
      ssl.write('request.der', der);
      ssl.write('key.pem', keyPem);
      const told = ssl.run('req', '-inform', 'DER', '-in', 'request.der', '-verify', '-noout', '-subject', '-pubkey');
      assert.match(told, /CN ?= ?ett namn/);
      assert.ok(told.includes(ssl.run('pkey', '-in', 'key.pem', '-pubout').trim()));
    } finally {
      ssl.remove();
    }
  });

  it('finds the one certificate of an answer, and says when there are two or none whole', () => {
    const chain = [authority.issuing, authority.root].map(({ certificatePem }) => certificatePem);
    const [issuing, root] = readCertificates(chain.join('\n'));
    assert.ok(issuing && root);
    const answer = (of: Parameters<typeof certsOnly>[0]) => Buffer.from(certsOnly(of).toString('base64'));
    const found = certificateIn(answer([issuing]));
    assert.ok(found.raw.equals(issuing.x509.raw));
    assert.notEqual(keyOf(found), keyOf(new X509Certificate(root.pem)));
    assert.throws(() => certificateIn(answer([issuing, root])), /there are 2 certificates/);
    assert.throws(() => certificateIn(answer([issuing]).subarray(0, 400)), /cut short/);
  });

  it('reads the serial numbers of a revocation list, also of one that names nobody', async () => {
    const serials = ['7F00A1', '80FF', '01'];
    const about = { number: 1, thisUpdate: now, nextUpdate: new Date(now.getTime() + 3_600_000) };
    const entries = serials.map((serial) => ({ serial, revokedAt: now, reason: 'superseded' as const }));
    assert.deepEqual(serialsIn(await makeRevocationList(authority.issuing, { ...about, entries })), serials);
    assert.deepEqual(serialsIn(await makeRevocationList(authority.issuing, { ...about, entries: [] })), []);
  });
});
