import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { revokeCertificate } from '../../src/enrolment/revoke.ts';
import { createIssuing, loadIssuer } from '../../src/pki/authority.ts';
import { makeSigningRequest } from '../../src/pki/own-key.ts';
import {
  type Credential,
  certificateIn,
  day,
  type Enrolment,
  newRequest,
  openEnrolment,
} from '../support/enrolment.ts';
import { type EstClient, estClient, issuedIn } from '../support/est-client.ts';
import { eventually } from '../support/eventually.ts';
import { programOf } from '../support/mailbox.ts';

type Held = Pick<Credential, 'keyPem' | 'certificatePem'>;

/** The drill of docs/operations/own-certificates.md. */
describe('a new issuing authority below the same root', () => {
  let stage: Enrolment;
  let est: EstClient;
  let port: number;
  before(async () => {
    // Each may be renewed from its first day.
    stage = await openEnrolment({ KUVERT_RENEWAL_FROM: '3650d' });
    const settings = { KUVERT_CREDENTIALS_RELOAD: '200ms' };
    ({ port } = await stage.startApi({ settings }));
    est = estClient(stage, port);
  });
  after(() => stage.close());

  const mailboxOf = async ({ keyPem, certificatePem }: Held): Promise<number> => {
    const root = stage.authority.root.certificatePem;
    const program = programOf(port, root, { key: keyPem, certificate: certificatePem });
    return (await program.ask('GET', '/v1/messages')).status;
  };

  it('issues and renews for all, while certificates of the old one open mailboxes and are renewed as before', async () => {
    const { root, issuing: old } = stage.authority;
    const enrolled = async (issuer: string, of?: { organisationNumber: string; addressId: number }): Promise<Held> => {
      const { keyPem, der } = await newRequest();
      const { pem } = issuedIn(await est.enrol(await stage.order(of === undefined ? {} : { of }), der));
      return { keyPem, certificatePem: pem + issuer };
    };
    // 1 The old one at work.
    const first = await stage.startCa();
    const holder = await enrolled(old.certificatePem);
    assert.equal(await mailboxOf(holder), 200);
    // 2 The new one; everybody trusts both before it issues anything.
    const notBefore = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000);
    const made = await createIssuing(root, {
      organisation: 'Exempelmyndigheten',
      commonName: 'Exempel Issuing CA 2',
      environment: 'test',
      notBefore,
      notAfter: new Date(notBefore.getTime() + 3_650 * day),
    });
    const next = { ...made, ...loadIssuer(made, new Date()) };
    writeFileSync(stage.caFile, readFileSync(stage.caFile, 'utf8') + next.certificate.pem);
    // 3 The role changes over; what is asked meanwhile waits for it.
    await first.stop();
    const { keyPem, der } = await newRequest();
    const waiting = est.enrol(await stage.order(), der);
    await stage.startCa({
      settings: {
        KUVERT_CA_KEY_FILE: stage.file('issuing-2.key.pem', next.keyPem),
        KUVERT_CA_CERTIFICATE_FILE: stage.file('issuing-2.pem', next.certificatePem),
        KUVERT_CA_OLD_KEY_FILE: stage.caEnvironment['KUVERT_CA_KEY_FILE'] ?? '',
        KUVERT_CA_OLD_CERTIFICATE_FILE: stage.caEnvironment['KUVERT_CA_CERTIFICATE_FILE'] ?? '',
      },
    });
    const newcomer: Held = { keyPem, certificatePem: issuedIn(await waiting).pem + next.certificatePem };
    // 4 Both are let in, and each is renewed by the new one.
    await eventually('the newcomer is let in', async () => (await mailboxOf(newcomer)) === 200);
    assert.equal(await mailboxOf(holder), 200);
    for (const held of [holder, newcomer]) {
      const request = await newRequest();
      const { pem, issuer } = issuedIn(
        await est.renew(held, (await makeSigningRequest(request.keyPem, 'Exempel')).der),
      );
      assert.match(issuer, /Exempel Issuing CA 2/);
      assert.equal(await mailboxOf({ keyPem: request.keyPem, certificatePem: pem + next.certificatePem }), 200);
      // Valid to its own end.
      assert.equal(await mailboxOf(held), 200);
    }
    // 5 Each authority's list names what is revoked of it.
    for (const held of [holder, newcomer]) {
      const { fingerprint: named } = certificateIn(held.certificatePem);
      const order = { named, as: 'keyCompromise', actor: 'cli:test', reason: 'a test', now: new Date() } as const;
      await revokeCertificate(stage.pool, { ...order, heldProbe: 3_600_000, rehearsal: false });
    }
    const listed = async ({ certificatePem }: Held, authority: string): Promise<boolean> => {
      const { serial } = certificateIn(certificatePem);
      const { rows } = await stage.pool.query<{ der: Buffer }>(
        'select der from revocation_list where authority = $1 order by number desc limit 1',
        [authority],
      );
      return rows[0]?.der.includes(Buffer.from(serial, 'hex')) ?? false;
    };
    await eventually('the old one’s list names the holder', () => listed(holder, old.certificate.fingerprint));
    await eventually('the new one’s the newcomer', () => listed(newcomer, next.certificate.fingerprint));
    assert.equal(await listed(holder, next.certificate.fingerprint), false);
  });
});
