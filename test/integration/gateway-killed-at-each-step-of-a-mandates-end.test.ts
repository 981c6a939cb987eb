import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { listMailbox } from '../../src/store/collect/list.ts';
import { type CrashPoint, type DrainStep, inTurn, type Moment, startCrashing } from '../support/crash-gateway.ts';
import { crashMandate, type MandateWork } from '../support/crash-mandate.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { giveMandate, strangerNumber, takeMandate } from '../support/mandate.ts';

/** More than it has, statements, commit and what comes after it. */
const mostSteps = { follow: 14, end: 24 } as const;

describe('gateway killed at each step of a mandate’s end: all of it or nothing, nothing is left at the agent, and nothing is lost', function () {
  this.timeout(240_000);

  describe('between the statements that move what waits', () => {
    let line: Line;
    let agent: TestSupplier;
    let next: TestSupplier;
    beforeEach(async () => {
      line = await openLine();
      agent = await line.addSupplier({ delivery: 'pull' });
      next = await line.addSupplier({ concurrency: 4 });
    });
    afterEach(() => line.close());

    interface Case {
      readonly principal: OrganisationNumber;
      readonly mandate: number;
      readonly ids: readonly string[];
    }
    /** Two wait at the agent, one was refused by it, one is held by an operator. */
    async function prepare(n: number): Promise<Case> {
      const principal = strangerNumber(300 + n);
      const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
      const { verdicts } = await line.take(framesFor(principal, 4));
      const ids = verdicts.flatMap((one) => (one.kind === 'accepted' ? [one.messageId] : []));
      await line.pool.query(
        "update delivery set state = 'refused', reason = 'message-refused', next_try_at = null where message_id = $1",
        [ids[2]],
      );
      const hold = { action: 'hold', actor: 'cli:test', reason: 'a test', now: new Date() } as const;
      await moveMessage(line.pool, { ...hold, messageId: String(ids[3]) });
      return { principal, mandate: mandate.id, ids };
    }
    async function statesOf({ ids }: Case) {
      const { rows } = await line.pool.query<{ state: string; reason: string | null; lane: number | null }>(
        'select state, reason, lane_id as lane from delivery where message_id = any($1) and current order by message_number',
        [ids],
      );
      return rows;
    }
    /** Kills one process at each step of this, until there are no more steps. */
    async function killAll(kind: MandateWork, cases: readonly Case[]): Promise<number> {
      const killed = await Promise.all(
        cases.map(({ principal, mandate }, i) =>
          inTurn(() => crashMandate(line.databaseUrl, kind, kind === 'end' ? String(mandate) : principal, i + 1)),
        ),
      );
      const steps = killed.indexOf(false);
      assert.ok(steps > 5, `${steps} steps of ${mostSteps[kind]}`);
      for (const [i, one] of cases.entries()) {
        const rows = await statesOf(one);
        const at = rows.filter(({ lane }) => lane === agent.lane).length;
        assert.ok(at === 0 || at === rows.length, `killed at step ${i + 1}: ${at} of ${rows.length} are at the agent`);
        // Only the commit counts: before it all is there, after it nothing.
        assert.equal(at === 0, i + 1 >= steps, `killed at step ${i + 1} of ${steps}: ${at} are at the agent`);
      }
      await line.conserved();
      return steps;
    }
    const told = async ({ ids }: Case) =>
      (await line.answers('held')).filter(({ messageId }) => messageId === ids[0] || messageId === ids[1]).length;

    it('that ends at its hour: it is not given out meanwhile, and the next process moves what is left', async () => {
      const cases: Case[] = [];
      for (let n = 0; n < mostSteps.follow; n++) cases.push(await prepare(n));
      for (const { mandate } of cases) await line.pool.query(hour, [mandate]);
      await killAll('follow', cases);
      for (const { principal } of cases) {
        const box = { organisationNumber: principal, addresses: [agent.lane], agent: true };
        assert.deepEqual(await listMailbox(line.pool, box, '0', 10), []);
      }
      await line.deliver({ KUVERT_SWEEP_EVERY: '200ms' });
      await eventually('all ends are settled', async () => {
        const { rows } = await line.pool.query<{ left: number }>(
          'select count(*) as left from mandate where not settled',
        );
        return rows[0]?.left === 0;
      });
      await heldAndTold(cases);
    });

    it('that an operator ends: the command is on record or is not, and KA is told once', async () => {
      const cases: Case[] = [];
      for (let n = 0; n < mostSteps.end; n++) cases.push(await prepare(n));
      const steps = await killAll('end', cases);
      for (const { mandate } of cases.slice(0, steps - 1)) await takeMandate(line.pool, mandate);
      await heldAndTold(cases);
      await line.deliver({ KUVERT_SWEEP_EVERY: '200ms' });
      for (const { principal } of cases) await giveMandate(line.pool, { principal, agent: next.organisationNumber });
      for (const one of cases) await goesOn(one);
    });

    async function heldAndTold(cases: readonly Case[]): Promise<void> {
      for (const one of cases) {
        assert.deepEqual(
          (await statesOf(one)).map(({ state, reason, lane }) => [state, reason, lane]),
          [
            ['held', 'mandate-ended', null],
            ['held', 'mandate-ended', null],
            ['refused', 'message-refused', null],
            ['held', 'held-by-operator', null],
          ],
        );
        assert.equal(await told(one), 2);
      }
    }

    async function goesOn(one: Case): Promise<void> {
      await eventually(`what waits for ${one.principal} is delivered`, async () => {
        const states = (await statesOf(one)).map(({ state }) => state);
        return states[0] === 'delivered' && states[1] === 'delivered';
      });
      const rows = await statesOf(one);
      assert.deepEqual(
        rows.slice(2).map(({ state, lane }) => [state, lane]),
        [
          ['refused', null],
          ['held', null],
        ],
      );
      assert.deepEqual(
        next.received().filter((id) => one.ids.includes(id)),
        one.ids.slice(0, 2),
      );
    }
  });

  describe('in a drain that meets what no mandate covers any more', () => {
    const points: readonly (readonly [step: DrainStep, moment: Moment, nth: number])[] = [
      ['follow', 'before', 1],
      ['follow', 'during', 1],
      ['follow', 'after', 1],
      ['claim', 'before', 2],
      ['claim', 'after', 2],
      ['push', 'later', 99],
      ['record', 'before', 1],
      ['record', 'after', 1],
    ];
    let runs: readonly Promise<void>[] = [];
    before(() => {
      runs = points.map(([step, moment, nth]) => inTurn(() => killAndGoOn({ role: 'delivery', step, moment, nth })));
      for (const run of runs) run.catch(() => undefined);
    });
    after(() => Promise.allSettled(runs));
    for (const [i, [step, moment, nth]] of points.entries())
      it(`killed ${moment} ${step} ${nth === 99 ? 'has met the endpoint' : nth}`, () => runs[i]);
  });
});

/** As if its hour had come, with nobody there to do anything about it. */
const hour =
  "update mandate set ended_at = clock_timestamp(), ended_by = 'cli:test', end_reason = 'its hour', settled = false where id = $1";

/** The mandate ends while the agent's second message is on the wire; the agent's own and its principal's lie in one lane. */
async function killAndGoOn(at: CrashPoint): Promise<void> {
  const line = await openLine();
  try {
    const principal = strangerNumber(390);
    const crash = { kill: (): void => undefined };
    const given = { id: 0, met: 0 };
    const agent = await line.addSupplier({
      concurrency: 3,
      behaviour: async () => {
        given.met += 1;
        if (given.met !== 2) return 'ok';
        // The sweep with which the role starts is over by then: it would find the mandate's end before the drain does.
        await sleep(1_000);
        await line.pool.query(hour, [given.id]);
        if (at.moment !== 'later') return 'ok';
        crash.kill();
        return 'hang';
      },
    });
    const next = await line.addSupplier();
    const own = agent.organisationNumber;
    given.id = (await giveMandate(line.pool, { principal, agent: own })).mandate.id;
    await line.take(Array.from({ length: 6 }, () => [frameFor(principal), frameFor(own)]).flat());
    // What the drain does not find nobody finds: the process that is killed does not sweep.
    const crashing = startCrashing({ environment: { ...line.environment, KUVERT_SWEEP_EVERY: '10m' } }, at);
    crash.kill = crashing.kill;
    await crashing.crashed;
    assert.ok(given.met >= 2, `${given.met} came to the agent`);

    await line.deliver({ KUVERT_SWEEP_EVERY: '200ms' });
    const states = async (organisationNumber: string): Promise<string[]> => {
      const { rows } = await line.pool.query<{ state: string }>(
        'select d.state from delivery d join message m on m.id = d.message_id where m.organisation_number = $1 and d.current',
        [organisationNumber],
      );
      return rows.map(({ state }) => state);
    };
    const all = async (organisationNumber: string, wanted: readonly string[]) =>
      (await states(organisationNumber)).every((state) => wanted.includes(state));
    await eventually('the agent has its own', () => all(own, ['delivered']));
    await eventually('the rest of the principal’s is held', () => all(principal, ['delivered', 'held']));
    const { rows: left } = await line.pool.query(
      "select id from delivery where lane_id = $1 and principal is not null and state <> 'delivered'",
      [agent.lane],
    );
    assert.deepEqual(left, []);
    const had = (await states(principal)).filter((state) => state === 'delivered').length;
    assert.ok(had < 6, 'the mandate ended too late to tell anything');
    await giveMandate(line.pool, { principal, agent: next.organisationNumber });
    await eventually('the next agent has the rest', () => all(principal, ['delivered']));
    assert.equal(next.endpoint.requests.length, 6 - had);
    await line.conserved();
  } finally {
    await line.close();
  }
}
