import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';

describe('an address is sent no more than its rate', () => {
  let line: Line;
  before(async () => {
    line = await openLine();
    await line.deliver();
  });
  after(() => line.close());

  it('however wide its concurrency is and whoever wakes the lane, and everything comes in the end', async () => {
    const supplier = await line.addSupplier();
    await line.pool.query(
      'update address set rate_per_second = 2, concurrency = 16, version = version + 1 where id = $1',
      [supplier.lane],
    );
    const began = Date.now();
    // New messages wake the lane again and again; its rate is not moved by that.
    for (let i = 0; i < 5; i++) {
      await line.take(framesFor(supplier.organisationNumber, 2));
      await sleep(100);
    }
    await eventually('all came', async () => (await line.states(supplier.lane)).delivered === 10);
    const times = supplier.endpoint.requests.map(({ at }) => at - began).sort((a, b) => a - b);
    assert.equal(times.length, 10);
    // Two at once and then a second: in any second no more than two windows meet.
    for (const time of times) {
      const within = times.filter((other) => other >= time && other < time + 900).length;
      assert.ok(within <= 2, `${within} within a second of ${time}: ${times.join()}`);
    }
  });

  it('also when it is less than one a second: the worker keeps no place for it', async () => {
    const supplier = await line.addSupplier();
    await line.pool.query('update address set rate_per_second = 0.4, version = version + 1 where id = $1', [
      supplier.lane,
    ]);
    await line.take(framesFor(supplier.organisationNumber, 2));
    await eventually('the first came', async () => (await line.states(supplier.lane)).delivered === 1);
    await eventually('the lane is left', async () => (await line.lane(supplier.lane)).holder === null);
    await eventually('the second came', async () => (await line.states(supplier.lane)).delivered === 2);
    const [first, second] = supplier.endpoint.requests.map(({ at }) => at);
    assert.ok((second ?? 0) - (first ?? 0) >= 2_300, `${(second ?? 0) - (first ?? 0)} ms apart`);
  });
});
