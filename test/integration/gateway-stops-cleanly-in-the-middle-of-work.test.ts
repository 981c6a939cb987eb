import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, silentLog } from '../../src/platform/log.ts';
import { startGateway } from '../../src/roles/start.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { assertAnswered, assertDelivered, attemptsOf, conserved } from '../support/gateway-account.ts';
import { kaDocuments } from '../support/ka.ts';

describe('gateway stops cleanly in the middle of work', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await openGateway({ settings: { KUVERT_INTAKE_BATCH: '5', KUVERT_STOP_TIMEOUT: '2s' } });
  });
  afterEach(() => gateway.close());

  it('what is on the wire is finished and recorded, nothing is sent afterwards, and the next start does the rest', async () => {
    const supplier = await gateway.addSupplier({ status: 204, delay: 20 });
    await gateway.register(supplier.entry({ concurrency: 4 }));
    const documents = kaDocuments(supplier.organisationNumber, 160);
    const intake = await gateway.startIntake();
    await gateway.ka.send(documents.slice(0, 150));
    // A stock that nothing but the stop keeps delivery from sending.
    await eventually('all are stored', async () => (await conserved(gateway)).messages === 150);
    await intake.stop();
    await gateway.ka.send(documents.slice(150));
    for (const enough of [20, 60]) {
      const running = await gateway.start();
      await eventually(`${enough} requests have come`, () => supplier.endpoint.requests.length >= enough);
      await running.stop();
      const sent = supplier.endpoint.requests.length;
      const found = await conserved(gateway);
      assert.equal(found.sending, 0, 'nothing is left as being sent');
      assert.ok(found.waiting > 0, 'there was work left');
      assert.equal(found.delivered, sent, 'every answer is on record');
      await sleep(200);
      assert.equal(supplier.endpoint.requests.length, sent, 'nothing is sent after the stop');
    }
    await gateway.start();
    const found = await gateway.settled(160);
    assert.equal(found.delivered, 160);
    const received = await assertDelivered(gateway, supplier, documents);
    assert.equal(received.length, 160, 'nothing was sent twice');
    const attempts = await attemptsOf(gateway.pool);
    assert.deepEqual([...new Set(attempts.map(({ outcome }) => outcome))], ['delivered']);
    assertAnswered(gateway, documents);
    await conserved(gateway);
  });

  it('an endpoint that does not answer is given up when the time to stop is over, on record', async () => {
    const supplier = await gateway.addSupplier('hang');
    await gateway.register(supplier.entry());
    const documents = kaDocuments(supplier.organisationNumber, 3);
    const running = await gateway.start();
    await gateway.ka.send(documents);
    await eventually('the endpoint has one', () => supplier.endpoint.requests.length >= 1);
    await running.stop();
    const stopped = await conserved(gateway);
    assert.deepEqual([stopped.sending, stopped.waiting], [0, 3]);
    const attempts = await attemptsOf(gateway.pool);
    assert.ok(attempts.length >= 1 && attempts.every(({ outcome }) => outcome !== null));
    supplier.endpoint.behave('ok');
    await gateway.start();
    await gateway.settled(3);
    await assertDelivered(gateway, supplier, documents);
    assertAnswered(gateway, documents);
    await conserved(gateway);
  });

  it('a store that hangs does not hold up the stop beyond its time, and nothing is lost', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    const documents = kaDocuments(supplier.organisationNumber, 1);
    const events: string[] = [];
    const log: Log = { ...silentLog, error: (event) => void events.push(event), with: () => log };
    const whole = await startGateway(gateway.settings, ['delivery', 'intake'], log, '0.0.0');
    const waiting = async (what: string): Promise<number> => {
      const { rows } = await gateway.pool.query<{ n: number }>(
        `select count(*) as n from pg_stat_activity where application_name = 'kuvert intake' and datname = current_database() and ${what}`,
      );
      return rows[0]?.n ?? 0;
    };
    await gateway.pool.transaction(async (db) => {
      await db.query('lock table frame in access exclusive mode');
      await gateway.ka.send(documents);
      await eventually('intake waits for the store', async () => (await waiting("wait_event_type = 'Lock'")) > 0);
      const begun = performance.now();
      await whole.stop();
      const took = performance.now() - begun;
      assert.ok(took >= 1_900 && took < 6_000, `${Math.round(took)} ms with KUVERT_STOP_TIMEOUT=2s`);
      assert.deepEqual(events, ['the time to stop is over; what still runs ends with the process']);
    });
    // Here the process lives on, so what was left behind ends by itself.
    await eventually('intake is gone', async () => (await waiting('true')) === 0);
    await gateway.start();
    await gateway.settled(1);
    await assertDelivered(gateway, supplier, documents);
    await conserved(gateway);
  });

  it('a start that is stopped at once is a stop', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    const documents = kaDocuments(supplier.organisationNumber, 10);
    await gateway.ka.send(documents);
    for (let round = 0; round < 5; round++) {
      const running = await gateway.start();
      await running.stop();
    }
    await gateway.start();
    await gateway.settled(10);
    const received = await assertDelivered(gateway, supplier, documents);
    assert.equal(received.length, 10);
    assertAnswered(gateway, documents);
    await conserved(gateway);
  });
});
