import { strict as assert } from 'node:assert';
import { silentLog } from '../../src/platform/log.ts';
import { drainDeps } from '../../src/roles/delivery.ts';
import { openStore } from '../../src/roles/parts.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { type Mailbox, readActing } from '../../src/store/collect/box.ts';
import { readFetchable, recordGiving } from '../../src/store/collect/fetch.ts';
import { listMailbox } from '../../src/store/collect/list.ts';
import { takeReceipts } from '../../src/store/collect/receipts.ts';
import { readOwn } from '../../src/store/collect/standing.ts';
import { followPrincipal, principalsDue } from '../../src/store/mandate-clock.ts';
import type { Pool } from '../../src/store/pool.ts';
import { framesFor, type Line, openLine } from '../support/line.ts';
import { giveMandate, strangerNumber, takeMandate } from '../support/mandate.ts';
import { preparedOn, readsWhole } from '../support/plans.ts';

describe('statements of mandates are planned once and by key', () => {
  let line: Line;
  let pool: Pool;
  before(async () => {
    line = await openLine();
    pool = await openStore({ databaseUrl: line.databaseUrl, databaseConnections: 1 }, 'delivery', silentLog);
  });
  after(async () => {
    await pool.close();
    await line.close();
  });

  const giving = { fingerprint: 'a'.repeat(64), remoteAddress: '127.0.0.1' };
  const sealed = {
    format: 'cloudevents',
    head: 'h',
    signature: 's',
    sha256: 'b'.repeat(64),
    keyThumbprint: 't',
  } as const;

  it('after many rounds no statement has been planned for its values, and none reads a whole table', async () => {
    const agent = await line.addSupplier();
    const principal = strangerNumber(80);
    const giveUp = new AbortController();
    const deps = drainDeps({ settings: line.settings(), log: silentLog, pool, giveUp, stopping: () => false }, '0.0.0');
    const box: Mailbox = { organisationNumber: principal, addresses: [agent.lane], agent: true };
    for (let round = 0; round < 8; round++) {
      const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
      await accept(pool, framesFor(principal, 3));
      assert.deepEqual(await principalsDue(pool), [principal]);
      const taken = await deps.take(agent.lane, 60_000);
      assert.ok(taken.kind === 'taken');
      const due = await deps.due(taken.target, 1, 'oldest');
      const { claimed, left } = await deps.claim(taken.hold, taken.target, due, new Map());
      assert.deepEqual([claimed.length, left.size], [1, 1]);
      const tries = claimed.map((one) => ({ ...one, outcome: { kind: 'delivered', totalMs: 1 } as const }));
      const tried = tries.map(({ deliveryId, outcome }) => ({ deliveryId, outcome, failures: 0 }));
      await deps.record(taken.hold, tries, { milliseconds: 0, waits: false }, (lane) => deps.settle(lane, tried));
      const [oldest] = await listMailbox(pool, box, '0', 5);
      const id = String(oldest?.id);
      assert.equal((await readActing(pool, principal, [agent.lane])).length, 1);
      await readFetchable(pool, id, box);
      await recordGiving(pool, id, box, giving, sealed, () => true);
      assert.equal((await takeReceipts(pool, [id], box, giving))[0]?.result, 'received');
      await readOwn(pool, box, 'test');
      await takeMandate(line.pool, mandate.id);
      await followPrincipal(pool, principal, 1_000);
      assert.deepEqual(await principalsDue(pool), []);
      await deps.leave(taken.hold);
      await line.pool.query('update lane set wake_at = clock_timestamp() where id = $1', [agent.lane]);
    }
    const ours = (await preparedOn(pool)).filter(({ statement }) => /\b(mandate|principal)\b/.test(statement));
    assert.ok(ours.length >= 13, `${ours.length} statements`);
    for (const one of ours) {
      assert.equal(one.custom_plans, 0, one.statement);
      assert.deepEqual(await readsWhole(pool, one), [], one.statement);
    }
    await deps.close();
  });

  it('the sweep of nothing reads nothing, however many mandates run', async () => {
    const agent = await line.addSupplier();
    await line.pool.query(
      `with r as (insert into recipient (organisation_number, counter) select (1000000000 + n)::text, 0 from generate_series(1, 5000) n returning organisation_number)
       insert into mandate (principal, agent, address_id, message_types, valid_from, valid_to, evidence, recorded_by, begun)
       select organisation_number, $1, $2, '{purchase-order}', now() - interval '1 day', now() + interval '1 day', 'e', 'test', true from r`,
      [agent.organisationNumber, agent.lane],
    );
    // What was settled before leaves its dead entries behind.
    await line.pool.query('vacuum (index_cleanup on) mandate');
    const { rows } = await pool.query<{ name: string }>(
      "select name from pg_prepared_statements where statement like 'select principal from mandate where not begun%'",
    );
    const plan = await pool.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, costs off, timing off, summary off, buffers off) execute "${String(rows[0]?.name)}"`,
    );
    const text = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
    const read = [...text.matchAll(/Scan.*rows=(\d+)(?:\.\d+)? loops=(\d+)/g)].map(([, n]) => Number(n));
    assert.ok(read.length >= 2, text);
    assert.deepEqual(
      read.filter((n) => n > 0),
      [],
      text,
    );
    assert.doesNotMatch(text, /Removed by Filter/, text);
  });

  for (const [n, many, few] of [
    [81, 'principals', 'the agent'],
    [83, 'the agent', 'principals'],
    [85, 'a principal', 'the agent'],
    [87, 'a principal', 'it'],
    [89, 'a principal', 'another'],
  ] as const)
    it(`a page of ${few} costs the rows that it has, behind 20 000 of ${many} in the same lane`, async () => {
      const agent = await line.addSupplier({ delivery: 'pull' });
      const { organisationNumber: own } = agent;
      const principals = [strangerNumber(n), strangerNumber(n + 1)];
      for (const principal of principals) await giveMandate(line.pool, { principal, agent: own });
      const [first = own] = principals;
      const those = many === 'the agent' ? [own] : many === 'principals' ? principals : [first];
      const crowd = async (organisation: string, count: number) => {
        const {
          verdicts: [one],
        } = await accept(pool, framesFor(organisation as typeof own, 1));
        assert.ok(one?.kind === 'accepted');
        // Only what lists read: as many deliveries of it, each with a number of its own.
        await line.pool.query(
          `insert into delivery (message_id, message_number, number, current, lane_id, principal, state, next_try_at)
           select message_id, message_number + n, 1 + n, false, lane_id, principal, state, next_try_at
             from delivery, generate_series(1, $2) n where message_id = $1`,
          [one.messageId, count],
        );
      };
      // Numbers are given in the order of acceptance: the few come before, between and behind.
      for (const organisation of those) await crowd(organisation, 20_000 / those.length);
      const lone = few === 'the agent' ? own : few === 'another' ? (principals[1] ?? own) : first;
      await accept(pool, framesFor(lone, 3));
      await line.pool.query('analyze delivery');
      const page = async (organisationNumber: string) => {
        const agents = organisationNumber !== own;
        const box: Mailbox = { organisationNumber, addresses: [agent.lane], ...(agents ? { agent: true } : {}) };
        const listed = await listMailbox(pool, box, '0', 5);
        const { rows } = await pool.query<{ name: string }>(
          `select name from pg_prepared_statements where statement like 'with start as materialized%' and (statement like '%mandate%') = $1`,
          [agents],
        );
        const plan = await pool.query<{ 'QUERY PLAN': string }>(
          `explain (analyze, costs off, timing off, summary off, buffers off)
           execute "${String(rows[0]?.name)}" ('{${agent.lane}}', '${organisationNumber}', '0', 6)`,
        );
        return { listed, text: plan.rows.map((row) => row['QUERY PLAN']).join('\n') };
      };
      const { listed, text } = await page(lone);
      assert.equal(listed.length, few === 'it' ? 6 : 3);
      const removed = [...text.matchAll(/Removed by Filter: (\d+)/g)].map(([, n]) => Number(n));
      assert.ok(Math.max(0, ...removed) < 10, text);
      const read = [...text.matchAll(/Scan.*rows=(\d+)/g)].map(([, n]) => Number(n));
      assert.ok(Math.max(0, ...read) < 10, text);
    });
});
