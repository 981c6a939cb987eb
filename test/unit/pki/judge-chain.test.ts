import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { judgeChain } from '../../../src/pki/judge-peer.ts';
import { createDevAuthority, type DevAuthority, issueDevCertificate } from '../../support/dev-authority.ts';

const read = (pem: string) => new X509Certificate(pem);
const day = 86_400_000;

describe('the chain of a certificate that has signed something', () => {
  let authority: DevAuthority;
  let leaf: X509Certificate;
  const from = new Date(Date.now() - 10 * day);
  const to = new Date(Date.now() - 5 * day);

  before(async () => {
    authority = await createDevAuthority({ notBefore: new Date(Date.now() - 30 * day) });
    const issued = await issueDevCertificate(authority, {
      name: 'Kuvert',
      usages: ['signing'],
      notBefore: from,
      notAfter: to,
    });
    leaf = read(issued.certificatePem);
  });

  const at = (time: Date, authorities = [read(authority.certificatePem)]) => judgeChain(leaf, [], authorities, time);

  it('is judged by the moment of signing, not by today', () => {
    assert.equal(at(new Date(from.getTime() + day)), undefined);
    assert.match(at(new Date()) ?? '', /expired at/);
    assert.match(at(new Date(from.getTime() - day)) ?? '', /is not valid before/);
  });

  it('must lead to an authority that is given, or the certificate must be given itself', async () => {
    const moment = new Date(from.getTime() + day);
    const other = read((await createDevAuthority()).certificatePem);
    assert.match(at(moment, [other]) ?? '', /cannot have issued Kuvert/);
    assert.equal(at(moment, [other, leaf]), undefined);
  });
});
