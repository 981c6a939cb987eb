import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Local } from '../../src/platform/local/local.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';
import { ownServers, sharedServers } from '../support/servers.ts';

describe('Redis killed for 20 s', () => {
  let servers: Local;
  let line: Line;
  before(async () => {
    servers = await ownServers({ redis: true });
    assert.ok(servers.redis);
    line = await openLine({ servers: { databaseUrl: sharedServers().databaseUrl, redisUrl: servers.redis.url } });
  });
  after(async () => {
    await line.close();
    await servers.stop();
  });

  it('intake goes on, nothing is lost, and delivery goes on by itself when Redis is back', async () => {
    await line.deliver();
    const suppliers = await Promise.all(
      Array.from({ length: 3 }, () => line.addSupplier({ behaviour: { status: 204, delay: 5 } })),
    );
    const takeTen = () => line.take(suppliers.flatMap(({ organisationNumber }) => framesFor(organisationNumber, 10)));
    await takeTen();
    await eventually('the drain is under way', () => suppliers.every(({ endpoint }) => endpoint.requests.length > 2));
    await servers.redis?.kill();
    // Storing does not wait for Redis; its alarms fail fast.
    for (let i = 0; i < 20; i++) {
      await takeTen();
      await sleep(1_000);
    }
    const during = await line.states();
    assert.equal((during.waiting ?? 0) + (during.delivered ?? 0) + (during.sending ?? 0), 630);
    await servers.redis?.restart();
    await eventually('all is delivered', async () => (await line.states()).delivered === 630);
    for (const supplier of suppliers) {
      assert.deepEqual(
        supplier.sequences(),
        Array.from({ length: 210 }, (_, i) => i + 1),
      );
      assert.equal(supplier.received().length, 210);
    }
  });
});
