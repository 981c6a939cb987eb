import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { migrate, requireDurable, requireMigrated } from '../../src/store/migrate.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { dumpSchema, schemaFile } from '../support/schema-dump.ts';
import { freshDatabase, freshPrefix, sharedServers } from '../support/servers.ts';

describe('migrations make the committed schema', () => {
  const pools: Pool[] = [];
  after(() => Promise.all(pools.map((pool) => pool.close())));

  function open(url: string): Pool {
    const pool = createPool({ url, connections: 4, name: 'test' });
    pools.push(pool);
    return pool;
  }

  async function emptyDatabase(): Promise<string> {
    const name = freshPrefix();
    const client = new Client({ connectionString: sharedServers().databaseUrl });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    const url = new URL(sharedServers().databaseUrl);
    url.pathname = `/${name}`;
    return url.href;
  }

  it('src/store/schema.sql is what they make', async () => {
    const pool = open(await freshDatabase());
    assert.equal(
      await dumpSchema(pool),
      readFileSync(schemaFile, 'utf8'),
      'run `npm run schema` and read the difference',
    );
  });

  it('a second time nothing is done, and the schema is the same', async () => {
    const pool = open(await emptyDatabase());
    const { applied } = await migrate(pool);
    assert.ok(applied.includes('0001_the_line.sql'));
    const before = await dumpSchema(pool);
    assert.deepEqual(await migrate(pool), { applied: [] });
    assert.equal(await dumpSchema(pool), before);
    await requireMigrated(pool);
  });

  it('five processes that start together migrate once', async () => {
    const url = await emptyDatabase();
    const all = await Promise.all(Array.from({ length: 5 }, () => migrate(open(url))));
    const applied = all.flatMap((one) => one.applied);
    assert.equal(new Set(applied).size, applied.length);
    assert.ok(applied.length > 0);
  });

  it('a database without migrations, or with others than ours, is refused', async () => {
    const pool = open(await emptyDatabase());
    await assert.rejects(requireMigrated(pool), { code: 'store-unsafe', message: /kuvert migrate/ });
    await migrate(pool);
    await pool.query("insert into migration (name, sha256) values ('9999_of_tomorrow.sql', '')");
    await assert.rejects(requireMigrated(pool), { code: 'store-unsafe', message: /9999_of_tomorrow/ });
    await pool.query("update migration set sha256 = 'another' where name = '0001_the_line.sql'");
    await assert.rejects(migrate(pool), { code: 'store-unsafe', message: /another 0001_the_line\.sql/ });
  });

  it('a PostgreSQL that may forget what it has confirmed is refused', async () => {
    const url = await emptyDatabase();
    await requireDurable(open(url));
    const name = new URL(url).pathname.slice(1);
    await open(url).query(`alter database ${name} set synchronous_commit = off`);
    await assert.rejects(requireDurable(open(url)), { code: 'store-unsafe', message: /synchronous_commit = off/ });
  });

  it('every setting that could lose something is looked at', async () => {
    for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) {
      let asked = '';
      const pool = {
        query: async (text: string) => {
          asked = text;
          return { rows: [{ name: setting, setting: 'off' }] as never[], rowCount: 1 };
        },
      };
      await assert.rejects(requireDurable(pool), { code: 'store-unsafe', message: new RegExp(`${setting} = off`) });
      assert.ok(asked.includes(`'${setting}'`));
    }
  });
});
