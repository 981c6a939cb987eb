import { strict as assert } from 'node:assert';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe('one dead supplier of twenty, and a hundred tar pits, do not slow the others', () => {
  let line: Line;
  before(async () => {
    line = await openLine();
  });
  after(() => line.close());

  const deliveredTo = async (supplier: TestSupplier) => (await line.states(supplier.lane)).delivered;

  it('one that is dead is one probe at a time, while nineteen get everything', async () => {
    const role = await line.deliver({ KUVERT_RETRY_SCHEDULE: '20ms' });
    const dead = await line.addSupplier({ behaviour: 503, concurrency: 8 });
    const others = await Promise.all(Array.from({ length: 19 }, () => line.addSupplier({ concurrency: 4 })));
    await line.take(framesFor(dead.organisationNumber, 500));
    for (let i = 0; i < 4; i++) {
      const probes = dead.endpoint.requests.length;
      await line.take(others.flatMap(({ organisationNumber }) => framesFor(organisationNumber, 5)));
      await eventually('the others have it all', async () => (await line.states()).delivered === (i + 1) * 95);
      await eventually('the dead one is still probed', () => dead.endpoint.requests.length > probes);
    }
    for (const supplier of others) assert.equal(supplier.received().length, 20);
    assert.equal(await deliveredTo(dead), undefined);
    // After the first window only the oldest was ever tried.
    assert.equal(new Set(dead.received().slice(8)).size, 1);
    await role.stop();
    await line.pool.query("update lane set state = 'paused', wake_at = null where id = $1", [dead.lane]);
  });

  it('a hundred tar pits hold a place each for as long as they like, and twenty others get everything meanwhile', async () => {
    // Their pushes end long after the others are served: nothing here waits for a time-out to let them through.
    const role = await line.deliver({
      KUVERT_CONNECT_TIMEOUT: '60s',
      KUVERT_PUSH_TIMEOUT: '60s',
      KUVERT_LEASE: '70s',
      KUVERT_DATABASE_CONNECTIONS: '10',
      KUVERT_STOP_TIMEOUT: '1s',
    });
    const pits = await Promise.all(
      Array.from({ length: 100 }, (_, i) => line.addSupplier({ behaviour: i % 2 === 0 ? 'tar-pit' : 'hang' })),
    );
    const others = await Promise.all(Array.from({ length: 20 }, () => line.addSupplier()));
    await line.take(pits.flatMap(({ organisationNumber }) => framesFor(organisationNumber, 5)));
    await eventually('all pits are being tried', async () => (await line.states()).sending === 100);
    const delivered = (await line.states()).delivered ?? 0;
    for (let i = 1; i <= 3; i++) {
      await line.take(others.flatMap(({ organisationNumber }) => framesFor(organisationNumber, 10)));
      await eventually('the others have it all', async () => (await line.states()).delivered === delivered + i * 200);
      assert.equal((await line.states()).sending, 100, 'every pit still holds its place');
    }
    for (const supplier of others) assert.equal(await deliveredTo(supplier), 30);
    for (const { endpoint } of pits) assert.equal(endpoint.seen.connections, 1);
    await role.stop();
    assert.equal((await line.states()).sending, undefined);
  });
});
