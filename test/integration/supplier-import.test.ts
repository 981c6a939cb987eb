import { strict as assert } from 'node:assert';
import { Fault } from '../../src/domain/fault.ts';
import { readCertificates } from '../../src/pki/certificate.ts';
import { conservation } from '../../src/store/conservation.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { readRegister } from '../../src/store/suppliers.ts';
import { wakeChannel } from '../../src/store/wake.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  putInState,
  supplierFile,
  takeMessage,
} from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const a = '5560160680';
const b = '2021005489';

const faultOf = async (work: Promise<unknown>): Promise<Fault> => {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof Fault, `a Fault was expected, not ${String(error)}`);
  return error;
};

/** Until the listener's connection is there: what is said before nobody hears. */
async function listening(pool: Pool): Promise<void> {
  const asked =
    "select 1 from pg_stat_activity where datname = current_database() and query like 'listen %' and state = 'idle'";
  while ((await pool.query(asked)).rowCount === 0) await new Promise((done) => setTimeout(done, 10));
}

describe('kuvert supplier import changes the register', () => {
  let pool: Pool;
  let pem: string;
  let otherPem: string;

  before(async () => {
    pem = await certificate('Ett');
    otherPem = await certificate('Två');
  });
  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 4, name: 'test' });
  });
  afterEach(async () => {
    const { breaches } = await conservation(pool);
    await pool.close();
    assert.deepEqual(breaches, []);
  });

  const audits = async () => (await pool.query<{ n: number }>('select count(*) as n from audit')).rows[0]?.n;
  const address = async (name = 'default', organisation = a) => {
    const found = (await readRegister(pool, [organisation]))[0]?.addresses.find((one) => one.name === name);
    assert.ok(found, `there is an address ${name}`);
    return found;
  };
  const push = (more: Record<string, unknown> = {}) => addressEntry({ certificates: [pem], ...more });

  it('and the same file again changes nothing and leaves no trace', async () => {
    const file = supplierFile(a, [push(), push({ name: 'prod', environment: 'production', ratePerSecond: 1.5 })]);
    const first = await importValue(pool, file);
    assert.deepEqual(
      first.suppliers.map(({ outcome }) => outcome),
      ['added'],
    );
    const before = await readRegister(pool);
    const second = await importValue(pool, file);
    assert.deepEqual(second.suppliers[0]?.changes, []);
    assert.equal(second.suppliers[0]?.outcome, 'unchanged');
    assert.deepEqual(await readRegister(pool), before);
    assert.equal(await audits(), 1);
  });

  it('and a rehearsal says what would be done and does nothing', async () => {
    const id = await takeMessage(pool, a);
    const summary = await importValue(pool, supplierFile(a, [push()]), true);
    assert.equal(summary.suppliers[0]?.released, 1);
    assert.deepEqual(await readRegister(pool), []);
    assert.equal(await audits(), 0);
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'held');
  });

  it('and URL, certificates and mode bump the version of the address; its terms do not', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    const versions = [(await address()).version];
    for (const more of [
      { concurrency: 4 },
      { concurrency: 4, url: 'https://b2b.exempel.se/other' },
      { concurrency: 4, url: 'https://b2b.exempel.se/other', certificates: [pem, otherPem] },
      { concurrency: 4, url: undefined, delivery: 'pull', certificates: [pem, otherPem] },
    ]) {
      await importValue(pool, supplierFile(a, [push(more)]));
      versions.push((await address()).version);
    }
    assert.deepEqual(versions, [1, 1, 2, 3, 4]);
  });

  it('and a certificate that is left out is withdrawn, and is back when it is listed again', async () => {
    const [old] = readCertificates(pem);
    await importValue(pool, supplierFile(a, [push()]));
    const summary = await importValue(pool, supplierFile(a, [push({ certificates: [otherPem] })]));
    assert.match(summary.suppliers[0]?.changes.join('\n') ?? '', /certificate withdrawn: .*CN=Ett/);
    const withdrawn = async () =>
      (
        await pool.query<{ gone: boolean }>(
          'select withdrawn_at is not null as gone from certificate where fingerprint = $1',
          [old?.fingerprint],
        )
      ).rows[0]?.gone;
    assert.equal(await withdrawn(), true);
    assert.deepEqual(
      (await address()).certificates.map(({ subject }) => subject),
      readCertificates(otherPem).map(({ subject }) => subject),
    );
    await importValue(pool, supplierFile(a, [push({ certificates: [otherPem, pem] })]));
    assert.equal(await withdrawn(), false);
    assert.equal((await address()).certificates.at(-1)?.fingerprint, old?.fingerprint);
  });

  it('and the last certificate in the file is the newest, whatever was registered before and whenever they were made', async () => {
    const made = (name: string, day: string) =>
      certificate(name, {
        notBefore: new Date(`2026-01-${day}T00:00:00Z`),
        notAfter: new Date('2099-01-01T00:00:00Z'),
      });
    const five = await Promise.all(['05', '01', '04', '02', '03'].map((day) => made(`Nr ${day}`, day)));
    const registered = async (at: readonly number[]) => {
      const pems = at.map((index) => five[index] ?? '');
      const summary = await importValue(pool, supplierFile(a, [push({ certificates: pems })]));
      const { certificates, version } = await address();
      assert.deepEqual(
        certificates.map(({ fingerprint }) => fingerprint),
        pems.map((one) => readCertificates(one)[0]?.fingerprint),
        `in the order ${at.join()}`,
      );
      return { version, outcome: summary.suppliers[0]?.outcome };
    };
    await registered([3, 0, 4, 1]);
    assert.deepEqual(
      await registered([1, 4, 0, 3]),
      { version: 1, outcome: 'changed' },
      'no connection need end for it',
    );
    assert.deepEqual(await registered([1, 4, 0, 3]), { version: 1, outcome: 'unchanged' });
    assert.deepEqual(await registered([2, 4, 3]), { version: 2, outcome: 'changed' });
    assert.deepEqual(await registered([2, 4, 3, 0]), { version: 3, outcome: 'changed' });
  });

  it("and another organisation's certificate, an expired one and another environment are refused together", async () => {
    const expired = await certificate('Gammal', {
      notBefore: new Date(Date.now() - 2_000_000),
      notAfter: new Date(Date.now() - 1_000_000),
    });
    await importValue(pool, [supplierFile(a, [push()]), supplierFile(b, [push({ certificates: [otherPem] })])]);
    const fault = await faultOf(
      importValue(pool, supplierFile(b, [push({ certificates: [pem, expired], environment: 'production' })])),
    );
    assert.equal(fault.code, 'supplier-invalid');
    assert.deepEqual(fault.findings.map(({ rule }) => rule).sort(), [
      'certificate-expired',
      'certificate-owner',
      'environment-fixed',
    ]);
    assert.match(fault.message, /5560160680/);
  });

  it('and what was held for an unknown recipient is on its way, its lane woken and told to the workers', async () => {
    const heard: string[] = [];
    const listener = pool.listen(wakeChannel, (payload) => heard.push(payload));
    try {
      await listening(pool);
      const ids = [await takeMessage(pool, a), await takeMessage(pool, a), await takeMessage(pool, b)];
      const summary = await importValue(pool, supplierFile(a, [push()]));
      assert.equal(summary.suppliers[0]?.released, 2);
      const states = await Promise.all(ids.map(async (id) => (await deliveriesOf(pool, id))[0]?.state));
      assert.deepEqual(states, ['waiting', 'waiting', 'held']);
      const { id } = await address();
      const { rows } = await pool.query<{ due: boolean }>(
        'select wake_at <= clock_timestamp() as due from lane where id = $1',
        [id],
      );
      assert.equal(rows[0]?.due, true);
      for (let tries = 0; heard.length === 0 && tries < 100; tries++) await new Promise((done) => setTimeout(done, 20));
      assert.deepEqual(heard, [String(id)]);
    } finally {
      await listener.close();
    }
  });

  it('and only for the types and the environment that the address takes', async () => {
    const order = await takeMessage(pool, a, { messageType: 'purchase-order' });
    const invoice = await takeMessage(pool, a);
    await importValue(pool, supplierFile(a, [push({ messageTypes: ['self-invoice'] })]));
    await importValue(
      pool,
      supplierFile(a, [push({ messageTypes: ['self-invoice'] }), push({ name: 'prod', environment: 'production' })]),
    );
    assert.equal((await deliveriesOf(pool, invoice))[0]?.state, 'waiting');
    assert.equal((await deliveriesOf(pool, order))[0]?.state, 'held');
  });

  it('and what waited at an address that is left out follows the type to another address, or is held and announced', async () => {
    await importValue(pool, supplierFile(a, [push({ name: 'gammal' })]));
    const invoice = await takeMessage(pool, a);
    const order = await takeMessage(pool, a, { messageType: 'purchase-order' });
    const summary = await importValue(pool, supplierFile(a, [push({ name: 'ny', messageTypes: ['self-invoice'] })]));
    assert.deepEqual([summary.suppliers[0]?.rerouted, summary.suppliers[0]?.held], [1, 1]);
    assert.deepEqual(await deliveriesOf(pool, invoice), [
      { number: 1, current: true, state: 'waiting', reason: null, address: 'ny' },
    ]);
    assert.deepEqual(await deliveriesOf(pool, order), [
      { number: 1, current: true, state: 'held', reason: 'type-not-agreed', address: null },
    ]);
    const { rows } = await pool.query<{ body: string }>(`select body from outbox where body like '%"held"%'`);
    assert.equal(rows.length, 1);
    assert.match(rows[0]?.body ?? '', new RegExp(order));
    const back = await importValue(pool, supplierFile(a, [push({ name: 'gammal', messageTypes: ['purchase-order'] })]));
    assert.deepEqual([back.suppliers[0]?.released, back.suppliers[0]?.held], [1, 1]);
    assert.equal((await deliveriesOf(pool, order))[0]?.address, 'gammal');
  });

  it('but not while a message of an address that it leaves out is on the wire', async () => {
    await importValue(pool, supplierFile(a, [push({ name: 'gammal' })]));
    await putInState(pool, await takeMessage(pool, a), 'sending');
    const fault = await faultOf(importValue(pool, supplierFile(a, [push({ name: 'ny' })])));
    assert.equal(fault.code, 'not-possible-now');
    assert.match(fault.message, /kuvert supplier pause 5560160680 --address gammal/);
    assert.equal((await address('gammal')).retiredAt, undefined);
    await pool.query("update delivery set state = 'waiting', next_try_at = now()");
    await pool.query("update attempt set outcome = 'unknown', finished_at = now()");
  });

  it('and no message slips between an import and intake, whichever comes first', async () => {
    for (let round = 0; round < 15; round++) {
      const recipient = a;
      const [id] = await Promise.all([
        takeMessage(pool, recipient),
        importValue(pool, supplierFile(recipient, round % 2 === 0 ? [push()] : [])),
      ]);
      const [delivery] = await deliveriesOf(pool, id);
      assert.equal(delivery?.state, round % 2 === 0 ? 'waiting' : 'held', `round ${round}`);
    }
  });

  it('and an address that is in use again, or pushed to again, does not sleep because of what it was held for', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    const id = await takeMessage(pool, a);
    const { id: lane } = await address();
    const held = () =>
      pool.query("update lane set state = 'held', reason = 'endpoint-rejects-us', wake_at = now() + interval '1 hour'");
    const flowsNow = async () =>
      (
        await pool.query("select 1 from lane where id = $1 and state = 'flowing' and wake_at <= clock_timestamp()", [
          lane,
        ])
      ).rowCount === 1;
    for (const between of [[], [push({ delivery: 'pull', url: undefined })]]) {
      await held();
      await importValue(pool, supplierFile(a, between));
      await importValue(pool, supplierFile(a, [push()]));
      assert.equal(await flowsNow(), true);
      assert.equal((await deliveriesOf(pool, id))[0]?.state, 'waiting');
    }
    await pool.query("update lane set state = 'paused', wake_at = null");
    await importValue(pool, supplierFile(a, []));
    await importValue(pool, supplierFile(a, [push()]));
    assert.equal((await pool.query("select 1 from lane where state = 'paused' and wake_at is null")).rowCount, 1);
  });

  it('and a changed endpoint of a lane that backs off is tried at once', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    const { id } = await address();
    const alarm = async () =>
      (await pool.query<{ due: boolean }>('select wake_at <= clock_timestamp() as due from lane where id = $1', [id]))
        .rows[0]?.due;
    await pool.query("update lane set state = 'backing-off', failures = 3, wake_at = now() + interval '1 hour'");
    await importValue(pool, supplierFile(a, [push({ concurrency: 2 })]));
    assert.equal(await alarm(), false);
    await importValue(pool, supplierFile(a, [push({ concurrency: 2, url: 'https://ny.exempel.se/' })]));
    assert.equal(await alarm(), true);
  });
});
