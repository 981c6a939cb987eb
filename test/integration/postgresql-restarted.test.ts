import { strict as assert } from 'node:assert';
import type { Local } from '../../src/platform/local/local.ts';
import { isServerTrouble } from '../../src/store/pool.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { ownServers, sharedServers } from '../support/servers.ts';

describe('PostgreSQL restarted', () => {
  let servers: Local;
  let line: Line;
  before(async () => {
    servers = await ownServers({ postgres: true });
    assert.ok(servers.postgres);
    line = await openLine({
      servers: { databaseUrl: servers.postgres.url, redisUrl: sharedServers().redisUrl },
      settings: { KUVERT_PUSH_TIMEOUT: '1s', KUVERT_LEASE: '6500ms' },
    });
  });
  after(async () => {
    await line.close();
    await servers.stop();
  });

  /** Stores as intake does: tried again for as long as the server is in trouble. */
  async function take(suppliers: readonly TestSupplier[], count: number): Promise<void> {
    for (const { organisationNumber } of suppliers) {
      const frames = framesFor(organisationNumber, count);
      await eventually('the batch is stored', async () => {
        try {
          await line.take(frames);
          return true;
        } catch (error) {
          if (!isServerTrouble(error)) throw error;
          return false;
        }
      });
    }
  }

  const states = (): Promise<Readonly<Record<string, number>>> =>
    line.states().catch((error: unknown) => {
      if (!isServerTrouble(error)) throw error;
      return {};
    });

  for (const how of ['cleanly', 'with kill -9'] as const)
    it(`${how}, mid-drain: every message arrives, repeats carry the same id, and all is conserved`, async () => {
      const role = await line.deliver();
      const suppliers = await Promise.all(
        Array.from({ length: 3 }, () => line.addSupplier({ behaviour: { status: 204, delay: 3 }, concurrency: 2 })),
      );
      const before = (await states()).delivered ?? 0;
      await take(suppliers, 60);
      for (let i = 1; i <= 2; i++) {
        const seen = suppliers.map(({ endpoint }) => endpoint.requests.length);
        await eventually('they are under way', () =>
          suppliers.some(({ endpoint }, n) => endpoint.requests.length > (seen[n] ?? 0) + 3),
        );
        if (how === 'with kill -9') await servers.postgres?.kill();
        await servers.postgres?.restart();
        await take(suppliers, 20);
      }
      await eventually('all is delivered', async () => (await states()).delivered === before + 300);
      for (const supplier of suppliers) {
        assert.deepEqual(
          supplier.sequences().toSorted((a, b) => a - b),
          Array.from({ length: 100 }, (_, i) => i + 1),
        );
        assert.equal(new Set(supplier.received()).size, 100);
        const bodies = new Set(
          supplier.endpoint.requests.map(
            ({ headers, body }) => `${String(headers['idempotency-key'])} ${body.toString('utf8')}`,
          ),
        );
        assert.equal(bodies.size, 100, 'the bytes of a repeat are those of the first');
      }
      await role.stop();
    });

  it('a listener comes back, is told that it may have missed something, and hears again', async () => {
    const heard: string[] = [];
    const ear = line.pool.listen('test_channel', (payload) => heard.push(payload));
    const say = (text: string) =>
      eventually(`“${text}” is heard`, async () => {
        await line.pool.query("select pg_notify('test_channel', $1)", [text]).catch(() => undefined);
        return heard.includes(text);
      });
    await say('before');
    await servers.postgres?.restart();
    await eventually('it came back', () => heard.includes(''));
    await say('after');
    await ear.close();
  });

  it('a listener that is closed while it comes back ends without a trace', async () => {
    const ear = line.pool.listen('test_channel', () => undefined);
    await servers.postgres?.kill();
    await ear.close();
    await servers.postgres?.restart();
    await eventually('the server answers', async () =>
      line.pool
        .query('select 1')
        .then(() => true)
        .catch(() => false),
    );
    const { rows } = await line.pool.query<{ n: number }>(
      "select count(*) as n from pg_stat_activity where query like 'listen%test_channel%' and state = 'idle'",
    );
    assert.equal(rows[0]?.n, 0);
  });
});
