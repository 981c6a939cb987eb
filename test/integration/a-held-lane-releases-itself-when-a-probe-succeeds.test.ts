import { strict as assert } from 'node:assert';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe('a held lane releases itself when a probe succeeds', () => {
  let line: Line;
  before(async () => {
    line = await openLine({ settings: { KUVERT_HELD_PROBE: '200ms' } });
    await line.deliver();
  });
  after(() => line.close());

  const held = (supplier: TestSupplier) =>
    eventually('the lane is held', async () => (await line.lane(supplier.lane)).state === 'held');
  const allDelivered = (supplier: TestSupplier, count: number) =>
    eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === count);

  it('not let in (401): probed with one message, and when that is taken the others follow', async () => {
    const supplier = await line.addSupplier({ behaviour: 401, concurrency: 4 });
    await line.take(framesFor(supplier.organisationNumber, 20));
    await held(supplier);
    const window = supplier.endpoint.requests.length;
    await eventually('it was probed three times', () => supplier.endpoint.requests.length >= window + 3);
    const probes = supplier.received().slice(window, window + 3);
    assert.equal(new Set(probes).size, 1);
    assert.equal((await line.lane(supplier.lane)).state, 'held');
    supplier.endpoint.behave('ok');
    await allDelivered(supplier, 20);
    const lane = await line.lane(supplier.lane);
    assert.deepEqual([lane.state, lane.reason, lane.failures], ['flowing', null, 0]);
    assert.equal((await line.answers('held')).length, 1);
  });

  it('the wrong certificate: probed by handshake, and not one byte is sent until it is the right one', async () => {
    const supplier = await line.addSupplier({ showsAnother: true });
    await line.take(framesFor(supplier.organisationNumber, 20));
    await held(supplier);
    assert.equal((await line.lane(supplier.lane)).reason, 'endpoint-certificate');
    const { connections } = supplier.endpoint.seen;
    await eventually('it was probed three times', () => supplier.endpoint.seen.connections >= connections + 3);
    assert.deepEqual([supplier.endpoint.seen.applicationBytes, supplier.endpoint.requests.length], [0, 0]);
    supplier.endpoint.useCredential(supplier.credential);
    await allDelivered(supplier, 20);
    assert.equal(supplier.received().length, 20);
    assert.equal((await line.lane(supplier.lane)).state, 'flowing');
  });

  it('mass refusal of truly bad messages: another one gets through as a probe, and only the bad ones stay refused', async () => {
    const supplier = await line.addSupplier();
    const frames = framesFor(supplier.organisationNumber, 12);
    const bad = new Set<string | undefined>();
    supplier.endpoint.behave(({ headers }) => {
      const id = String(headers['idempotency-key']);
      if (bad.size < 6) bad.add(id);
      return bad.has(id) ? 422 : 'ok';
    });
    await line.take(frames);
    await held(supplier);
    await allDelivered(supplier, 6);
    await eventually('the bad ones are refused', async () => (await line.states(supplier.lane)).refused === 6);
    assert.equal((await line.lane(supplier.lane)).state, 'flowing');
  });

  it('mass refusal: probed with one message, and when that is taken the others follow', async () => {
    const supplier = await line.addSupplier({ behaviour: 422 });
    await line.take(framesFor(supplier.organisationNumber, 10));
    await held(supplier);
    await eventually('it was probed twice', () => supplier.endpoint.requests.length >= 7);
    const { waiting = 0, sending = 0, refused } = await line.states(supplier.lane);
    assert.deepEqual([waiting + sending, refused], [10, undefined]);
    supplier.endpoint.behave('ok');
    await allDelivered(supplier, 10);
    const told = (await line.answers('held')).filter(({ recipient }) => recipient === supplier.organisationNumber);
    assert.equal(told.length, 1);
  });

  it('a probe of a lane with nothing to send leaves it held, and the first message that comes is the next probe', async () => {
    const supplier = await line.addSupplier({ behaviour: 403 });
    const { verdicts } = await line.take(framesFor(supplier.organisationNumber, 1));
    await held(supplier);
    const [verdict] = verdicts;
    assert.equal(verdict?.kind, 'accepted');
    await eventually('the only message could be withdrawn', async () => {
      const { rowCount } = await line.pool.query(
        "update delivery set state = 'cancelled', next_try_at = null where lane_id = $1 and state = 'waiting'",
        [supplier.lane],
      );
      return rowCount > 0;
    });
    supplier.endpoint.behave('ok');
    const { epoch } = await line.lane(supplier.lane);
    await eventually('it was looked at twice', async () => (await line.lane(supplier.lane)).epoch >= epoch + 2);
    assert.equal((await line.lane(supplier.lane)).state, 'held');
    await line.take(framesFor(supplier.organisationNumber, 3));
    await allDelivered(supplier, 3);
  });
});
