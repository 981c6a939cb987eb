import { strict as assert } from 'node:assert';
import { Fault } from '../../src/domain/fault.ts';
import { parseOrganisationNumber } from '../../src/domain/organisation-number.ts';
import { conservation } from '../../src/store/conservation.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { readRegister } from '../../src/store/suppliers.ts';
import { changeDelivery, type ModeOrder } from '../../src/suppliers/delivery-mode.ts';
import { issueDevCertificate } from '../support/dev-authority.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  now,
  putInState,
  supplierFile,
  takeMessage,
} from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const a = parseOrganisationNumber('5560160680') ?? assert.fail('a good number');

describe('kuvert supplier delivery changes how an address is delivered to', () => {
  let pool: Pool;
  let pem: string;

  before(async () => {
    pem = await certificate('Ett');
  });
  beforeEach(async () => {
    pool = createPool({ url: await freshDatabase(), connections: 4, name: 'test' });
  });
  afterEach(async () => {
    const { breaches } = await conservation(pool);
    await pool.close();
    assert.deepEqual(breaches, []);
  });

  const push = (more: Record<string, unknown> = {}) => addressEntry({ certificates: [pem], ...more });
  const order = (delivery: ModeOrder['delivery'], more: Partial<ModeOrder> = {}) =>
    changeDelivery(pool, {
      organisationNumber: a,
      delivery,
      address: undefined,
      environment: undefined,
      url: undefined,
      whyNoPush: undefined,
      actor: 'cli:test',
      reason: 'a test',
      rehearsal: false,
      now,
      ...more,
    });
  const faultOf = async (work: Promise<unknown>): Promise<Fault> => {
    const error = await work.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    assert.ok(error instanceof Fault, `a Fault was expected, not ${String(error)}`);
    return error;
  };
  const address = async (name = 'default') => {
    const found = (await readRegister(pool, [a]))[0]?.addresses.find((one) => one.name === name);
    assert.ok(found, `there is an address ${name}`);
    return found;
  };
  const alarm = async () => {
    const { rows } = await pool.query<{ set: boolean; due: boolean | null }>(
      'select wake_at is not null as set, wake_at <= clock_timestamp() as due from lane order by id limit 1',
    );
    return rows[0]?.set ? (rows[0].due ? 'due' : 'later') : 'none';
  };
  const audited = async () =>
    (await pool.query<{ action: string; reason: string }>('select action, reason from audit order by id')).rows;

  it('to pull: the alarm is silent, what waits waits, the URL is kept; and push again: armed, to that URL', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    const id = await takeMessage(pool, a);
    assert.equal(await alarm(), 'due');
    const before = await address();
    const pulled = await order('pull');
    assert.deepEqual(pulled.suppliers[0]?.changes, ['address default: delivery: push → pull']);
    assert.equal(await alarm(), 'none');
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'waiting');
    assert.deepEqual([(await address()).url, (await address()).version], [before.url, before.version + 1]);
    const pushed = await order('push');
    assert.deepEqual(pushed.suppliers[0]?.changes, [
      'address default: delivery: pull → push',
      'address default: url: https://b2b.exempel.se/in (kept)',
    ]);
    assert.equal(await alarm(), 'due');
    assert.deepEqual(await audited(), [
      { action: 'supplier.import', reason: 'a test' },
      { action: 'supplier.delivery', reason: 'a test' },
      { action: 'supplier.delivery', reason: 'a test' },
    ]);
  });

  it('and a file that says pull keeps the URL too, and does not take it for a change', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    await order('pull');
    const again = await importValue(pool, supplierFile(a, [push({ delivery: 'pull', url: undefined })]));
    assert.equal(again.suppliers[0]?.outcome, 'unchanged');
    assert.equal((await address()).url, 'https://b2b.exempel.se/in');
  });

  it('and what is on the wire does not keep it from being changed', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    const id = await takeMessage(pool, a);
    await putInState(pool, id, 'sending');
    await order('manual');
    assert.equal((await deliveriesOf(pool, id))[0]?.state, 'sending');
    await pool.query("update delivery set state = 'waiting', next_try_at = now()");
    await pool.query("update attempt set outcome = 'unknown', finished_at = now()");
  });

  it('and what it is already is no change, and leaves no trace', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    const { version } = await address();
    const summary = await order('push');
    assert.deepEqual([summary.suppliers[0]?.outcome, summary.suppliers[0]?.changes], ['unchanged', []]);
    assert.equal((await address()).version, version);
    assert.equal((await audited()).length, 1);
  });

  it('and a rehearsal says what would be done and does nothing', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    const summary = await order('push', { rehearsal: true, url: 'https://ny.exempel.se/in' });
    assert.deepEqual(summary.suppliers[0]?.changes, [
      'address default: url: https://b2b.exempel.se/in → https://ny.exempel.se/in',
    ]);
    assert.equal((await address()).url, 'https://b2b.exempel.se/in');
  });

  it('and a URL or a certificate that an import would refuse is refused in the same words', async () => {
    const client = await issueDevCertificate(undefined, { name: 'Program', usages: ['clientAuth'] });
    await importValue(
      pool,
      supplierFile(a, [addressEntry({ delivery: 'pull', url: undefined, certificates: [client.certificatePem] })]),
    );
    const rules = async (url: string | undefined) =>
      (await faultOf(order('push', { url }))).findings.map(({ rule }) => rule).sort();
    assert.deepEqual(await rules(undefined), ['certificate-usage', 'url-missing']);
    assert.deepEqual(await rules('http://exempel.se/'), ['certificate-usage', 'url-https']);
    assert.deepEqual((await faultOf(order('manual', { url: 'https://exempel.se/' }))).findings.length, 1);
    assert.equal((await address()).delivery, 'pull');
    const warned = await order('push', {
      url: 'https://10.1.2.3/',
      whyNoPush: () => 'a private address',
      rehearsal: true,
    }).catch((fault: Fault) => fault.code);
    assert.equal(warned, 'supplier-invalid', 'the certificate is still wrong');
  });

  it('and a private URL is a warning that names it', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    const { warnings } = await order('push', { url: 'https://10.1.2.3/', whyNoPush: () => 'a private address' });
    assert.match(warnings.map(({ where, text }) => `${where}: ${text}`).join(), /^address default, url: .*10\.1\.2\.3/);
  });

  it('and with several addresses it must be said which, unless only one is for this environment', async () => {
    await importValue(pool, supplierFile(a, [push(), push({ name: 'prod', environment: 'production' })]));
    const unnamed = await faultOf(order('pull'));
    assert.equal(unnamed.code, 'argument-invalid');
    assert.match(unnamed.message, /default, prod/);
    await order('pull', { environment: 'production' });
    assert.deepEqual([(await address()).delivery, (await address('prod')).delivery], ['push', 'pull']);
    await order('manual', { address: 'default', environment: 'production' });
    assert.deepEqual([(await address()).delivery, (await address('prod')).delivery], ['manual', 'pull']);
    assert.equal((await faultOf(order('pull', { address: 'annan' }))).code, 'not-found');
    await importValue(pool, supplierFile(a, [push()]));
    assert.match((await faultOf(order('pull', { environment: 'production' }))).message, /default \(test\)/);
  });

  it('and a lane that was held for its endpoint is held no longer, silent until it is pushed to again; a paused one stays paused', async () => {
    await importValue(pool, supplierFile(a, [push()]));
    await takeMessage(pool, a);
    await pool.query(
      "update lane set state = 'held', reason = 'endpoint-rejects-us', wake_at = now() + interval '1 hour'",
    );
    await order('pull');
    assert.equal((await pool.query("select 1 from lane where state = 'flowing' and wake_at is null")).rowCount, 1);
    await order('push');
    assert.equal(await alarm(), 'due');
    await pool.query("update lane set state = 'paused', wake_at = null");
    await order('manual');
    await order('push');
    assert.equal(await alarm(), 'none');
  });
});
