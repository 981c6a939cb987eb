/** From one certificate to the next, with traffic all the while: nothing fails on either, until the old one is revoked; then nothing on the new one. */
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { revokeCertificate } from '../../src/enrolment/revoke.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { silentLog } from '../../src/platform/log.ts';
import { caSettings, startCa } from '../../src/roles/ca.ts';
import type { Running } from '../../src/roles/parts.ts';
import { certificateIn, newRequest } from '../support/enrolment.ts';
import { certificatesIn } from '../support/est-client.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, openMailbox, type Program } from '../support/mailbox.ts';

describe('a certificate that is renewed under a stream of pushes and lists', () => {
  let line: Line;
  let mailbox: Mailbox;
  let ca: Running;
  before(async () => {
    line = await openLine();
    const { issuing } = line.certificates;
    ca = await startCa(
      readSettings(caSettings, {
        KUVERT_ENVIRONMENT: 'test',
        DATABASE_URL: line.databaseUrl,
        KUVERT_DATABASE_CONNECTIONS: '3',
        KUVERT_CA_KEY_FILE: issuing.keyFile,
        KUVERT_CA_CERTIFICATE_FILE: issuing.certificateFile,
        KUVERT_CRL_URL: 'http://crl.exempel.se',
        // The certificates of tests live a year.
        KUVERT_RENEWAL_FROM: '400d',
      }),
      silentLog,
    );
    mailbox = await openMailbox(line);
    await line.deliver();
  });
  after(async () => {
    await mailbox.stop();
    await ca.stop();
    await line.close();
  });

  it('serves both, then the new one alone, and no push and no list fails', async () => {
    const supplier = await line.addSupplier({ concurrency: 4 });
    const old = certificateIn(supplier.credential.certificate);
    const statuses: string[] = [];
    const state = { program: mailbox.as(supplier), streaming: true, sent: 0 };
    const listed = async (program: Program) => {
      statuses.push(await program.ask('GET', '/v1/messages').then(({ status }) => String(status), String));
    };
    const stream = (async () => {
      while (state.streaming) {
        await line.take([frameFor(supplier.organisationNumber)]);
        state.sent += 1;
        await listed(state.program);
        await sleep(10);
      }
    })();
    const more = (count: number) => {
      const until = state.sent + count;
      return eventually('the stream flows', () => supplier.sequences().length >= until);
    };
    await more(20);
    const version = async (): Promise<number> => {
      const { rows } = await line.pool.query<{ version: number }>('select version from address where id = $1', [
        supplier.lane,
      ]);
      return rows[0]?.version ?? 0;
    };
    const before = await version();
    // 1 renewed: both are registered, the old one is shown.
    const { keyPem, der } = await newRequest();
    const answer = await mailbox.as(supplier).ask('POST', '/.well-known/est/simplereenroll', {
      headers: { 'content-type': 'application/pkcs10' },
      body: der,
    });
    assert.equal(answer.status, 200, answer.bytes.toString());
    const next = certificateIn(certificatesIn(answer.bytes)[0]?.pem ?? '');
    // Nothing is claimed any more by who knows of the old one alone, and would turn the endpoint away.
    assert.equal(await version(), before + 1);
    const renewed: Pick<TestSupplier, 'credential'> = {
      credential: { key: keyPem, certificate: next.pem + line.certificates.authority.certificatePem },
    };
    await more(20);
    // 2 the programs change over, one after the other.
    supplier.endpoint.useCredential(renewed.credential);
    await more(20);
    await listed(mailbox.as(renewed));
    state.program = mailbox.as(renewed);
    await listed(mailbox.as(supplier));
    await more(20);
    // 3 the old one is of no use any more.
    await revokeCertificate(line.pool, {
      named: old.fingerprint,
      as: 'superseded',
      actor: 'cli:test',
      reason: 'a test',
      now: new Date(),
      heldProbe: 60_000,
      rehearsal: false,
    });
    await more(20);
    state.streaming = false;
    await stream;
    await eventually('all is delivered', async () => (await line.states(supplier.lane))['delivered'] === state.sent);
    assert.deepEqual([...new Set(statuses)], ['200']);
    const { rows: outcomes } = await line.pool.query<{ outcome: string; n: number }>(
      'select outcome, count(*) as n from attempt where lane_id = $1 group by outcome',
      [supplier.lane],
    );
    assert.deepEqual(outcomes, [{ outcome: 'delivered', n: state.sent }]);
    assert.equal((await line.lane(supplier.lane)).state, 'flowing');
    // First use is on record, and what came last was shown by the new one.
    const { rows } = await line.pool.query<{ fingerprint: string; shown: boolean }>(
      'select fingerprint, first_shown_at is not null as shown from address_certificate where address_id = $1 order by registered_at',
      [supplier.lane],
    );
    assert.deepEqual(rows, [
      { fingerprint: old.fingerprint, shown: true },
      { fingerprint: next.fingerprint, shown: true },
    ]);
    const { rows: last } = await line.pool.query<{ peer_fingerprint: string }>(
      'select peer_fingerprint from attempt where lane_id = $1 order by finished_at desc limit 1',
      [supplier.lane],
    );
    assert.equal(last[0]?.peer_fingerprint, next.fingerprint);
    assert.equal((await mailbox.as(supplier).ask('GET', '/v1/messages')).status, 403);
  });
});
