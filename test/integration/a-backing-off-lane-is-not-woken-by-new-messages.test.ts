import { strict as assert } from 'node:assert';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';

describe('a backing-off lane is not woken by new messages', () => {
  let line: Line;
  before(async () => {
    // One short wait, then one that a test would notice if it were slept through: nothing but a wake could end it.
    line = await openLine({ settings: { KUVERT_RETRY_SCHEDULE: '50ms,1h', KUVERT_RETRY_TOTAL: '7d' } });
  });
  after(() => line.close());

  it('they wait for its alarm, and intake wakes nobody', async () => {
    const supplier = await line.addSupplier({ behaviour: 503, concurrency: 4 });
    await line.deliver();
    await line.take(framesFor(supplier.organisationNumber, 4));
    await eventually('the lane failed twice', async () => (await line.lane(supplier.lane)).failures === 2);
    const before = await line.lane(supplier.lane);
    const requests = supplier.endpoint.requests.length;
    supplier.endpoint.behave('ok');
    for (let i = 0; i < 20; i++) {
      const { wake } = await line.take(framesFor(supplier.organisationNumber, 5));
      assert.deepEqual(wake, []);
    }
    // Even rung by mistake, as an alarm of Redis may be, it looks at its own alarm first.
    await line.alarms.wake(supplier.lane, 0);
    const other = await line.addSupplier();
    await line.take(framesFor(other.organisationNumber, 20));
    await eventually('another lane is served', async () => (await line.states(other.lane)).delivered === 20);
    const after = await line.lane(supplier.lane);
    assert.deepEqual([after.state, after.failures, after.epoch], ['backing-off', 2, before.epoch]);
    assert.ok((after.wakes_in ?? 0) > 3_500_000, String(after.wakes_in));
    assert.equal(supplier.endpoint.requests.length, requests);
    assert.deepEqual(await line.states(supplier.lane), { waiting: 104 });
  });

  it('nor is a lane that is held', async () => {
    const supplier = await line.addSupplier({ behaviour: 401 });
    const role = await line.deliver({ KUVERT_HELD_PROBE: '1h' });
    await line.take(framesFor(supplier.organisationNumber, 1));
    await eventually('the lane is held', async () => (await line.lane(supplier.lane)).state === 'held');
    await eventually('it was left', async () => (await line.lane(supplier.lane)).holder === null);
    const { wake } = await line.take(framesFor(supplier.organisationNumber, 5));
    assert.deepEqual(wake, []);
    assert.equal(supplier.endpoint.requests.length, 1);
    await role.stop();
  });
});
