/** The page about the operators' API can be followed: its commands run as they are, one after the other, and do what it says. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { operatorContract } from '../../src/operations/face/api/contract.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { listAudit } from '../../src/store/audit.ts';
import { run } from '../support/cluster.ts';
import { type Console, openConsole } from '../support/console.ts';
import { mustHave } from '../support/installed.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';

const page = readFileSync('docs/operators-api.md', 'utf8');

describe('the page about the operators’ API', () => {
  let line: Line;
  let desk: Console;
  before(async () => {
    mustHave('curl');
    mustHave('jq');
    line = await openLine();
    desk = await openConsole({ store: line });
  });
  after(async () => {
    await desk?.stop();
    await line?.close();
  });

  it('names every action, with the permission that it needs', () => {
    const rows = [...page.matchAll(/^\| [^|]+ \| (`[^|]+) \| `(\w+)` \|$/gm)];
    const named = rows.flatMap(([, paths = '', permission = '']) => {
      let stem = '';
      return [...paths.matchAll(/`([a-z…-]+[^`]*\/[^`]+)`/g)].map(([, path = '']) => {
        const whole = path.startsWith('…') ? stem + path.slice(1) : path;
        stem = whole.slice(0, whole.lastIndexOf('/'));
        return `${whole} ${permission}`;
      });
    });
    const described = Object.entries(operatorContract.paths)
      .filter(([path, item]) => item['post'] !== undefined && !path.startsWith('/api/v1/jobs'))
      .map(([path, item]) => {
        const { description } = item['post'] as { description: string };
        return `${path.replace('/api/v1/', '')} ${/`(\w+)`\.$/.exec(description)?.[1]}`;
      });
    assert.deepEqual(named.toSorted(), described.toSorted());
  });

  it('has commands that run, and do what it says', async () => {
    const { organisationNumber, lane } = await line.addSupplier({ delivery: 'pull' });
    const { verdicts } = await line.take(framesFor(organisationNumber, 4));
    for (const verdict of verdicts) {
      assert.ok(verdict.kind === 'accepted');
      const order = { action: 'hold', messageId: verdict.messageId, actor: 'cli:test', reason: 'a test' } as const;
      await moveMessage(line.pool, { ...order, now: new Date() });
    }
    await desk.signedIn('anna', 'operator');
    const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
    assert.equal(blocks.length, 5);
    const script = ['set -euo pipefail', 'kuvert() { bin/kuvert "$@"; }', ...blocks].join('\n');
    const { PATH = '', HOME = '' } = process.env;
    const said = await run(script, {
      env: { PATH, HOME, DATABASE_URL: line.databaseUrl, KUVERT_ENVIRONMENT: 'test', OPERATORS: desk.api.origin },
    });
    const lines = said.trim().split('\n');
    assert.match(lines[0] ?? '', /^(unknown|well|look)$/);
    assert.equal(lines.filter((one) => one.endsWith('\theld-by-operator')).length, 4);
    assert.ok(lines.includes('{"changed":true,"before":"held","now":"waiting"}'), said);
    assert.ok(lines.includes('{"state":"done","moved":3,"notMoved":0,"examples":[]}'), said);
    assert.match(said, /"The request cannot be read"\n.*"where":"\/body\/reason"/);
    assert.deepEqual(await line.states(lane), { waiting: 4 });
    const rows = await listAudit(line.pool, { action: 'message.release', limit: 10 });
    assert.deepEqual(
      new Set(rows.map(({ actor, reason }) => `${actor} ${reason}`)),
      new Set(['token:anna/nightly ticket 12']),
    );
  });
});
