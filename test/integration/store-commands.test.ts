import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { command } from '../support/command.ts';
import { takeMessage } from '../support/register.ts';
import { freshDatabase } from '../support/servers.ts';

const a = '5560160680';

describe('kuvert store', () => {
  let url: string;
  let pool: Pool;
  let folder: string;
  beforeEach(async () => {
    url = await freshDatabase();
    pool = createPool({ url, connections: 2, name: 'test' });
    folder = mkdtempSync(join(tmpdir(), 'kuvert-store-'));
  });
  afterEach(async () => {
    await pool.close();
    rmSync(folder, { recursive: true });
  });
  const store = (...args: string[]) => command(['store', ...args], { DATABASE_URL: url });

  it('counters prints what after-restore reads, and the margin begins there', async () => {
    for (let i = 0; i < 3; i++) await takeMessage(pool, a);
    const counters = await store('counters');
    assert.deepEqual([counters.code, counters.out], [0, `${a} 3\n`]);
    const file = join(folder, 'counters.txt');
    writeFileSync(file, counters.out.replace('3', '40'));
    const order = ['after-restore', '--counters', file, '--margin', '60', '--reason', 'ticket 5'];
    const told = await store(...order, '--json');
    assert.equal((JSON.parse(told.out) as { done: boolean }).done, false);
    assert.equal((await store('counters')).out, `${a} 3\n`);
    const done = await store(...order, '--yes', '--json');
    const { done: isDone, voids, margin } = JSON.parse(done.out) as Record<string, unknown>;
    assert.deepEqual(
      [isDone, margin, voids],
      [true, 60, [{ organisationNumber: a, first: 4, last: 100, supplier: null }]],
    );
    assert.equal((await store('counters')).out, `${a} 100\n`);
    const numbers = await store('numbers', '556016-0680', '--to', '120');
    assert.match(numbers.out, /\n +1 +3 +held\b.*\n +4 +100 +void +\S+ \S+ +ticket 5\n +101 +120 +not-given\b/);
  });

  it('after-restore wants a reason for the audit, and is either a rehearsal or not', async () => {
    await takeMessage(pool, a);
    const without = await store('after-restore', '--yes');
    assert.deepEqual([without.code, /--reason <text> must be given/.test(without.err)], [2, true]);
    const both = await store('after-restore', '--yes', '--dry-run', '--reason', 'x');
    assert.deepEqual([both.code, /cannot be used with/.test(both.err)], [2, true]);
    const plain = await store('after-restore');
    assert.deepEqual([plain.code, /Nothing was done\. The same command with --yes/.test(plain.out)], [0, true]);
    assert.equal((await pool.query('select 1 from restoration')).rowCount, 0);
  });

  it('numbers of somebody who never had one', async () => {
    assert.match((await store('numbers', a)).out, /^No number was given to 5560160680\.\n$/);
  });
});
