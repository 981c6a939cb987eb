import { strict as assert } from 'node:assert';
import { moveMessage } from '../../src/operations/messages.ts';
import { listAudit } from '../../src/store/audit.ts';
import { conservation } from '../../src/store/conservation.ts';
import { readJob } from '../../src/store/operator/jobs.ts';
import type { Visitor } from '../support/browser.ts';
import { type Console, openConsole } from '../support/console.ts';
import { carryOutNext, crashJob } from '../support/crash-job.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  supplierFile,
  takeMessage,
} from '../support/register.ts';

const firm = '5560160680';
/** More than a job of two messages has. */
const mostSteps = 60;

describe('operators’ process killed at each step of a job', function () {
  this.timeout(240_000);
  let desk: Console;
  let operator: Visitor;
  before(async () => {
    // It looks for jobs when one is started by its page, and hardly ever else: here none is.
    desk = await openConsole({ options: { jobs: { lease: 60_000, every: 600_000 } } });
    await importValue(desk.pool, supplierFile(firm, [addressEntry({ certificates: [await certificate('Ett')] })]));
    operator = await desk.signedIn('olle', 'operator');
    await operator.get('/jobs/new');
  });
  after(() => desk?.stop());

  const order = (action: 'hold' | 'release', messageId: string) =>
    moveMessage(desk.pool, { action, messageId, actor: 'cli:test', reason: 'a test', now: new Date() });
  /** One that it can release, and one that was released before its turn came. */
  async function startJob(reason: string): Promise<{ readonly id: number; readonly messages: readonly string[] }> {
    const messages = [await takeMessage(desk.pool, firm), await takeMessage(desk.pool, firm)];
    for (const message of messages) await order('hold', message);
    const wanted = { action: 'release', state: 'held', recipient: firm, rate: '1000', reason };
    const answer = await operator.post('/jobs', wanted);
    assert.equal(answer.status, 303, answer.body);
    const id = Number(String(answer.headers['location']).split('/').at(-1));
    await order('release', messages[1] ?? '');
    await desk.pool.query("update job set state = 'queued', order_row = 1 where id = $1", [id]);
    return { id, messages };
  }
  async function standing(id: number, reason: string, messages: readonly string[]) {
    const job = await readJob(desk.pool, id);
    const rows = (await listAudit(desk.pool, { action: 'message.release', limit: 1000 })).filter(
      (row) => row.reason === reason,
    );
    const states = await Promise.all(messages.map(async (one) => (await deliveriesOf(desk.pool, one)).at(-1)?.state));
    return { job, rows: rows.length, states };
  }

  it('the next one goes on: no message is moved twice, none is left out, and what it says it did is what was done', async () => {
    let killed = true;
    let nth = 0;
    const seen = new Set<string>();
    while (killed) {
      nth += 1;
      assert.ok(nth < mostSteps, 'a job of two messages has fewer steps');
      const reason = `killed at step ${nth}`;
      const { id, messages } = await startJob(reason);
      killed = await crashJob(desk.databaseUrl, nth);
      const { job, rows, states } = await standing(id, reason, messages);
      seen.add(`${job?.state} ${job?.done}`);
      // What is counted as moved was moved, has its row, and nothing else was.
      assert.deepEqual(
        [states, rows, job?.done],
        [[job?.moved === 1 ? 'waiting' : 'held', 'waiting'], job?.moved, (job?.moved ?? 0) + (job?.notMoved ?? 0)],
        reason,
      );
      // The lease of the process that is gone is over.
      await desk.pool.query(
        "update job set lease_until = now() - interval '1 second' where id = $1 and holder is not null",
        [id],
      );
      if (job?.endedAt === undefined) assert.equal(await carryOutNext(desk.pool), true, reason);
      const after = await standing(id, reason, messages);
      assert.deepEqual(
        [after.job?.state, after.job?.moved, after.job?.notMoved, after.rows, after.states],
        ['done', 1, 1, 1, ['waiting', 'waiting']],
        reason,
      );
      assert.equal(await carryOutNext(desk.pool), false, reason);
    }
    // It was met everywhere: before it was taken, before and after each message, before and after its end.
    assert.deepEqual([...seen], ['queued 0', 'running 0', 'running 1', 'running 2', 'done 2']);
    assert.deepEqual((await conservation(desk.pool)).breaches, []);
  });
});
