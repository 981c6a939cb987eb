import { strict as assert } from 'node:assert';
import { createPrivateKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSigningRequest } from '../../src/pki/own-key.ts';
import type { Running } from '../../src/roles/parts.ts';
import {
  certificateIn,
  day,
  type Enrolment,
  newRequest,
  type OpenedOrder,
  openEnrolment,
} from '../support/enrolment.ts';
import { certificatesIn, type EstClient, estClient, issuedIn } from '../support/est-client.ts';
import type { Answered } from '../support/mailbox.ts';
import { openSsl } from '../support/openssl.ts';

const detailOf = (answer: Answered): string => `${String(answer.json['type'])} ${String(answer.json['detail'])}`;

describe('EST', () => {
  let stage: Enrolment;
  let ca: Running;
  let est: EstClient;
  const clock = { shift: 0 };
  const now = () => new Date(Date.now() + clock.shift);
  before(async () => {
    stage = await openEnrolment();
    ca = await stage.startCa({ now });
    est = estClient(stage, (await stage.startApi({ now, settings: { KUVERT_WRONG_GUESSES: '10000' } })).port);
  });
  afterEach(() => {
    clock.shift = 0;
  });
  after(() => stage.close());

  it('names the authorities to whoever asks, and what a request may be', async () => {
    const cacerts = await est.ask('GET', '/.well-known/est/cacerts');
    assert.equal(cacerts.status, 200);
    assert.equal(cacerts.headers['content-type'], 'application/pkcs7-mime; smime-type=certs-only');
    const { root, issuing } = stage.authority;
    assert.deepEqual(
      certificatesIn(cacerts.bytes).map(({ fingerprint }) => fingerprint),
      [issuing.certificate.fingerprint, root.certificate.fingerprint],
    );
    const csrattrs = await est.ask('GET', '/.well-known/est/csrattrs');
    assert.equal(csrattrs.headers['content-type'], 'application/csrattrs');
    const openssl = openSsl();
    try {
      openssl.write('csrattrs.der', Buffer.from(csrattrs.bytes.toString(), 'base64'));
      assert.match(
        openssl.run('asn1parse', '-inform', 'DER', '-in', 'csrattrs.der'),
        /id-ecPublicKey[\s\S]*prime256v1[\s\S]*ecdsa-with-SHA256/,
      );
    } finally {
      openssl.remove();
    }
    for (const path of ['simpleenroll', 'simplereenroll'])
      assert.equal((await est.ask('GET', `/.well-known/est/${path}`)).status, 405);
  });

  for (const kind of ['P-256', 'P-384', 'RSA-3072'] as const)
    it(`gives one for the codes of an order, for a key of ${kind}, in PEM, DER or base64`, async () => {
      const { keyPem, der, pem } = await newRequest(kind);
      const bodies = { 'P-256': der.toString('base64'), 'P-384': pem, 'RSA-3072': der };
      const certificate = issuedIn(await est.enrol(await stage.order(), bodies[kind]));
      assert.equal(certificate.x509.checkPrivateKey(createPrivateKey(keyPem)), true);
    });

  it('takes the codes as somebody types them', async () => {
    const { transferId, password } = await stage.order();
    const typed = {
      transferId: transferId.replace('-', '').toLowerCase(),
      password: password.replaceAll('-', ' ').toLowerCase(),
    };
    issuedIn(await est.enrol(typed, (await newRequest()).der));
  });

  it('gives the same certificate for the same key, when the answer was lost, and none for another key', async () => {
    const order = await stage.order();
    const { der, keyPem } = await newRequest();
    const first = issuedIn(await est.enrol(order, der));
    // The same key, another signature: it is the key that counts.
    const { der: again } = await makeSigningRequest(keyPem, 'En annan');
    for (const body of [der, again])
      assert.equal(issuedIn(await est.enrol(order, body)).fingerprint, first.fingerprint);
    const other = await est.enrol(order, (await newRequest()).der);
    assert.equal(other.status, 409);
    assert.match(detailOf(other), /order-fetched .*made for another key/);
    // And not after the fourteen days.
    clock.shift = 14 * day + 1_000;
    const late = await est.enrol(order, der);
    assert.equal(late.status, 403);
    assert.match(detailOf(late), /order-not-open .*expired/);
  });

  it('gives the same certificate to all who ask at once with one key', async () => {
    const order = await stage.order();
    const { der } = await newRequest();
    const answers = await Promise.all(Array.from({ length: 8 }, () => est.enrol(order, der)));
    assert.equal(new Set(answers.map((answer) => issuedIn(answer).fingerprint)).size, 1);
    const { rows } = await stage.pool.query<{ n: number }>('select count(*) as n from issuance where order_id = $1', [
      order.id,
    ]);
    assert.equal(rows[0]?.n, 1);
  });

  it('does not hand out again what was revoked meanwhile', async () => {
    const order = await stage.order();
    const { der } = await newRequest();
    const { fingerprint } = issuedIn(await est.enrol(order, der));
    await stage.pool.query(
      "update certificate set withdrawn_at = now(), revocation_reason = 'keyCompromise' where fingerprint = $1",
      [fingerprint],
    );
    const again = await est.enrol(order, der);
    assert.equal(again.status, 403);
    assert.match(detailOf(again), /withdrawn/);
  });

  it('takes codes until the fourteenth day is over, and not a second longer', async () => {
    const [before, after] = [await stage.order(), await stage.order()];
    clock.shift = 14 * day - 10_000;
    issuedIn(await est.enrol(before, (await newRequest()).der));
    clock.shift = 14 * day + 100;
    const refused = await est.enrol(after, (await newRequest()).der);
    assert.equal(refused.status, 403);
    assert.match(detailOf(refused), /expired at/);
  });

  const wrong = 'AAAAA-AAAAA-AAAAA-AAAAA';

  it('challenges whoever gives no codes, and tells nobody which of them is wrong', async () => {
    const { der } = await newRequest();
    const order = await stage.order();
    const unopened = await stage.order({ unopened: true });
    const answers = await Promise.all([
      est.enrol(order, der, { authorization: '' }),
      est.enrol(order, der, { authorization: 'Bearer x' }),
      est.enrol(order, der, { authorization: 'Basic !' }),
      est.enrol(order, der, { authorization: `Basic ${Buffer.from('nocolon').toString('base64')}` }),
      est.enrol({ ...order, password: wrong }, der),
      est.enrol({ ...order, transferId: 'KKKKK-KKKKK' }, der),
      est.enrol({ transferId: "x' or 1=1 --", password: '' }, der),
      est.enrol(unopened, der),
    ]);
    for (const answer of answers) {
      assert.equal(answer.status, 401);
      assert.match(String(answer.headers['www-authenticate']), /^Basic realm="/);
      assert.match(detailOf(answer), /^urn:kuvert:fault:codes-wrong /);
    }
    assert.equal(new Set(answers.slice(4).map(detailOf)).size, 1);
    // Whoever knows the TransferID alone cannot lock an order that nobody has opened.
    for (let i = 0; i < 6; i++) await est.enrol({ ...unopened, password: wrong }, der);
    const { rows } = await stage.pool.query('select state, wrong_passwords from certificate_order where id = $1', [
      unopened.id,
    ]);
    assert.deepEqual(rows, [{ state: 'ordered', wrong_passwords: 0 }]);
  });

  const lockedBy = async (order: OpenedOrder, guesses: () => Promise<Answered[]>): Promise<void> => {
    for (const { status } of await guesses()) assert.equal(status, 401);
    const right = await est.enrol(order, (await newRequest()).der);
    assert.equal(right.status, 403);
    assert.match(detailOf(right), /order-not-open .*locked/);
    const audited = await stage.audited(order.transferId);
    assert.deepEqual(
      audited.map(({ action }) => action),
      ['order.lock'],
    );
  };

  it('is locked by five wrong passwords: the sixth, right, fails', async () => {
    const { der } = await newRequest();
    const order = await stage.order();
    await lockedBy(order, async () => {
      const answers: Answered[] = [];
      for (let i = 0; i < 5; i++) answers.push(await est.enrol({ ...order, password: wrong }, der));
      return answers;
    });
    const four = await stage.order();
    for (let i = 0; i < 4; i++) await est.enrol({ ...four, password: wrong }, der);
    issuedIn(await est.enrol(four, der));
  });

  it('is locked by them also when they come all at once', async () => {
    const { der } = await newRequest();
    const order = await stage.order();
    await lockedBy(order, () =>
      Promise.all(Array.from({ length: 12 }, () => est.enrol({ ...order, password: wrong }, der))),
    );
    const { rows } = await stage.pool.query<{ wrong_passwords: number }>(
      'select wrong_passwords from certificate_order where id = $1',
      [order.id],
    );
    assert.equal(rows[0]?.wrong_passwords, 5);
  });

  it('asks a network that guesses too much to come back later, whatever it has then', async () => {
    const strict = estClient(stage, (await stage.startApi({ settings: { KUVERT_WRONG_GUESSES: '5' } })).port);
    const { der } = await newRequest();
    const orders = await Promise.all(Array.from({ length: 5 }, () => stage.order()));
    for (const order of orders) assert.equal((await strict.enrol({ ...order, password: wrong }, der)).status, 401);
    const answer = await strict.enrol(await stage.order(), der);
    assert.equal(answer.status, 429);
    assert.ok(Number(answer.headers['retry-after']) > 600);
  });

  it('says what is wrong with a request, by its rule, and the codes are as good as before', async () => {
    const order = await stage.order();
    const openssl = openSsl();
    try {
      openssl.run('genrsa', '-out', 'weak.pem', '1024');
      openssl.run('req', '-new', '-key', 'weak.pem', '-subj', '/CN=x', '-outform', 'DER', '-out', 'weak.der');
      openssl.run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ec.pem');
      openssl.run('req', '-new', '-key', 'ec.pem', '-sha1', '-subj', '/CN=x', '-outform', 'DER', '-out', 'sha1.der');
      const { readFileSync } = await import('node:fs');
      const file = (name: string) => readFileSync(`${openssl.folder}/${name}`);
      const broken = Buffer.from((await newRequest()).der);
      broken[broken.length - 5] = (broken[broken.length - 5] ?? 0) ^ 0xff;
      for (const [body, rule, says] of [
        [file('weak.der'), 'rsa-length', /An RSA key of 1024 bits is not taken/],
        [file('sha1.der'), 'signature-algorithm', /SHA-256/],
        [broken, 'signature', /signature/],
      ] as const) {
        const answer = await est.enrol(order, body);
        assert.equal(answer.status, 422);
        assert.match(detailOf(answer), says);
        assert.equal((answer.json['findings'] as { rule: string }[])[0]?.rule, rule);
      }
      assert.equal((await est.enrol(order, 'not a request')).status, 400);
      assert.equal((await est.enrol(order, '')).status, 400);
      assert.equal((await est.enrol(order, Buffer.alloc(60_000))).status, 413);
      assert.equal((await est.enrol(order, 'x', { 'content-type': 'text/plain' })).status, 415);
      const { keyPem, der } = await newRequest();
      issuedIn(await est.enrol(await stage.order(), der));
      const used = await est.enrol(order, (await makeSigningRequest(keyPem, 'x')).der);
      assert.equal(used.status, 422);
      assert.match(detailOf(used), /key-used/);
      issuedIn(await est.enrol(order, (await newRequest()).der));
    } finally {
      openssl.remove();
    }
  });

  it('tells whoever waits for approval to come back, and gives the certificate when it is given', async () => {
    const order = await stage.order({ approval: 'awaited' });
    const { der } = await newRequest();
    const waits = await est.enrol(order, der);
    assert.equal(waits.status, 202);
    assert.equal(waits.headers['retry-after'], '60');
    await stage.pool.query("update certificate_order set approval = 'given' where id = $1", [order.id]);
    issuedIn(await est.enrol(order, der));
  });

  it('answers 202 while the authority is away, and the certificate when it is back', async () => {
    await ca.stop();
    const order = await stage.order();
    const { der } = await newRequest();
    const waits = await est.enrol(order, der);
    assert.equal(waits.status, 202);
    assert.equal(waits.headers['retry-after'], '10');
    ca = await stage.startCa({ now });
    issuedIn(await est.enrol(order, der));
  });

  it('is answered while it waits, when the authority comes back', async () => {
    await ca.stop();
    const { der } = await newRequest();
    const asked = est.enrol(await stage.order(), der);
    await sleep(300);
    ca = await stage.startCa({ now });
    issuedIn(await asked);
  });

  describe('of a certificate', () => {
    const enrolled = async (options: Parameters<Enrolment['order']>[0] = {}) => {
      const order = await stage.order(options);
      const { keyPem, der } = await newRequest();
      const certificate = issuedIn(await est.enrol(order, der));
      return { order, certificate, credential: { keyPem, certificatePem: certificate.pem } };
    };

    for (const type of ['push-endpoint', 'pull-client', 'both'] as const)
      it(`of type ${type} gives the next from day −60 on, and not before; it needs nothing but that certificate`, async () => {
        const { certificate, credential } = await enrolled(
          type === 'pull-client' ? { type } : { type, dnsNames: ['b2b.exempel.se'], delivery: 'push' },
        );
        const { der } = await newRequest();
        clock.shift = certificate.notAfter.getTime() - 60 * day - Date.now() - 60_000;
        const early = await est.renew(credential, der);
        assert.equal(early.status, 403);
        assert.match(detailOf(early), /renewal-too-early .*can be renewed from \d{4}/);
        clock.shift += 120_000;
        const next = issuedIn(await est.renew(credential, der));
        assert.equal(next.subject, certificate.subject);
        assert.ok(next.notAfter.getTime() > certificate.notAfter.getTime() + 600 * day);
        // Both are good now; the answer may have been lost; and each renews once.
        assert.equal(issuedIn(await est.renew(credential, der)).fingerprint, next.fingerprint);
        const another = await est.renew(credential, (await newRequest()).der);
        assert.equal(another.status, 409);
        assert.match(detailOf(another), /already-renewed/);
        const { rows } = await stage.pool.query<{ fingerprint: string }>(
          `select l.fingerprint from address_certificate l join certificate c using (fingerprint)
            where l.organisation_number = (select organisation_number from certificate where fingerprint = $1)
              and c.withdrawn_at is null order by l.registered_at`,
          [next.fingerprint],
        );
        assert.deepEqual(
          rows.map(({ fingerprint }) => fingerprint),
          [certificate.fingerprint, next.fingerprint],
        );
      });

    it('refuses who shows none, one that is not ours, not registered, withdrawn or past its end', async () => {
      const { der } = await newRequest();
      const none = await est.renew(undefined, der);
      assert.equal(none.status, 401);
      assert.match(detailOf(none), /certificate-required/);
      const stranger = await stage.credential('Främling', 'client');
      const unknown = await est.renew(stranger, der);
      assert.equal(unknown.status, 403);
      assert.match(detailOf(unknown), /is not registered/);
      const { certificate, credential } = await enrolled();
      clock.shift = certificate.notAfter.getTime() - Date.now() + 1_000;
      assert.match(detailOf(await est.renew(credential, der)), /certificate-not-accepted .*expired/);
      clock.shift -= 5 * day;
      await stage.pool.query('update certificate set withdrawn_at = now() where fingerprint = $1', [
        certificate.fingerprint,
      ]);
      assert.match(detailOf(await est.renew(credential, der)), /certificate-not-accepted .*withdrawn/);
    });

    it('refuses the key that it has already', async () => {
      const { certificate, credential } = await enrolled();
      clock.shift = certificate.notAfter.getTime() - Date.now() - 5 * day;
      const answer = await est.renew(credential, (await makeSigningRequest(credential.keyPem, 'x')).der);
      assert.equal(answer.status, 422);
      assert.match(detailOf(answer), /key-used/);
    });

    it('refuses one that is registered and leads to no authority of ours', async () => {
      const { organisationNumber } = await stage.order();
      const { createDevAuthority, issueDevCertificate } = await import('../support/dev-authority.ts');
      const fake = await issueDevCertificate(await createDevAuthority(), { name: 'Falsk' });
      const certificate = certificateIn(fake.certificatePem);
      await stage.pool.query(
        `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after) values ($1, $2, $3, '', $4, $5)`,
        [certificate.fingerprint, organisationNumber, certificate.pem, certificate.notBefore, certificate.notAfter],
      );
      const answer = await est.renew({ keyPem: fake.keyPem, certificatePem: fake.chainPem }, (await newRequest()).der);
      assert.equal(answer.status, 403);
      assert.match(detailOf(answer), /leads to no authority/);
    });
  });

  it('stops nobody who asks again and again with what is refused, but tells it to come back later', async () => {
    const order = await stage.order();
    const { keyPem, der } = await newRequest();
    issuedIn(await est.enrol(await stage.order(), der));
    const { der: used } = await makeSigningRequest(keyPem, 'x');
    const statuses: number[] = [];
    for (let i = 0; i < 32; i++) statuses.push((await est.enrol(order, used)).status);
    assert.deepEqual([statuses[0], statuses.at(-1)], [422, 429]);
  });
});
