import { strict as assert } from 'node:assert';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';

describe('supplier down then up gets every message once and in order', () => {
  let line: Line;
  before(async () => {
    line = await openLine();
  });
  after(() => line.close());

  it('one that refuses connections, then answers 503, then is well', async () => {
    const supplier = await line.addSupplier({ behaviour: 'refuse' });
    await supplier.endpoint.stop();
    await line.deliver();
    await line.take(framesFor(supplier.organisationNumber, 40));
    await eventually('the lane backs off', async () => (await line.lane(supplier.lane)).state === 'backing-off');
    supplier.endpoint.behave(503);
    await supplier.endpoint.restart();
    await eventually('some tries were answered', () => supplier.endpoint.requests.length >= 2);
    // A lane that backs off probes with its oldest message only.
    assert.equal(new Set(supplier.received()).size, 1);
    await line.take(framesFor(supplier.organisationNumber, 40));
    const before = supplier.endpoint.requests.length;
    supplier.endpoint.behave('ok');
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 80);
    const after = supplier.received().slice(before);
    assert.equal(new Set(after).size, 80);
    // What was on the wire when it became well may have been answered 503 or 204.
    assert.ok(after.length <= 81, `${after.length} requests for 80 messages`);
    assert.deepEqual(
      supplier.sequences(),
      Array.from({ length: 80 }, (_, i) => i + 1),
    );
    assert.equal((await line.answers('delivered')).length, 80);
    assert.deepEqual((await line.lane(supplier.lane)).state, 'flowing');
  });
});
