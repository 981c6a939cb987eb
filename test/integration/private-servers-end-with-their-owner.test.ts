import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { type LocalOptions, startLocal } from '../../src/platform/local/local.ts';
import { descendants, gone, type Identity, identify, isAlive } from '../../src/platform/local/process.ts';

const local = new URL('../../src/platform/local/local.ts', import.meta.url).href;
const everything = { broker: true, redis: true, postgres: true };

interface Started {
  readonly owner: ChildProcess;
  readonly servers: Identity[];
  readonly databaseUrl: string;
}

/** Starts a process that starts servers in `folder`, all three or those named, and then waits to be ended. */
async function startOwner(folder: string, want: LocalOptions['want'] = everything): Promise<Started> {
  const program = `
    const { startLocal } = await import(${JSON.stringify(local)});
    const it = await startLocal({ folder: ${JSON.stringify(folder)}, want: ${JSON.stringify(want)}, brief: true });
    process.on('SIGINT', () => it.stop().then(() => process.exit(0)));
    console.log(JSON.stringify({ databaseUrl: it.postgres?.url, pids: [it.broker, it.redis, it.postgres].filter(Boolean).map((s) => s.pid()) }));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: owner.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { databaseUrl, pids } = JSON.parse(line) as { databaseUrl: string; pids: number[] };
  const family = pids.flatMap((pid) => [...[identify(pid)].filter((one) => one !== undefined), ...descendants(pid)]);
  return { owner, servers: family, databaseUrl };
}

async function ended(owner: ChildProcess, name: NodeJS.Signals): Promise<void> {
  const exit = once(owner, 'exit');
  owner.kill(name);
  await exit;
}

describe('private servers end with their owner', function () {
  this.timeout(60_000);
  mkdirSync('.kuvert', { recursive: true });
  const base = mkdtempSync(join(process.cwd(), '.kuvert/ends-'));
  after(() => rmSync(base, { recursive: true, force: true }));

  it('two sets run side by side, each with its own ports and passwords', async () => {
    const want = { redis: true, postgres: true };
    const sets = await Promise.all(['left', 'right'].map((name) => startLocal({ folder: join(base, name), want })));
    try {
      const urls = sets.flatMap((set) => [set.redis?.url ?? '', set.postgres?.url ?? '']).map((url) => new URL(url));
      assert.equal(new Set(urls.map((url) => url.port)).size, 4);
      assert.equal(new Set(urls.map((url) => url.password)).size, 4);
      assert.deepEqual([...new Set(urls.map((url) => url.hostname))], ['127.0.0.1']);
    } finally {
      await Promise.all(sets.map((set) => set.stop()));
    }
    assert.deepEqual(readdirSync(base), []);
  });

  it('Ctrl-C on the owner leaves no process and no data', async () => {
    const folder = join(base, 'ctrl-c');
    const { owner, servers } = await startOwner(folder);
    assert.ok(servers.length > 3, 'PostgreSQL has processes of its own');
    await ended(owner, 'SIGINT');
    assert.deepEqual(servers.filter(isAlive), []);
    assert.equal(existsSync(folder), false);
  });

  it('kill -9 of the owner ends the servers too, and the next start beside it removes the data', async () => {
    const folder = join(base, 'killed');
    const { owner, servers } = await startOwner(folder);
    await ended(owner, 'SIGKILL');
    assert.equal(await gone(servers, 10_000), true);
    assert.equal(existsSync(folder), true);
    const outside = readFileIfThere(join(folder, 'postgres.outside'));
    const next = await startLocal({ folder: join(base, 'next'), want: { redis: true } });
    await next.stop();
    assert.equal(existsSync(folder), false);
    if (outside !== undefined) assert.equal(existsSync(outside), false);
  });

  it('what a dead owner left running is ended by the next start, and nobody else is', async () => {
    const folder = join(base, 'left-running');
    const first = await startLocal({ folder, want: { redis: true }, keep: true });
    await first.stop();
    // A process that a killed owner left, and one that merely has the number of another that is long gone.
    const left = spawn('sleep', ['60'], { stdio: 'ignore' });
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: 1, started: 'long ago', keep: true }));
      writeFileSync(join(folder, 'redis.process'), JSON.stringify(identify(left.pid ?? 0)));
      writeFileSync(join(folder, 'broker.process'), JSON.stringify({ pid: stranger.pid, started: '1' }));
      const second = await startLocal({ folder, want: { redis: true } });
      await second.stop();
      assert.equal(identify(left.pid ?? 0), undefined);
      assert.notEqual(identify(stranger.pid ?? 0), undefined);
    } finally {
      left.kill();
      stranger.kill();
    }
  });

  it('a folder in use is not started in twice', async () => {
    const folder = join(base, 'taken');
    const { owner } = await startOwner(folder, { redis: true });
    try {
      await assert.rejects(startLocal({ folder, want: { redis: true } }), /in use by process \d+/);
    } finally {
      await ended(owner, 'SIGINT');
    }
  });

  it('kept data are there again after a stop and after kill -9 of the server', async () => {
    const folder = join(base, 'kept');
    const first = await startLocal({ folder, want: { postgres: true }, keep: true });
    await query(first.postgres?.url, "create table note as select 'still here' as text");
    await first.postgres?.kill();
    await first.postgres?.restart();
    assert.deepEqual(await query(first.postgres?.url, 'select text from note'), [{ text: 'still here' }]);
    await first.stop();
    const second = await startLocal({ folder, want: { postgres: true } });
    assert.deepEqual(await query(second.postgres?.url, 'select text from note'), [{ text: 'still here' }]);
    await second.stop();
    assert.equal(existsSync(folder), false);
  });

  it('a paused server keeps its connections and answers when it is resumed', async () => {
    const { redis, stop } = await startLocal({ folder: join(base, 'paused'), want: { redis: true } });
    try {
      redis?.pause();
      const { port, password } = new URL(redis?.url ?? '');
      const socket = connect({ port: Number(port), host: '127.0.0.1' });
      socket.write(`AUTH ${password}\r\nPING\r\n`);
      const answer = once(socket, 'data').then(([chunk]) => String(chunk));
      assert.equal(await Promise.race([answer, silence(300)]), 'silence');
      redis?.resume();
      assert.match(await answer, /\+OK/);
      socket.destroy();
    } finally {
      await stop();
    }
  });
});

function silence(milliseconds: number): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('silence'), milliseconds);
  });
}

async function query(url: string | undefined, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

function readFileIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
