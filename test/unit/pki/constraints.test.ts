import 'reflect-metadata';
import { strict as assert } from 'node:assert';
import { webcrypto, X509Certificate } from 'node:crypto';
import { Extension, X509CertificateGenerator } from '@peculiar/x509';
import { fingerprintOf } from '../../../src/pki/certificate.ts';
import { constraintsOf } from '../../../src/pki/constraints.ts';
import { judgePeer } from '../../../src/pki/judge-peer.ts';
import { createDevAuthority } from '../../support/dev-authority.ts';

async function withExtension(critical: boolean): Promise<X509Certificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Udda',
    keys,
    extensions: [new Extension('1.2.752.4711', critical, Buffer.from([5, 0]))],
  });
  return new X509Certificate(Buffer.from(made.rawData));
}

describe('constraints', () => {
  it('a critical extension that nothing understands makes the certificate unusable (RFC 5280 §4.2)', async () => {
    const odd = await withExtension(true);
    assert.deepEqual(constraintsOf(odd).unknownCritical, ['1.2.752.4711']);
    const judgement = judgePeer({
      shown: [odd],
      authorities: [odd],
      registered: [{ fingerprint: fingerprintOf(odd), withdrawn: false }],
      now: new Date(odd.validFromDate.getTime() + 1_000),
      role: 'server',
    });
    assert.ok(!judgement.ok && judgement.why === 'wrong-chain' && judgement.detail.includes('1.2.752.4711'));
  });

  it('one that is not critical is passed over', async () => {
    assert.deepEqual(constraintsOf(await withExtension(false)).unknownCritical, []);
  });

  it('path length: none is undefined, zero is zero', async () => {
    const read = async (pathLength?: number): Promise<number | undefined> => {
      const request = pathLength === undefined ? {} : { pathLength };
      return constraintsOf(new X509Certificate((await createDevAuthority(request)).certificatePem)).pathLength;
    };
    assert.equal(await read(), undefined);
    assert.equal(await read(0), 0);
    assert.equal(await read(3), 3);
  });
});
