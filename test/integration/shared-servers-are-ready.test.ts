import { strict as assert } from 'node:assert';
import { Client } from 'pg';
import { answers } from '../../src/platform/local/probe.ts';
import { freshDatabase, freshPrefix, sharedServers } from '../support/servers.ts';

async function rows(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('the shared servers are ready', () => {
  it('each test file gets a database of its own with the present schema', async () => {
    const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
    assert.notEqual(one, other);
    await rows(one, 'create table mine (n int)');
    assert.equal((await rows(other, "select 1 from pg_tables where tablename = 'mine'")).length, 0);
    assert.ok((await rows(other, 'select name from migration')).length > 0);
  });

  it('PostgreSQL keeps what it is told, in UTF-8 and UTC', async () => {
    const settings = ['fsync', 'full_page_writes', 'synchronous_commit', 'server_encoding', 'timezone'];
    const text = settings.map((name) => `current_setting('${name}') as ${name}`).join(', ');
    assert.deepEqual(await rows(await freshDatabase(), `select ${text}`), [
      { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', server_encoding: 'UTF8', timezone: 'UTC' },
    ]);
  });

  it('Redis wants its password, appends to a file and evicts nothing', async () => {
    const { port, password } = new URL(sharedServers().redisUrl);
    const ask = (request: string, expected: string) => answers(Number(port), request, expected);
    assert.equal(await ask('PING\r\n', 'NOAUTH'), true);
    assert.equal(await ask(`AUTH ${password}\r\nCONFIG GET maxmemory-policy\r\n`, 'noeviction'), true);
    assert.equal(await ask(`AUTH ${password}\r\nINFO persistence\r\n`, 'aof_enabled:1'), true);
  });

  it('the broker speaks STOMP with heart-beats and refuses a wrong password', async () => {
    const { brokerUrl, brokerUser, brokerPassword } = sharedServers();
    const port = Number(new URL(brokerUrl).port);
    const frame = (passcode: string) =>
      `CONNECT\naccept-version:1.2\nhost:${freshPrefix()}\nheart-beat:1000,1000\nlogin:${brokerUser}\npasscode:${passcode}\n\n\0`;
    assert.equal(await answers(port, frame(brokerPassword), 'heart-beat:1000,1000'), true);
    assert.equal(await answers(port, frame('wrong'), 'ERROR'), true);
  });
});
