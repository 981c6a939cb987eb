/** The front may be anybody's by now: what it asks is looked at by the authority as if nobody had. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { approveOrder } from '../../src/enrolment/orders.ts';
import { keyDigest } from '../../src/pki/origin.ts';
import { makeKey, makeSigningRequest } from '../../src/pki/own-key.ts';
import {
  certificateIn,
  day,
  type Enrolment,
  newRequest,
  type OpenedOrder,
  openEnrolment,
} from '../support/enrolment.ts';
import { eventually } from '../support/eventually.ts';
import { openSsl } from '../support/openssl.ts';

describe('the authority decides anew what the front asked', () => {
  let stage: Enrolment;
  before(async () => {
    stage = await openEnrolment();
    await stage.startCa();
  });
  after(() => stage.close());

  const decided = (id: string) =>
    eventually('it is decided', async () => {
      const decision = await stage.decision(id);
      return decision.kind !== 'open' && decision;
    });
  const refused = async (id: string) => {
    const decision = await decided(id);
    assert.equal(decision.kind, 'refused', 'no certificate');
    return decision.kind === 'refused' ? `${decision.fault}: ${decision.detail}` : '';
  };
  const issued = async (id: string) => {
    const decision = await decided(id);
    assert.ok(decision.kind === 'issued', JSON.stringify(decision));
    return certificateIn(decision.certificate);
  };

  it('issues what was ordered, from the order, and registers it at the address before anybody has it', async () => {
    const order = await stage.order({ type: 'both', dnsNames: ['b2b.exempel.se'] });
    const { id, keyPem } = await stage.ask({ order });
    const certificate = await issued(id);
    assert.equal(certificate.x509.checkPrivateKey((await import('node:crypto')).createPrivateKey(keyPem)), true);
    assert.deepEqual(certificate.dnsNames, ['b2b.exempel.se']);
    assert.match(
      certificate.subject,
      new RegExp(
        `C=SE, O=Exempel ${order.organisationNumber} AB, OU=test, .*NTRSE-${order.organisationNumber}, CN=Ekonomisystemet på Exempel`,
      ),
    );
    const { rows } = await stage.pool.query(
      `select c.serial, c.type, c.description, c.order_id, c.spki_sha256, l.address_id, o.state, o.fingerprint, i.proof
         from certificate c join address_certificate l using (fingerprint) join certificate_order o on o.id = c.order_id
         join issuance i on i.order_id = o.id where c.fingerprint = $1`,
      [certificate.fingerprint],
    );
    assert.deepEqual(rows, [
      {
        serial: certificate.serial,
        type: 'both',
        description: 'Ekonomisystemet på Exempel',
        order_id: order.id,
        spki_sha256: keyDigest(certificate),
        address_id: order.addressId,
        state: 'fetched',
        fingerprint: certificate.fingerprint,
        proof: null,
      },
    ]);
    assert.deepEqual(
      (await stage.audited(certificate.fingerprint)).map(({ action }) => action),
      ['certificate.issue'],
    );
    const openssl = openSsl();
    try {
      openssl.write('leaf.pem', certificate.pem);
      openssl.write('root.pem', stage.authority.root.certificatePem);
      openssl.write('issuing.pem', stage.authority.issuing.certificatePem);
      openssl.run('verify', '-CAfile', 'root.pem', '-untrusted', 'issuing.pem', '-purpose', 'sslclient', 'leaf.pem');
      assert.match(
        openssl.run('x509', '-in', 'leaf.pem', '-noout', '-text'),
        new RegExp(`URI:http://crl\\.exempel\\.se/crl/${stage.authority.issuing.certificate.fingerprint}\\.crl`),
      );
    } finally {
      openssl.remove();
    }
  });

  const set = (order: OpenedOrder, assignment: string) =>
    stage.pool.query(`update certificate_order set ${assignment} where id = $1`, [order.id]);

  for (const [what, change, says] of [
    ['another password', undefined, /^codes-wrong: TransferID or TransferPassword is wrong$/],
    ['a page that nobody opened', "state = 'ordered', password_check = null", /^codes-wrong/],
    [
      'an order that expired',
      "expires_at = now() - interval '1 second', ordered_at = now() - interval '14 days'",
      /^order-not-open: .*expired at/,
    ],
    ['a locked order', "state = 'locked'", /^order-not-open: .*locked after too many wrong guesses/],
    ['a cancelled order', "state = 'cancelled'", /^order-not-open: .*was cancelled/],
    ['a replaced order', "state = 'replaced'", /^order-not-open: .*a newer order took the place/],
    ['an order that waits for approval', "approval = 'awaited'", /^not-possible-now: .*approval/],
  ] as const)
    it(`refuses ${what}`, async () => {
      const order = await stage.order();
      if (change !== undefined) await set(order, change);
      const { id } = await stage.ask({
        order,
        ...(change === undefined ? { password: 'ABCDE-ABCDE-ABCDE-ABCDE' } : {}),
      });
      assert.match(await refused(id), says);
      const { rows } = await stage.pool.query('select 1 from certificate where organisation_number = $1', [
        order.organisationNumber,
      ]);
      assert.equal(rows.length, 0);
    });

  it('refuses an address that is not in use any more, or is for another environment', async () => {
    const retired = await stage.order();
    await stage.pool.query('update address set retired_at = now() where id = $1', [retired.addressId]);
    assert.match(await refused((await stage.ask({ order: retired })).id), /^order-not-open: .*address/);
    const other = await stage.order();
    await stage.pool.query("update address set environment = 'production' where id = $1", [other.addressId]);
    assert.match(
      await refused((await stage.ask({ order: other })).id),
      /^not-possible-now: .*issues for test, .*production/,
    );
  });

  it('gives one certificate for an order, whoever asks first', async () => {
    const order = await stage.order();
    const asked = await Promise.all(Array.from({ length: 8 }, () => stage.ask({ order })));
    const decisions = await Promise.all(asked.map(({ id }) => decided(id)));
    assert.deepEqual(decisions.map(({ kind }) => kind).toSorted(), ['issued', ...Array<string>(7).fill('refused')]);
    for (const one of decisions) if (one.kind === 'refused') assert.equal(one.fault, 'order-fetched');
  });

  it('refuses a key that is in any certificate: registered, an authority’s, our own, or issued before', async () => {
    const first = await stage.order();
    const { id, keyPem } = await stage.ask({ order: first });
    await issued(id);
    const ofOwn = await newRequest();
    const own = await stage.credential('Kuvert', 'client');
    await stage.pool.query(
      `insert into own_certificate (fingerprint, purpose, environment, pem, subject, spki_sha256, not_before, not_after, use_from)
       values (repeat('a', 64), 'client', 'test', '', '', $1, now(), now() + interval '1 day', now())`,
      [keyDigest(certificateIn(own.certificatePem))],
    );
    const imported = await stage.credential('Från fil', 'client');
    const holder = await stage.order();
    const inFile = certificateIn(imported.certificatePem);
    await stage.pool.query(
      `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after, spki_sha256)
       values ($1, $2, $3, '', $4, $5, $6)`,
      [inFile.fingerprint, holder.organisationNumber, inFile.pem, inFile.notBefore, inFile.notAfter, keyDigest(inFile)],
    );
    for (const key of [
      keyPem,
      own.keyPem,
      imported.keyPem,
      stage.authority.issuing.keyPem,
      stage.authority.root.keyPem,
    ]) {
      const order = await stage.order();
      assert.match(await refused((await stage.ask({ order }, { keyPem: key })).id), /^request-refused: .*key-used/);
      // The order is as good as before.
      await issued((await stage.ask({ order })).id);
    }
    await issued((await stage.ask({ order: await stage.order() }, { keyPem: ofOwn.keyPem })).id);
  });

  it('refuses a key whose certificate was registered before it was kept which key that is', async () => {
    const old = await stage.credential('Gammal', 'client');
    const { organisationNumber } = await stage.order();
    const certificate = certificateIn(old.certificatePem);
    await stage.pool.query(
      `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after) values ($1, $2, $3, '', $4, $5)`,
      [certificate.fingerprint, organisationNumber, certificate.pem, certificate.notBefore, certificate.notAfter],
    );
    await (await stage.startCa()).stop();
    const { rows } = await stage.pool.query('select serial, authority from certificate where fingerprint = $1', [
      certificate.fingerprint,
    ]);
    assert.deepEqual(rows, [
      { serial: certificate.serial, authority: stage.authority.issuing.certificate.fingerprint },
    ]);
    const { id } = await stage.ask({ order: await stage.order() }, { keyPem: old.keyPem });
    assert.match(await refused(id), /^request-refused: .*key-used/);
  });

  it('refuses a request that is none, or whose key is not the one that the front named', async () => {
    const order = await stage.order();
    assert.match(await refused((await stage.ask({ order }, { der: Buffer.from('x') })).id), /^request-malformed/);
    const { der } = await newRequest();
    assert.match(await refused((await stage.ask({ order }, { der })).id), /^request-refused: .*key/);
    const changed = Buffer.from(der);
    changed[changed.length - 3] = (changed[changed.length - 3] ?? 0) ^ 1;
    assert.match(await refused((await stage.ask({ order }, { der: changed })).id), /^request-refused: .*signature/i);
    await issued((await stage.ask({ order })).id);
  });

  it('has no certificate outlive it, and dates by its own clock', async () => {
    const order = await stage.order();
    const certificate = await issued((await stage.ask({ order })).id);
    const lifetime = certificate.notAfter.getTime() - Date.now();
    assert.ok(Math.abs(lifetime - 730 * day) < day);
  });

  it('leaves no password, not even a hash of it, with what is decided', async () => {
    const order = await stage.order();
    const { id } = await stage.ask({ order, password: 'ABCDE-ABCDE-ABCDE-ABCDE' });
    await refused(id);
    const { rows } = await stage.pool.query<{ text: string }>('select i::text as text from issuance i where id = $1', [
      id,
    ]);
    const proof = createHash('sha256').update('ABCDEABCDEABCDEABCDE').digest('hex');
    assert.equal(rows[0]?.text.includes(proof), false);
  });

  describe('of renewals', () => {
    const enrolled = async (options: Parameters<Enrolment['order']>[0] = {}) => {
      const order = await stage.order(options);
      const certificate = await issued((await stage.ask({ order })).id);
      return { order, certificate };
    };
    const endingIn = (fingerprint: string, days: number) =>
      stage.pool.query("update certificate set not_after = now() + $2 * interval '1 day' where fingerprint = $1", [
        fingerprint,
        days,
      ]);

    it('refuses one that comes before its day, and issues it from that day on', async () => {
      const { certificate } = await enrolled();
      await endingIn(certificate.fingerprint, 61);
      assert.match(
        await refused((await stage.ask({ renews: certificate.fingerprint })).id),
        /^renewal-too-early: .* can be renewed from /,
      );
      await endingIn(certificate.fingerprint, 59);
      const renewal = await issued((await stage.ask({ renews: certificate.fingerprint })).id);
      const { rows } = await stage.pool.query(
        'select renews, type, description, contact_id is not null as answered, order_id from certificate where fingerprint = $1',
        [renewal.fingerprint],
      );
      assert.deepEqual(rows, [
        {
          renews: certificate.fingerprint,
          type: 'pull-client',
          description: 'Ekonomisystemet på Exempel',
          answered: true,
          order_id: null,
        },
      ]);
    });

    it('renews each once, also when many ask at once', async () => {
      const { certificate } = await enrolled();
      await endingIn(certificate.fingerprint, 10);
      const asked = await Promise.all(Array.from({ length: 6 }, () => stage.ask({ renews: certificate.fingerprint })));
      const decisions = await Promise.all(asked.map(({ id }) => decided(id)));
      assert.equal(decisions.filter(({ kind }) => kind === 'issued').length, 1);
      for (const one of decisions) if (one.kind === 'refused') assert.equal(one.fault, 'already-renewed');
    });

    it('keeps names and purpose, and every address where the old one is', async () => {
      const { order, certificate } = await enrolled({
        type: 'push-endpoint',
        dnsNames: ['b2b.exempel.se'],
        delivery: 'push',
      });
      const { enter } = await import('../support/door.ts');
      const second = await enter(stage.pool, order.organisationNumber, [], { name: 'second' });
      await stage.pool.query(
        'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3)',
        [second, order.organisationNumber, certificate.fingerprint],
      );
      await endingIn(certificate.fingerprint, 10);
      const renewal = await issued((await stage.ask({ renews: certificate.fingerprint })).id);
      assert.deepEqual(renewal.dnsNames, ['b2b.exempel.se']);
      assert.equal(renewal.subject, certificate.subject);
      const { rows } = await stage.pool.query<{ address_id: number }>(
        'select address_id from address_certificate where fingerprint = $1 order by 1',
        [renewal.fingerprint],
      );
      assert.deepEqual(
        rows.map(({ address_id }) => address_id),
        [order.addressId, second],
      );
    });

    it('refuses the same key again, one that was withdrawn, and one that has ended', async () => {
      const order = await stage.order();
      const asked = await stage.ask({ order });
      const { fingerprint } = await issued(asked.id);
      await endingIn(fingerprint, 10);
      const again = await stage.ask({ renews: fingerprint }, { keyPem: asked.keyPem });
      assert.match(await refused(again.id), /^request-refused: .*key-used/);
      await stage.pool.query('update certificate set withdrawn_at = now() where fingerprint = $1', [fingerprint]);
      assert.match(
        await refused((await stage.ask({ renews: fingerprint })).id),
        /^certificate-not-accepted: .*withdrawn/,
      );
      const ended = await enrolled();
      await endingIn(ended.certificate.fingerprint, -1);
      assert.match(
        await refused((await stage.ask({ renews: ended.certificate.fingerprint })).id),
        /^certificate-not-accepted: .*expired/,
      );
    });

    it('takes over a certificate that was registered by hand, for what its usage says', async () => {
      const { organisationNumber, addressId } = await stage.order();
      for (const [purpose, type] of [
        ['push-endpoint', 'push-endpoint'],
        ['pull-client', 'pull-client'],
        ['both', 'both'],
      ] as const) {
        const byHand = certificateIn(
          (await stage.credential('Handregistrerad', purpose, { organisationNumber, lifetime: 20 * day }))
            .certificatePem,
        );
        await stage.pool.query(
          `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after) values ($1, $2, $3, '', $4, $5)`,
          [byHand.fingerprint, organisationNumber, byHand.pem, byHand.notBefore, byHand.notAfter],
        );
        await stage.pool.query(
          'insert into address_certificate (address_id, organisation_number, fingerprint) values ($1, $2, $3)',
          [addressId, organisationNumber, byHand.fingerprint],
        );
        const renewal = await issued((await stage.ask({ renews: byHand.fingerprint })).id);
        assert.match(renewal.subject, /CN=Handregistrerad$/);
        assert.deepEqual(renewal.ipAddresses, ['127.0.0.1']);
        const { rows } = await stage.pool.query<{ type: string }>(
          'select type from certificate where fingerprint = $1',
          [renewal.fingerprint],
        );
        assert.equal(rows[0]?.type, type);
      }
    });
  });

  it('goes on with the next after one that cannot be made', async () => {
    const order = await stage.order({ type: 'both', dnsNames: ['räksmörgås'] });
    const bad = await stage.ask({ order });
    const good = await stage.ask({ order: await stage.order() }, { keyPem: await makeKey('RSA-3072') });
    assert.match(await refused(bad.id), /^certificate-invalid: .*DNS name/);
    await issued(good.id);
    // Said with its serial number, which is nobody's.
    const [audit] = await stage.audited(`issuance/${bad.id}`);
    assert.ok(JSON.stringify(audit?.details['intended']).includes('serial'));
  });

  it('goes on with the next after one that nobody foresaw', async () => {
    const { fingerprint } = await issued((await stage.ask({ order: await stage.order() })).id);
    await stage.pool.query("update certificate set not_after = 'infinity' where fingerprint = $1", [fingerprint]);
    const odd = await stage.ask({ renews: fingerprint });
    const good = await stage.ask({ order: await stage.order() });
    assert.match(await refused(odd.id), /^internal: /);
    await issued(good.id);
  });

  it('signs nothing for a request of somebody who has the codes and not the key', async () => {
    const { keyPem } = await newRequest();
    const other = await newRequest();
    const der = Buffer.from((await makeSigningRequest(keyPem, 'x')).der);
    const at = der.indexOf(certificateLikeKey(der));
    assert.ok(at > 0);
    certificateLikeKey(other.der).copy(der, at);
    assert.match(
      await refused((await stage.ask({ order: await stage.order() }, { der })).id),
      /^request-refused: .*signature/i,
    );
  });
});

/** The 65 octets of a P-256 point in a request. */
function certificateLikeKey(der: Buffer): Buffer {
  const at = der.indexOf(Buffer.from('034200', 'hex')) + 3;
  return der.subarray(at, at + 65);
}

describe('an authority that wants approval', () => {
  let stage: Enrolment;
  before(async () => {
    stage = await openEnrolment({ KUVERT_ORDER_APPROVAL: 'yes' });
    await stage.startCa();
  });
  after(() => stage.close());

  it('gives nothing for an order that was placed as if it needed none, until somebody else approves it', async () => {
    const order = await stage.order();
    const decided = async () => {
      const { id } = await stage.ask({ order });
      return eventually('it is decided', async () => {
        const decision = await stage.decision(id);
        return decision.kind !== 'open' && decision;
      });
    };
    assert.deepEqual(await decided(), {
      kind: 'refused',
      fault: 'not-possible-now',
      detail: 'the order waits for approval',
    });
    const act = { actor: 'cli:berit', reason: 'by telephone', rehearsal: false, now: new Date() };
    await approveOrder(stage.pool, order.transferId, act);
    assert.equal((await decided()).kind, 'issued');
  });
});
