/** An authority that dies anywhere leaves a request that is asked, or one that is intended: both are finished by the next, and told. */
import { strict as assert } from 'node:assert';
import { type CaCrash, crashCa } from '../support/crash-ca.ts';
import { certificateIn, type Enrolment, openEnrolment } from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';

describe('an authority that is killed', () => {
  let stage: Enrolment;
  before(async () => {
    stage = await openEnrolment();
  });
  after(() => stage.close());

  const issuance = async (id: string) => {
    const { rows } = await stage.pool.query<{ state: string; serial: string | null; not_after: Date | null }>(
      'select state, serial, not_after from issuance where id = $1',
      [id],
    );
    const [row] = rows;
    assert.ok(row);
    return row;
  };
  const finished = async (id: string) => {
    await eventually('it is issued', async () => (await stage.decision(id)).kind === 'issued');
    const decision = await stage.decision(id);
    return certificateIn(decision.kind === 'issued' ? decision.certificate : '');
  };

  for (const [crash, left] of [
    [['intend', 'before'], 'asked'],
    [['intend', 'after'], 'intended'],
    [['sign', 'before'], 'intended'],
    [['sign', 'after'], 'intended'],
    [['record', 'before'], 'intended'],
    [['record', 'after'], 'issued'],
  ] as const satisfies readonly (readonly [CaCrash, string])[])
    it(`${crash[1]} ${crash[0]} leaves it ${left}; the next one finishes it, with the same serial number, and says so`, async () => {
      const order = await stage.order();
      const { id } = await stage.ask({ order });
      await crashCa(stage.caEnvironment, crash);
      const before = await issuance(id);
      assert.equal(before.state, left);
      const registered = async () =>
        (await stage.pool.query('select 1 from certificate where organisation_number = $1', [order.organisationNumber]))
          .rows.length;
      assert.equal(await registered(), left === 'issued' ? 1 : 0, 'nothing is known of what is not on record');
      const next = await stage.startCa();
      const certificate = await finished(id);
      await next.stop();
      if (left !== 'asked') {
        assert.equal(certificate.serial, before.serial);
        assert.deepEqual(certificate.notAfter, before.not_after);
      }
      assert.equal(await registered(), 1);
      const letters = await stage.pool.query('select kind from letter where fingerprint = $1', [
        certificate.fingerprint,
      ]);
      assert.deepEqual(letters.rows, [{ kind: 'certificate-issued' }]);
      assert.deepEqual(
        (await stage.audited(certificate.fingerprint)).map(({ action }) => action),
        [left === 'intended' ? 'certificate.issue-resumed' : 'certificate.issue'],
      );
    });

  it('is followed by one with another key: what was intended is decided anew, by that one, and the old intention is in the audit', async () => {
    const order = await stage.order();
    const { id } = await stage.ask({ order });
    await crashCa(stage.caEnvironment, ['sign', 'after']);
    const { serial } = await issuance(id);
    const { testAuthority } = await import('../support/authority.ts');
    const { loadIssuer } = await import('../../src/pki/authority.ts');
    const other = await testAuthority(new Date());
    const next = await stage.startCa({ credentials: { issuer: loadIssuer(other.issuing, new Date()) } });
    const certificate = await finished(id);
    await next.stop();
    assert.notEqual(certificate.serial, serial);
    assert.equal(certificate.x509.verify(other.issuing.certificate.x509.publicKey), true);
    const audited = await stage.audited(id);
    assert.deepEqual(
      audited.map(({ action }) => action),
      ['certificate.put-back', 'certificate.issue'],
    );
    assert.equal(audited[0]?.details['serial'], serial);
  });

  it('and two that live side by side decide each request once', async () => {
    const orders = await Promise.all(Array.from({ length: 20 }, () => stage.order()));
    const two = await Promise.all([stage.startCa(), stage.startCa()]);
    const asked = await Promise.all(orders.map((order) => stage.ask({ order })));
    const certificates = await Promise.all(asked.map(({ id }) => finished(id)));
    for (const one of two) await one.stop();
    assert.equal(new Set(certificates.map(({ serial }) => serial)).size, 20);
    for (const [index, { organisationNumber }] of orders.entries()) {
      const { rows } = await stage.pool.query('select fingerprint from certificate where organisation_number = $1', [
        organisationNumber,
      ]);
      assert.deepEqual(rows, [{ fingerprint: certificates[index]?.fingerprint }]);
      assert.equal((await stage.audited(certificates[index]?.fingerprint ?? '')).length, 1);
    }
  });

  it('in whose hands a certificate is revoked, refuses the one that was to follow it', async () => {
    const order = await stage.order();
    const first = await stage.ask({ order });
    const ca = await stage.startCa();
    const { fingerprint } = await finished(first.id);
    await ca.stop();
    await stage.pool.query("update certificate set not_after = now() + interval '9 days' where fingerprint = $1", [
      fingerprint,
    ]);
    const { id } = await stage.ask({ renews: fingerprint });
    await crashCa(stage.caEnvironment, ['sign', 'after']);
    await stage.pool.query(
      "update certificate set withdrawn_at = now(), revocation_reason = 'keyCompromise' where fingerprint = $1",
      [fingerprint],
    );
    const next = await stage.startCa();
    const decision = await eventually('it is decided', async () => {
      const found = await stage.decision(id);
      return found.kind !== 'open' && found;
    });
    await next.stop();
    assert.deepEqual(decision, {
      kind: 'refused',
      fault: 'certificate-not-accepted',
      detail: 'the certificate was withdrawn meanwhile',
    });
    const [audit] = await stage.audited(`issuance/${id}`);
    assert.ok(JSON.stringify(audit?.details['intended']).includes('serial'));
  });
});
