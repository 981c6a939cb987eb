/** A short campaign, the same inputs each time; `npm run hostile` is the long one (docs/proof/hostile-input.md). */
import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { campaign } from '../hostile/campaign.ts';
import { targets } from '../hostile/targets.ts';

const inputs = 800;

describe('hostile input gets a clear answer', () => {
  it('wherever strangers can reach us: no crash, no hang, and nothing gets past a check', async () => {
    const reports = await campaign({ inputs, seed: 1, atOnce: 2, together: true });
    assert.deepEqual(
      reports.map(({ target }) => target),
      targets.map(({ name }) => name),
    );
    assert.deepEqual(
      reports.flatMap(({ target, failure }) => (failure === undefined ? [] : [{ target, ...failure }])),
      [],
    );
    assert.ok(reports.reduce((sum, report) => sum + report.inputs, 0) >= inputs);
    // What is always refused shows nothing: right input got through too.
    for (const [target, got] of [
      ['documents', 'accepted'],
      ['frames', 'accepted'],
      ['suppliers', 'accepted'],
      ['envelopes', 'opened, as it was sealed'],
      ['broker', 'taken as they were sent'],
      ['answers', 'delivered'],
      ['listener', '200'],
      ['mailbox', '200'],
      ['est', 'simpleenroll 200, a certificate'],
      ['orders', 'the password'],
    ] as const)
      assert.ok((reports.find((report) => report.target === target)?.got[got] ?? 0) > 0, `${target}: ${got}`);
  });

  it('an unknown target, or a number that is none, is said at once', async () => {
    const run = (...args: string[]) => promisify(execFile)(process.execPath, ['test/hostile/main.ts', ...args]);
    await assert.rejects(run('--target', 'nobody'), { code: 2 });
    await assert.rejects(run('--inputs', '1e9'), { code: 2 });
  });
});
