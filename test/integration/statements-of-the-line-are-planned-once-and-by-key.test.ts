import { strict as assert } from 'node:assert';
import { silentLog } from '../../src/platform/log.ts';
import { drainDeps } from '../../src/roles/delivery.ts';
import { openStore } from '../../src/roles/parts.ts';
import { accept } from '../../src/store/accept/accept.ts';
import type { Pool } from '../../src/store/pool.ts';
import { frameFor, framesFor, type Line, openLine } from '../support/line.ts';
import { preparedOn, readsWhole } from '../support/plans.ts';

describe('statements of the line are planned once and by key', () => {
  let line: Line;
  let pool: Pool;
  before(async () => {
    line = await openLine();
    pool = await openStore({ databaseUrl: line.settings().databaseUrl, databaseConnections: 1 }, 'delivery', silentLog);
  });
  after(async () => {
    await pool.close();
    await line.close();
  });

  it('a connection says so before its first statement, and every new one again', async () => {
    const mode = async () => (await pool.query<{ plan_cache_mode: string }>('show plan_cache_mode')).rows[0];
    assert.deepEqual(await mode(), { plan_cache_mode: 'force_generic_plan' });
    const [mine] = (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
    await line.pool.query('select pg_terminate_backend($1)', [mine?.pid]);
    while ((await line.pool.query('select from pg_stat_activity where pid = $1', [mine?.pid])).rowCount > 0);
    // The pool may not have heard of it yet.
    await pool.query('select 1').catch(() => undefined);
    assert.deepEqual(await mode(), { plan_cache_mode: 'force_generic_plan' });
  });

  it('after many windows no statement has been planned for its values, and none reads a whole table or index', () =>
    manyWindows(line, pool));

  it('and not either where the store was analysed while it was empty', async () => {
    const other = await openLine();
    const store = await openStore(
      { databaseUrl: other.settings().databaseUrl, databaseConnections: 1 },
      'delivery',
      silentLog,
    );
    try {
      await other.pool.query('vacuum (analyze)');
      await manyWindows(other, store);
    } finally {
      await store.close();
      await other.close();
    }
  });
});

async function manyWindows(line: Line, pool: Pool): Promise<void> {
  const supplier = await line.addSupplier();
  for (const frame of framesFor(supplier.organisationNumber, 12)) await accept(pool, [frame]);
  // And a number that is used again.
  const numbered = (content: string) => frameFor(supplier.organisationNumber, { documentNumber: 'N', content });
  await accept(pool, [numbered('1')]);
  await line.pool.query(
    `update delivery set state = 'cancelled', next_try_at = null
      where message_id = (select id from message where organisation_number = $1 and document_number = 'N')`,
    [supplier.organisationNumber],
  );
  const { verdicts } = await accept(pool, [numbered('2')]);
  assert.equal(verdicts[0]?.kind, 'accepted');
  const giveUp = new AbortController();
  const deps = drainDeps({ settings: line.settings(), log: silentLog, pool, giveUp, stopping: () => false }, '0.0.0');
  for (let window = 0; window < 8; window++) {
    const taken = await deps.take(supplier.lane, 60_000);
    assert.ok(taken.kind === 'taken');
    const due = await deps.due(taken.target, 1, 'oldest');
    const { claimed } = await deps.claim(taken.hold, taken.target, due, new Map());
    assert.equal(claimed.length, 1);
    const tries = claimed.map((one) => ({ ...one, outcome: { kind: 'delivered', totalMs: 1 } as const }));
    const tried = tries.map(({ deliveryId, outcome }) => ({ deliveryId, outcome, failures: 0 }));
    await deps.record(taken.hold, tries, { milliseconds: 0, waits: false }, (lane) => deps.settle(lane, tried));
    await deps.leave(taken.hold);
    await line.pool.query('update lane set wake_at = clock_timestamp() where id = $1', [supplier.lane]);
  }
  const ours = (await preparedOn(pool)).filter(({ statement }) =>
    /\b(from|into|update) (lane|delivery|attempt|message|frame|accepted_document|recipient|outbox|address)\b/.test(
      statement,
    ),
  );
  assert.ok(ours.length >= 12, `${ours.length} statements`);
  for (const one of ours) {
    assert.equal(one.custom_plans, 0, one.statement);
    assert.deepEqual(await readsWhole(pool, one), [], one.statement);
  }
  await deps.close();
}
