import { strict as assert } from 'node:assert';
import { X509Certificate } from 'node:crypto';
import { fingerprintOf } from '../../../src/pki/certificate.ts';
import { judgePeer, type PeerQuestion } from '../../../src/pki/judge-peer.ts';
import {
  createDevAuthority,
  type DevAuthority,
  type DevCertificateRequest,
  type DevCredential,
  issueDevCertificate,
} from '../../support/dev-authority.ts';

const x509 = (pem: string): X509Certificate => new X509Certificate(pem);
const leafRequest: DevCertificateRequest = {
  name: 'Exempel AB',
  dnsNames: ['b2b.exempel.se'],
  ipAddresses: ['127.0.0.1'],
};
const hour = 3_600_000;
const now = new Date();
const ago = (hours: number): Date => new Date(now.getTime() - hours * hour);

describe('judgePeer', () => {
  let ca: DevAuthority;
  let foreign: DevAuthority;
  before(async () => {
    ca = await createDevAuthority();
    foreign = await createDevAuthority({ name: 'Främmande CA' });
  });

  /** A question whose answer is yes, unless `more` spoils it: the leaf registered, our CA trusted, the time now. */
  function asked(
    leaf: DevCredential,
    between: readonly { certificatePem: string }[] = [],
    more: Partial<PeerQuestion> = {},
  ): PeerQuestion {
    const certificate = x509(leaf.certificatePem);
    return {
      shown: [certificate, ...between.map(({ certificatePem }) => x509(certificatePem))],
      authorities: [x509(ca.certificatePem)],
      registered: [{ fingerprint: fingerprintOf(certificate), withdrawn: false }],
      now,
      role: 'server',
      ...more,
    };
  }
  function assertRefused(question: PeerQuestion, why: string, says: RegExp): void {
    const judgement = judgePeer(question);
    assert.ok(!judgement.ok, 'refused');
    assert.equal(judgement.why, why, judgement.detail);
    assert.match(judgement.detail, says);
  }

  it('a registered certificate of our authority, in its dates, is let through', async () => {
    const leaf = await issueDevCertificate(ca, leafRequest);
    assert.deepEqual(judgePeer(asked(leaf)), { ok: true, fingerprint: fingerprintOf(x509(leaf.certificatePem)) });
  });

  it('one of several registered certificates is enough, so that old and new overlap', async () => {
    const leaf = await issueDevCertificate(ca, leafRequest);
    const question = asked(leaf);
    const registered = [{ fingerprint: 'a'.repeat(64), withdrawn: true }, ...question.registered];
    assert.ok(judgePeer({ ...question, registered }).ok);
  });

  it('no certificate', () => {
    assertRefused(
      { shown: [], authorities: [x509(ca.certificatePem)], registered: [], now, role: 'server' },
      'no-certificate',
      /showed no/,
    );
  });

  it('another certificate of the same company from the same authority', async () => {
    const [one, two] = [await issueDevCertificate(ca, leafRequest), await issueDevCertificate(ca, leafRequest)];
    assertRefused(
      asked(two, [], { registered: asked(one).registered }),
      'not-registered',
      /Exempel AB.*Kuvert utveckling CA/,
    );
  });

  it('nothing registered at all', async () => {
    assertRefused(
      asked(await issueDevCertificate(ca, leafRequest), [], { registered: [] }),
      'not-registered',
      /not registered/,
    );
  });

  it('the registered certificate further down in the chain does not count', async () => {
    const [good, bad] = [await issueDevCertificate(ca, leafRequest), await issueDevCertificate(ca, leafRequest)];
    assertRefused(asked(bad, [good], { registered: asked(good).registered }), 'not-registered', /not registered/);
  });

  it('a withdrawn certificate', async () => {
    const question = asked(await issueDevCertificate(ca, leafRequest));
    const registered = question.registered.map((one) => ({ ...one, withdrawn: true }));
    assertRefused({ ...question, registered }, 'withdrawn', /withdrawn/);
  });

  it('an expired certificate, from the second after its last', async () => {
    const leaf = await issueDevCertificate(ca, { ...leafRequest, notBefore: ago(48), notAfter: ago(1) });
    assertRefused(asked(leaf), 'expired', /Exempel AB expired at/);
    const last = x509(leaf.certificatePem).validToDate;
    assertRefused(asked(leaf, [], { now: new Date(last.getTime() + 1) }), 'expired', /expired/);
  });

  it('a certificate is good at the first and the last second of its time', async () => {
    const old = await createDevAuthority({ notBefore: ago(72) });
    const leaf = await issueDevCertificate(old, { ...leafRequest, notBefore: ago(48), notAfter: ago(1) });
    const { validFromDate, validToDate } = x509(leaf.certificatePem);
    for (const moment of [validFromDate, validToDate])
      assert.ok(judgePeer(asked(leaf, [], { now: moment, authorities: [x509(old.certificatePem)] })).ok);
  });

  it('a certificate that is not valid yet', async () => {
    assertRefused(
      asked(await issueDevCertificate(ca, { ...leafRequest, notBefore: ago(-1) })),
      'not-yet-valid',
      /not valid before/,
    );
  });

  it('a self-signed certificate, even a registered one', async () => {
    assertRefused(asked(await issueDevCertificate(undefined, leafRequest)), 'wrong-chain', /self-signed/);
  });

  it('a certificate of a foreign authority, even a registered one, even if it shows that authority', async () => {
    const leaf = await issueDevCertificate(foreign, leafRequest);
    assertRefused(asked(leaf), 'wrong-chain', /leads to no authority.*Främmande CA/);
    assertRefused(asked(leaf, [foreign]), 'wrong-chain', /leads to no authority/);
  });

  it('an authority of the same name with another key has not issued it', async () => {
    const twin = await createDevAuthority();
    assertRefused(asked(await issueDevCertificate(twin, leafRequest)), 'wrong-chain', /cannot have issued/);
  });

  it('a certificate whose signature is broken', async () => {
    const der = Buffer.from(x509((await issueDevCertificate(ca, leafRequest)).certificatePem).raw);
    der[der.length - 3]! ^= 1;
    const forged = new X509Certificate(der);
    const registered = [{ fingerprint: fingerprintOf(forged), withdrawn: false }];
    assertRefused(
      { shown: [forged], authorities: [x509(ca.certificatePem)], registered, now, role: 'server' },
      'wrong-chain',
      /signature/,
    );
  });

  it('two authorities between, shown in any order, with strangers among them', async () => {
    const upper = await createDevAuthority({ name: 'Övre', parent: ca });
    const lower = await createDevAuthority({ name: 'Undre', parent: upper });
    const leaf = await issueDevCertificate(lower, leafRequest);
    for (const between of [
      [lower, upper],
      [upper, lower],
      [foreign, upper, ca, lower, lower],
    ])
      assert.ok(judgePeer(asked(leaf, between)).ok);
    assertRefused(asked(leaf, [lower]), 'wrong-chain', /no authority/);
    assertRefused(asked(leaf), 'wrong-chain', /issuer is CN=Undre/);
  });

  it('an issuing authority can be trusted without its root', async () => {
    const middle = await createDevAuthority({ name: 'Mellan', parent: foreign });
    const leaf = await issueDevCertificate(middle, leafRequest);
    assert.ok(judgePeer(asked(leaf, [], { authorities: [x509(middle.certificatePem)] })).ok);
  });

  it('an ordinary certificate of ours cannot issue another', async () => {
    const fake = await createDevAuthority({ name: 'Falsk', parent: ca, isAuthority: false });
    assertRefused(asked(await issueDevCertificate(fake, leafRequest), [fake]), 'wrong-chain', /Falsk/);
    const supplier = await issueDevCertificate(ca, leafRequest);
    const below = await issueDevCertificate({ ...supplier, rootPem: ca.rootPem }, leafRequest);
    assertRefused(asked(below, [supplier]), 'wrong-chain', /Exempel AB/);
  });

  it('an authority between that has expired, or is not valid yet', async () => {
    const expired = await createDevAuthority({ name: 'Gammal', parent: ca, notBefore: ago(48), notAfter: ago(1) });
    assertRefused(asked(await issueDevCertificate(expired, leafRequest), [expired]), 'expired', /Gammal/);
    const early = await createDevAuthority({ name: 'Ny', parent: ca, notBefore: ago(-1) });
    assertRefused(asked(await issueDevCertificate(early, leafRequest), [early]), 'not-yet-valid', /Ny/);
  });

  it('a root that has expired', async () => {
    const old = await createDevAuthority({ notBefore: ago(48), notAfter: ago(1) });
    const leaf = await issueDevCertificate(old, leafRequest);
    assertRefused(asked(leaf, [], { authorities: [x509(old.certificatePem)] }), 'expired', /utveckling CA/);
  });

  it('an authority with more authorities below it than it may have', async () => {
    const narrow = await createDevAuthority({ name: 'Smal', parent: ca, pathLength: 0 });
    assert.ok(judgePeer(asked(await issueDevCertificate(narrow, leafRequest), [narrow])).ok);
    const below = await createDevAuthority({ name: 'Under', parent: narrow });
    assertRefused(
      asked(await issueDevCertificate(below, leafRequest), [below, narrow]),
      'wrong-chain',
      /Smal.*at most 0/,
    );
  });

  it('a certificate for another purpose; one without purposes is for any', async () => {
    const client = await issueDevCertificate(ca, { ...leafRequest, usages: ['clientAuth'] });
    assertRefused(asked(client), 'wrong-usage', /TLS server/);
    assert.ok(judgePeer(asked(client, [], { role: 'client' })).ok);
    const server = await issueDevCertificate(ca, { ...leafRequest, usages: ['serverAuth'] });
    assertRefused(asked(server, [], { role: 'client' }), 'wrong-usage', /TLS client/);
    assert.ok(judgePeer(asked(await issueDevCertificate(ca, { ...leafRequest, usages: ['signing'] }))).ok);
  });

  it('the host is looked at only when it is asked for', async () => {
    const leaf = await issueDevCertificate(ca, leafRequest);
    assert.ok(judgePeer(asked(leaf)).ok);
    for (const host of ['b2b.exempel.se', 'B2B.exempel.se', '127.0.0.1'])
      assert.ok(judgePeer(asked(leaf, [], { host })).ok, host);
    for (const host of ['exempel.se', 'Exempel AB', '127.0.0.2', '[::1]', ''])
      assertRefused(asked(leaf, [], { host }), 'wrong-name', /does not name/);
  });

  it('a tangle of authorities that all issue each other is given up in no time', async () => {
    const tangle: DevAuthority[] = [];
    for (let n = 0; n < 11; n++)
      tangle.push(await createDevAuthority({ name: 'Härva', parent: tangle[n - 1] ?? foreign }));
    const leaf = await issueDevCertificate(tangle.at(-1), leafRequest);
    const started = performance.now();
    assertRefused(asked(leaf, tangle), 'wrong-chain', /./);
    assert.ok(performance.now() - started < 1_000);
  });

  it('a chain longer than any real one is not followed to its end', async () => {
    const chain: DevAuthority[] = [ca];
    for (let n = 0; n < 9; n++) chain.push(await createDevAuthority({ name: `Led ${n}`, parent: chain[n]! }));
    const leaf = await issueDevCertificate(chain.at(-1), leafRequest);
    assertRefused(asked(leaf, chain.slice(1)), 'wrong-chain', /./);
  });
});
