import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { get as httpGet, type IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Fault } from '../../src/domain/fault.ts';
import type { RevocationReason } from '../../src/domain/revocation.ts';
import { revokeCertificate } from '../../src/enrolment/revoke.ts';
import { importSuppliers } from '../../src/suppliers/import.ts';
import { readSuppliers } from '../../src/suppliers/read-file.ts';
import { command } from '../support/command.ts';
import { certificateIn, type Enrolment, newRequest, openEnrolment } from '../support/enrolment.ts';
import { type EstClient, estClient, issuedIn } from '../support/est-client.ts';
import { eventually } from '../support/eventually.ts';
import { programOf } from '../support/mailbox.ts';
import { startMailboxProcess } from '../support/mailbox-process.ts';
import { openSsl } from '../support/openssl.ts';

describe('what is revoked', () => {
  let stage: Enrolment;
  let est: EstClient;
  let port: number;
  let crlPort: number | undefined;
  /** Registered when nobody knew the authority yet. */
  let early: ReturnType<typeof certificateIn>;
  before(async () => {
    stage = await openEnrolment();
    const { organisationNumber } = await stage.order();
    early = certificateIn((await stage.credential('Tidig', 'client', { organisationNumber })).certificatePem);
    await imported(organisationNumber, [early.pem]);
    assert.equal((await registered(early.fingerprint))?.serial, null);
    await stage.startCa();
    ({ port, crlPort } = await stage.startApi({ settings: { KUVERT_CRL_HOST: '127.0.0.1', KUVERT_CRL_PORT: '0' } }));
    est = estClient(stage, port);
  });
  after(() => stage.close());

  const enrolled = async (options: Parameters<Enrolment['order']>[0] = {}) => {
    const order = await stage.order(options);
    const { keyPem, der } = await newRequest();
    const certificate = issuedIn(await est.enrol(order, der));
    return { order, certificate, credential: { key: keyPem, certificate: certificate.pem } };
  };
  const revoke = (named: string, as: RevocationReason = 'keyCompromise', rehearsal = false) =>
    revokeCertificate(stage.pool, {
      named,
      as,
      actor: 'cli:test',
      reason: 'ticket 1234',
      now: new Date(),
      heldProbe: 3_600_000,
      rehearsal,
    });
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => assert.fail('it was done'),
      (error: Fault) => `${error.code}: ${error.message}`,
    );
  const ca = () => stage.authority.root.certificatePem;

  it('is cut off in the middle of a connection, in another process too, and let in nowhere again', async () => {
    const other = await startMailboxProcess(await stage.apiEnvironment());
    try {
      const { certificate, credential } = await enrolled();
      const waiting = [port, other.port].map((at) => {
        const asked = request({
          host: '127.0.0.1',
          port: at,
          path: '/v1/messages?wait=30',
          ca: ca(),
          key: credential.key,
          cert: credential.certificate,
          agent: false,
        });
        const ended = once(asked, 'response').then(
          () => 'answered',
          (error: NodeJS.ErrnoException) => error.code,
        );
        const connected = once(asked, 'socket').then(async ([socket]) =>
          once(socket as NodeJS.EventEmitter, 'secureConnect'),
        );
        asked.end();
        return { ended, connected };
      });
      await Promise.all(waiting.map(({ connected }) => connected));
      // In, and waiting: another request on a connection of its own is answered.
      for (const at of [port, other.port])
        assert.equal((await programOf(at, ca(), credential).ask('GET', '/v1/messages')).status, 200);
      await revoke(certificate.fingerprint);
      for (const { ended } of waiting) assert.match(String(await ended), /^(ECONNRESET|EPIPE)$/);
      for (const at of [port, other.port]) {
        const refused = await programOf(at, ca(), credential).ask('GET', '/v1/messages');
        assert.equal(refused.status, 403);
        assert.match(String(refused.json['detail']), /was withdrawn at/);
      }
      const renewal = await est.renew(
        { keyPem: credential.key, certificatePem: certificate.pem },
        (await newRequest()).der,
      );
      assert.equal(renewal.status, 403);
    } finally {
      await other.stop();
    }
  });

  it('stays so: it cannot be revoked again, nor brought back, by hand or by a file', async () => {
    const { order, certificate } = await enrolled();
    const revoked = await revoke(certificate.serial, 'privilegeWithdrawn');
    assert.deepEqual(
      [revoked.fingerprint, revoked.serial, revoked.held],
      [certificate.fingerprint, certificate.serial, []],
    );
    assert.match(
      await faultOf(revoke(certificate.fingerprint)),
      /not-possible-now: .*revoked already \(privilegeWithdrawn, at 2/,
    );
    await assert.rejects(
      stage.pool.query('update certificate set withdrawn_at = null where fingerprint = $1', [certificate.fingerprint]),
      /is revoked and stays so/,
    );
    // The address leaves it, and wants it back.
    await stage.pool.query('delete from address_certificate where fingerprint = $1', [certificate.fingerprint]);
    assert.match(
      await faultOf(imported(order.organisationNumber, [certificate.pem])),
      /supplier-invalid: [\s\S]*revoked at .*\(privilegeWithdrawn\)/,
    );
    const [audit] = (await stage.audited(certificate.fingerprint)).slice(-1);
    assert.equal(audit?.action, 'certificate.revoke');
    assert.equal(audit.details['as'], 'privilegeWithdrawn');
  });

  it('is named by its SHA-256 or its serial number, as programs print them, and must be there', async () => {
    const { certificate } = await enrolled();
    const printed = certificate.x509.fingerprint256;
    assert.equal((await revoke(printed, 'superseded', true)).rehearsal, true);
    assert.match(await faultOf(revoke('ABCDEF0123')), /^not-found/);
    assert.match(await faultOf(revoke("x' or true --")), /^not-found/);
    // The rehearsal did nothing.
    assert.equal((await revoke(printed)).fingerprint, certificate.fingerprint);
  });

  it('by command, which lists it, shows it, and says what it did', async () => {
    const { certificate, order } = await enrolled();
    const say = async (code: number, ...args: string[]) => {
      const said = await command(['certificate', ...args], { DATABASE_URL: stage.databaseUrl });
      assert.equal(said.code, code, said.err);
      return said.out + said.err;
    };
    assert.match(await say(0, 'list', order.organisationNumber), new RegExp(`in use +${certificate.serial}`));
    const revoking = ['revoke', certificate.serial, '--as', 'superseded', '--reason', 'ticket 1234'];
    assert.match(await say(0, ...revoking, '--dry-run'), /would be revoked \(superseded\)/);
    assert.match(await say(0, ...revoking), /is revoked \(superseded\)/);
    assert.match(await say(4, ...revoking), /revoked already/);
    assert.match(await say(0, 'show', certificate.fingerprint), /State +revoked \(superseded\)/);
    assert.match(await say(0, 'list', order.organisationNumber), /no certificates/);
    assert.match(await say(0, 'list', order.organisationNumber, '--all'), /revoked \(superseded\)/);
    assert.match(await say(2, 'revoke', certificate.serial, '--as', 'stolen', '--reason', 'x'), /keyCompromise/);
    assert.match(await say(3, 'show', 'AB'), /no certificate AB in the register/);
  });

  const imported = (organisationNumber: string, certificates: readonly string[], name = 'main') => {
    const entry = {
      organisationNumber,
      name: `Exempel ${organisationNumber} AB`,
      language: 'sv',
      addresses: [
        {
          name,
          environment: 'test',
          delivery: 'pull',
          messageTypes: ['purchase-order', 'self-invoice', 'self-invoice-credit'],
          certificates,
        },
      ],
    };
    const now = new Date();
    const read = readSuppliers([entry], { now, readPem: () => assert.fail('no file') });
    return importSuppliers(stage.pool, read, { actor: 'cli:test', reason: 'a test', rehearsal: false, now });
  };
  const registered = async (fingerprint: string) => {
    const { rows } = await stage.pool.query<{
      withdrawn: boolean;
      revocation_reason: string | null;
      serial: string | null;
    }>(
      'select withdrawn_at is not null as withdrawn, revocation_reason, serial from certificate where fingerprint = $1',
      [fingerprint],
    );
    return rows[0];
  };

  it('is said to have been renewed, for whoever had its key may have done that', async () => {
    const { certificate, credential } = await enrolled();
    const old = { keyPem: credential.key, certificatePem: credential.certificate };
    // As if it had been issued long ago.
    const due = (fingerprint: string) =>
      stage.pool.query("update certificate set not_after = now() + interval '9 days' where fingerprint = $1", [
        fingerprint,
      ]);
    await due(certificate.fingerprint);
    const second = await newRequest();
    const next = issuedIn(await est.renew(old, second.der));
    await due(next.fingerprint);
    const last = issuedIn(
      await est.renew({ keyPem: second.keyPem, certificatePem: next.pem }, (await newRequest()).der),
    );
    assert.deepEqual((await revoke(certificate.fingerprint, 'keyCompromise', true)).followed, [
      next.fingerprint,
      last.fingerprint,
    ]);
    await revoke(next.fingerprint);
    const done = await command(
      ['certificate', 'revoke', certificate.fingerprint, '--as', 'keyCompromise', '--reason', 'x'],
      {
        DATABASE_URL: stage.databaseUrl,
      },
    );
    assert.match(done.out, new RegExp(`\n${last.fingerprint} was renewed from it and stays in use; if somebody`));
    assert.doesNotMatch(done.out, new RegExp(next.fingerprint));
  });

  it('is what an import withdraws, if we issued it; what was enrolled for is not withdrawn by a file that does not know of it', async () => {
    const { order, certificate } = await enrolled();
    const byHand = certificateIn(
      (await stage.credential('Handregistrerad', 'client', { organisationNumber: order.organisationNumber }))
        .certificatePem,
    );
    await imported(order.organisationNumber, [byHand.pem]);
    assert.deepEqual(await registered(byHand.fingerprint), {
      withdrawn: false,
      revocation_reason: null,
      serial: byHand.serial,
    });
    await imported(order.organisationNumber, []);
    assert.deepEqual(await registered(byHand.fingerprint), {
      withdrawn: true,
      revocation_reason: 'cessationOfOperation',
      serial: byHand.serial,
    });
    assert.equal((await registered(certificate.fingerprint))?.withdrawn, false);
    assert.match(
      await faultOf(imported(order.organisationNumber, [byHand.pem])),
      /revoked at .*\(cessationOfOperation\)/,
    );
    // With its address it goes.
    await imported(order.organisationNumber, [], 'another');
    assert.equal((await registered(certificate.fingerprint))?.revocation_reason, 'cessationOfOperation');
  });

  it('is ours also when it was registered before the authority ran: a list can name it', async () => {
    assert.equal((await registered(early.fingerprint))?.serial, early.serial);
    assert.equal((await revoke(early.fingerprint, 'superseded', true)).serial, early.serial);
  });

  it('leaves a lane held that has no other certificate, with the reason and an answer to KA, and no lane that has one', async () => {
    const options = { type: 'push-endpoint', dnsNames: ['b2b.exempel.se'], delivery: 'push' } as const;
    const { order, certificate } = await enrolled(options);
    const second = await stage.order({ ...options, of: order });
    const next = issuedIn(await est.enrol(second, (await newRequest()).der));
    const lane = async () => {
      const { rows } = await stage.pool.query(
        'select state, reason, detail, wake_at is not null as probed from lane where id = $1',
        [order.addressId],
      );
      return rows[0];
    };
    assert.deepEqual((await revoke(certificate.fingerprint)).held, []);
    assert.equal((await lane())?.['state'], 'flowing');
    assert.deepEqual((await revoke(next.fingerprint, 'superseded')).held, ['main']);
    const held = await lane();
    assert.deepEqual([held?.['state'], held?.['reason'], held?.['probed']], ['held', 'endpoint-certificate', true]);
    assert.match(String(held?.['detail']), new RegExp(`${next.fingerprint} was revoked \\(superseded\\)`));
    const { rows } = await stage.pool.query<{ body: string }>(
      "select body from outbox where queue = 'status' and body like $1",
      [`%${next.fingerprint}%`],
    );
    assert.equal(rows.length, 1);
    // A new certificate has its endpoint looked at at once.
    issuedIn(await est.enrol(await stage.order({ ...options, of: order }), (await newRequest()).der));
    const { rows: due } = await stage.pool.query<{ due: boolean }>(
      'select wake_at <= clock_timestamp() as due from lane where id = $1',
      [order.addressId],
    );
    assert.equal(due[0]?.due, true);
  });

  describe('is on the list', () => {
    const path = () => `/crl/${stage.authority.issuing.certificate.fingerprint}.crl`;
    const fetched = (headers: Record<string, string> = {}, at = path()) =>
      new Promise<{ status: number; headers: IncomingHttpHeaders; bytes: Buffer }>((resolve, reject) => {
        httpGet({ host: '127.0.0.1', port: crlPort, path: at, headers, agent: false }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes: Buffer.concat(chunks) }),
          );
        }).on('error', reject);
      });
    const numberOf = async () => Number(/"(\d+)"/.exec(String((await fetched()).headers.etag))?.[1]);

    it('within seconds, for openssl that checks: good before, revoked after', async () => {
      const { certificate } = await enrolled();
      await eventually('there is a list', async () => (await fetched()).status === 200);
      const openssl = openSsl();
      try {
        openssl.write('leaf.pem', certificate.pem);
        openssl.write('root.pem', stage.authority.root.certificatePem);
        openssl.write('issuing.pem', stage.authority.issuing.certificatePem);
        const verify = async () => {
          writeFileSync(join(openssl.folder, 'list.der'), (await fetched()).bytes);
          openssl.run('crl', '-inform', 'DER', '-in', 'list.der', '-CAfile', 'issuing.pem', '-noout');
          openssl.run('crl', '-inform', 'DER', '-in', 'list.der', '-out', 'list.pem');
          return openssl.refusal(
            'verify',
            '-crl_check',
            '-CRLfile',
            'list.pem',
            '-CAfile',
            'root.pem',
            '-untrusted',
            'issuing.pem',
            'leaf.pem',
          );
        };
        assert.equal(await verify(), undefined);
        const before = await numberOf();
        await revoke(certificate.fingerprint, 'keyCompromise');
        await eventually('there is another list', async () => (await numberOf()) > before);
        assert.match((await verify()) ?? '', /certificate revoked/);
        const text = openssl.run('crl', '-in', 'list.pem', '-noout', '-text');
        assert.match(text, new RegExp(`Serial Number: ${certificate.serial}[\\s\\S]*?Key Compromise`));
      } finally {
        openssl.remove();
      }
    });

    it('which says how long it may be kept, and is not sent again to who has it', async () => {
      const { headers, status } = await fetched();
      assert.equal(status, 200);
      assert.equal(headers['content-type'], 'application/pkix-crl');
      assert.equal(headers['cache-control'], 'public, max-age=300');
      assert.ok(Date.parse(String(headers['last-modified'])) <= Date.now());
      assert.equal((await fetched({ 'if-none-match': String(headers.etag) })).status, 304);
      assert.equal((await fetched({ 'if-modified-since': String(headers['last-modified']) })).status, 304);
      assert.equal((await fetched({}, `/crl/${'0'.repeat(64)}.crl`)).status, 404);
      assert.equal((await fetched({}, '/crl/..%2f..%2fetc%2fpasswd.crl')).status, 404);
      assert.equal((await fetched({}, '/v1/messages')).status, 404);
    });

    it('made anew on schedule, with numbers that only grow, each by one of two authorities', async () => {
      const before = await numberOf();
      const settings = { KUVERT_CRL_INTERVAL: '1s', KUVERT_CRL_LIFETIME: '1h' };
      const two = await Promise.all([stage.startCa({ settings }), stage.startCa({ settings })]);
      await eventually('five more', async () => (await numberOf()) >= before + 5);
      for (const one of two) await one.stop();
      const { rows } = await stage.pool.query<{ number: number; apart: number | null }>(
        `select number, extract(epoch from made_at - lag(made_at) over (order by number))::float8 as apart from revocation_list
          where number > $1 order by number`,
        [before],
      );
      assert.deepEqual(
        rows.map(({ number }) => number),
        rows.map((_, index) => before + 1 + index),
      );
      for (const { apart } of rows.slice(1)) assert.ok((apart ?? 0) >= 1, `two lists ${apart} s apart say the same`);
    });
  });
});
