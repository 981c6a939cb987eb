import { strict as assert } from 'node:assert';
import { Redis } from 'ioredis';
import type { Local } from '../../src/platform/local/local.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';
import { ownServers, sharedServers } from '../support/servers.ts';

describe('Redis emptied mid-drain', () => {
  let servers: Local;
  let line: Line;
  before(async () => {
    servers = await ownServers({ redis: true });
    assert.ok(servers.redis);
    line = await openLine({
      servers: { databaseUrl: sharedServers().databaseUrl, redisUrl: servers.redis.url },
      settings: { KUVERT_RETRY_SCHEDULE: '300ms' },
    });
  });
  after(async () => {
    await line.close();
    await servers.stop();
  });

  it('while lanes are drained, back off and wait: every message arrives once and in order', async () => {
    await line.deliver();
    const well = await Promise.all(
      Array.from({ length: 3 }, () => line.addSupplier({ behaviour: { status: 204, delay: 2 } })),
    );
    const down = await line.addSupplier({ behaviour: 503 });
    const suppliers = [...well, down];
    const redis = new Redis(line.redisUrl);
    for (let i = 0; i < 5; i++) {
      await line.take(suppliers.flatMap(({ organisationNumber }) => framesFor(organisationNumber, 20)));
      const before = well.map(({ endpoint }) => endpoint.requests.length);
      await eventually('they are under way', () =>
        well.every(({ endpoint }, n) => endpoint.requests.length > (before[n] ?? 0) + 2),
      );
      await redis.flushall();
    }
    await eventually(
      'the one that is down backs off',
      async () => (await line.lane(down.lane)).state === 'backing-off',
    );
    down.endpoint.behave('ok');
    await redis.flushall();
    redis.disconnect();
    await eventually('all is delivered', async () => (await line.states()).delivered === 400);
    for (const supplier of suppliers)
      assert.deepEqual(
        supplier.sequences(),
        Array.from({ length: 100 }, (_, i) => i + 1),
      );
    for (const supplier of well) assert.equal(supplier.received().length, 100);
  });
});
