import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { moveMessage } from '../../src/operations/messages.ts';
import { followPrincipal } from '../../src/store/mandate-clock.ts';
import { lockMessage } from '../../src/store/messages-operate.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine } from '../support/line.ts';
import { giveMandate, isOver, refusedWith, strangerNumber, takeMandate } from '../support/mandate.ts';

describe('an agent is pushed to while its mandate runs', function () {
  this.timeout(60_000);
  let line: Line;
  let strangers = 0;
  beforeEach(async () => {
    line = await openLine();
  });
  afterEach(() => line.close());

  const stranger = () => {
    strangers += 1;
    return strangerNumber(strangers);
  };
  async function deliveriesOf(organisationNumber: string) {
    const { rows } = await line.pool.query<{
      state: string;
      reason: string | null;
      lane: number | null;
      principal: string | null;
      failures: number;
    }>(
      `select d.state, d.reason, d.lane_id as lane, d.principal, d.failures from delivery d join message m on m.id = d.message_id
        where m.organisation_number = $1 and d.current order by m.sequence`,
      [organisationNumber],
    );
    return rows;
  }
  const statesOf = async (organisationNumber: string) =>
    (await deliveriesOf(organisationNumber)).map(({ state }) => state);
  const delivered = (organisationNumber: string, count: number) =>
    eventually(`${count} are delivered`, async () => {
      const states = await statesOf(organisationNumber);
      return states.length === count && states.every((state) => state === 'delivered');
    });

  it('gets what comes for its principals, each with its own number and name, beside its own', async () => {
    const agent = await line.addSupplier({ concurrency: 4 });
    const [first, second] = [stranger(), stranger()];
    await giveMandate(line.pool, { principal: first, agent: agent.organisationNumber });
    await giveMandate(line.pool, { principal: second, agent: agent.organisationNumber });
    await line.deliver();
    await line.take([first, second, agent.organisationNumber].flatMap((number) => framesFor(number, 3)));
    for (const number of [first, second, agent.organisationNumber]) await delivered(number, 3);
    const came = agent.endpoint.requests.map(({ body }) => JSON.parse(body.toString('utf8')) as Record<string, string>);
    for (const number of [first, second, agent.organisationNumber])
      assert.deepEqual(
        came.filter((one) => one['recipientorgnumber'] === number).map((one) => Number(one['sequence'])),
        [1, 2, 3],
      );
    const certificates = new Set(came.map((one) => one['recipientcertificate']));
    assert.equal(certificates.size, 1, 'the certificate is the agent’s, whoever the message is for');
    const { rows } = await line.pool.query<{ principal: string | null; n: number }>(
      'select principal, count(*) as n from delivery group by principal order by principal',
    );
    assert.deepEqual(
      rows.map(({ n }) => n),
      [3, 3, 3],
    );
  });

  it('gets the message types that the mandate names, and no others', async () => {
    const agent = await line.addSupplier();
    const principal = stranger();
    await giveMandate(line.pool, { principal, agent: agent.organisationNumber, types: ['purchase-order'] });
    await line.deliver();
    await line.take([frameFor(principal, { messageType: 'purchase-order' }), frameFor(principal)]);
    await eventually('the order is delivered', async () => (await statesOf(principal))[0] === 'delivered');
    const [, invoice] = await deliveriesOf(principal);
    assert.deepEqual([invoice?.state, invoice?.reason], ['held', 'type-not-agreed']);
    assert.equal(agent.received().length, 1);
  });

  it('gets nothing from the hour on at which it ends: what waits is held, told to KA, and goes by a new one', async () => {
    const agent = await line.addSupplier({ behaviour: 503 });
    const principal = stranger();
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber, ends: 1_500 });
    await line.take(framesFor(principal, 3));
    assert.deepEqual(await statesOf(principal), ['waiting', 'waiting', 'waiting']);
    await line.deliver();
    await isOver(line.pool, mandate.id);
    await eventually('all are held', async () => (await statesOf(principal)).every((state) => state === 'held'));
    for (const one of await deliveriesOf(principal))
      assert.deepEqual([one.reason, one.lane, one.principal], ['mandate-ended', null, null]);
    const told = (await line.answers('held')).map((one) => (one['fault'] as { code?: string } | undefined)?.code);
    assert.deepEqual(told, ['mandate-ended', 'mandate-ended', 'mandate-ended']);
    agent.endpoint.behave('ok');
    const before = agent.received().length;
    // And what comes now.
    await line.take(framesFor(principal, 1));
    assert.equal((await deliveriesOf(principal))[3]?.reason, 'no-address');
    assert.equal(agent.received().length, before);
    const other = await line.addSupplier();
    const { released } = await giveMandate(line.pool, { principal, agent: other.organisationNumber });
    assert.equal(released, 4);
    await delivered(principal, 4);
    assert.equal(agent.received().length, before);
    assert.deepEqual(other.sequences(), [1, 2, 3, 4]);
  });

  it('gets at the hour when it begins what was held for want of a way', async () => {
    const agent = await line.addSupplier();
    const principal = stranger();
    await line.deliver();
    await line.take(framesFor(principal, 2));
    const given = await giveMandate(line.pool, { principal, agent: agent.organisationNumber, begins: 1_500 });
    assert.equal(given.released, 0);
    assert.equal(given.mandate.state, 'coming');
    await line.take(framesFor(principal, 1));
    assert.deepEqual(await statesOf(principal), ['held', 'held', 'held']);
    await delivered(principal, 3);
    assert.deepEqual(agent.sequences(), [1, 2, 3]);
    const { rows } = await line.pool.query<{ early: number }>(
      'select count(*) as early from attempt where started_at < (select valid_from from mandate)',
    );
    assert.equal(rows[0]?.early, 0);
  });

  it('what is on the wire when it ends is delivered if the agent takes it, and goes elsewhere if it does not', async () => {
    const agent = await line.addSupplier({ behaviour: { status: 503, delay: 2_500 }, concurrency: 2 });
    const principal = stranger();
    await line.deliver();
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber, ends: 2_000 });
    await line.take(framesFor(principal, 1));
    await eventually('it is on the wire', () => agent.received().length === 1);
    await isOver(line.pool, mandate.id);
    assert.deepEqual(await statesOf(principal), ['sending']);
    await eventually('it is held', async () => (await statesOf(principal))[0] === 'held');
    assert.equal(agent.received().length, 1);
    // The same, and the agent says yes after the end: it has it.
    agent.endpoint.behave({ status: 204, delay: 2_500 });
    const next = await giveMandate(line.pool, { principal, agent: agent.organisationNumber, ends: 2_000 });
    assert.equal(next.released, 1);
    await eventually('it is on the wire again', () => agent.received().length === 2);
    await isOver(line.pool, next.mandate.id);
    await delivered(principal, 1);
    const { rows } = await line.pool.query<{ settled: boolean }>('select settled from mandate order by id');
    assert.equal(rows[0]?.settled, true);
  });

  it('no first byte leaves after the end, however long it takes from the claim to the push', async () => {
    const agent = await line.addSupplier();
    const principal = stranger();
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
    await line.take(framesFor(principal, 1));
    const outcomes: string[] = [];
    await line.deliver({}, (deps) => ({
      ...deps,
      // However busy the machine is: the end comes after this claim.
      claim: async (...asked) => {
        await line.pool.query('alter table mandate disable trigger mandate_kept');
        await line.pool.query("update mandate set valid_to = clock_timestamp() + interval '2 seconds' where id = $1", [
          mandate.id,
        ]);
        return deps.claim(...asked);
      },
      push: async (...asked) => {
        await isOver(line.pool, mandate.id);
        const outcome = await deps.push(...asked);
        outcomes.push(outcome.kind);
        return outcome;
      },
    }));
    await eventually('it was pushed', () => outcomes.length > 0);
    assert.deepEqual(outcomes, ['not-sent']);
    assert.deepEqual(agent.received(), []);
    assert.equal(agent.endpoint.seen.connections, 0);
  });

  it('an end before its time counts from its commit on, and another mandate takes over', async () => {
    const [agent, other] = [await line.addSupplier({ delivery: 'pull' }), await line.addSupplier()];
    const principal = stranger();
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
    await line.deliver();
    await line.take(framesFor(principal, 2));
    const ended = await takeMandate(line.pool, mandate.id);
    assert.deepEqual([ended.held, ended.mandate.state], [2, 'over']);
    const { released } = await giveMandate(line.pool, { principal, agent: other.organisationNumber });
    assert.equal(released, 2);
    await delivered(principal, 2);
    assert.equal((await refusedWith(takeMandate(line.pool, mandate.id))).code, 'not-possible-now');
    const { rows } = await line.pool.query<{ action: string; agent: string }>(
      "select action, details ->> 'agent' as agent from audit where subject = $1 order by id",
      [`supplier/${principal}`],
    );
    assert.deepEqual(
      rows.map(({ action, agent: to }) => [action, to]),
      [
        ['mandate.add', agent.organisationNumber],
        ['mandate.end', agent.organisationNumber],
        ['mandate.add', other.organisationNumber],
      ],
    );
    // What was written stays.
    await assert.rejects(line.pool.query('update mandate set ended_at = null, ended_by = null, end_reason = null'));
    await assert.rejects(line.pool.query("update mandate set valid_to = valid_to + interval '1 day'"));
    await assert.rejects(line.pool.query('delete from mandate'));
  });

  it('an end before its time is heard by what was claimed and is not on the wire yet', async () => {
    const agent = await line.addSupplier();
    const principal = stranger();
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
    await line.take(framesFor(principal, 1));
    const outcomes: string[] = [];
    let sending = 0;
    await line.deliver({}, (deps) => ({
      ...deps,
      push: async (...asked) => {
        ({ sending } = await takeMandate(line.pool, mandate.id));
        // It is heard over PostgreSQL, soon even on a busy machine.
        await sleep(2_000);
        const outcome = await deps.push(...asked);
        outcomes.push(outcome.kind);
        return outcome;
      },
    }));
    await eventually('it is held', async () => (await statesOf(principal))[0] === 'held');
    assert.deepEqual([sending, outcomes], [1, ['not-sent']]);
    assert.deepEqual(agent.received(), []);
  });

  it('two for the same are refused, and one beside an own address, whichever comes first', async () => {
    const [agent, other] = [await line.addSupplier(), await line.addSupplier({ messageTypes: ['purchase-order'] })];
    const principal = stranger();
    await giveMandate(line.pool, { principal, agent: agent.organisationNumber, types: ['purchase-order'] });
    const rulesOf = async (work: Promise<unknown>) => (await refusedWith(work)).findings.map(({ rule }) => rule);
    const to = (organisationNumber: typeof principal) => ({ principal, agent: organisationNumber });
    assert.deepEqual(
      await rulesOf(giveMandate(line.pool, { ...to(other.organisationNumber), types: ['purchase-order'] })),
      ['mandate-overlaps'],
    );
    // One after the other is no overlap, and another type neither.
    await giveMandate(line.pool, {
      ...to(other.organisationNumber),
      types: ['purchase-order'],
      begins: 3_600_001,
      ends: 7_200_000,
    });
    await giveMandate(line.pool, { ...to(agent.organisationNumber), types: ['self-invoice'] });
    assert.deepEqual(await rulesOf(giveMandate(line.pool, { ...to(other.organisationNumber), ends: -1 })), [
      'mandate-span',
      'mandate-types',
      'mandate-overlaps',
      'mandate-overlaps',
    ]);
    assert.deepEqual(
      await rulesOf(giveMandate(line.pool, { principal: agent.organisationNumber, agent: agent.organisationNumber })),
      ['mandate-own', 'mandate-own-address'],
    );
    assert.deepEqual(
      await rulesOf(giveMandate(line.pool, { principal: other.organisationNumber, agent: agent.organisationNumber })),
      ['mandate-own-address'],
    );
  });

  it('who follows a mandate does not wait for intake that stores for others at the same agent: they would wait for each other', async () => {
    const agent = await line.addSupplier();
    const [first, second] = [stranger(), stranger()];
    await giveMandate(line.pool, { principal: first, agent: agent.organisationNumber });
    await giveMandate(line.pool, { principal: second, agent: agent.organisationNumber });
    const [id = ''] = await line
      .take(framesFor(first, 1))
      .then(({ verdicts }) => verdicts.flatMap((verdict) => (verdict.kind === 'accepted' ? [verdict.messageId] : [])));
    await line.pool.transaction(async (db) => {
      // As the foreign key of a delivery that is being inserted does.
      await db.query('select 1 from lane where id = $1 for key share', [agent.lane]);
      await followPrincipal(line.pool, first, 1_000);
      const moved = await line.pool.transaction((other) => lockMessage(other, id), 1_000);
      assert.equal(moved?.route, agent.lane);
    });
  });

  it('a strict lane goes on when what stood first in it may not go there any more', async () => {
    const agent = await line.addSupplier({ ordering: 'strict', behaviour: 503 });
    const principal = stranger();
    await line.deliver({ KUVERT_RETRY_SCHEDULE: '300ms' });
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber, ends: 1_000 });
    await line.take(framesFor(principal, 1));
    await line.take(framesFor(agent.organisationNumber, 2));
    await isOver(line.pool, mandate.id);
    agent.endpoint.behave('ok');
    await delivered(agent.organisationNumber, 2);
    assert.deepEqual(await statesOf(principal), ['held']);
  });

  it('what the agent refused leaves its strict lane at the end: the refusal stands, the others go on, a release sends it where it belongs', async () => {
    const agent = await line.addSupplier({ ordering: 'strict', behaviour: 422 });
    const principal = stranger();
    await line.deliver();
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
    const { verdicts } = await line.take(framesFor(principal, 1));
    assert.ok(verdicts[0]?.kind === 'accepted');
    const { messageId } = verdicts[0];
    await eventually('it is refused', async () => (await statesOf(principal))[0] === 'refused');
    agent.endpoint.behave('ok');
    await line.take(framesFor(agent.organisationNumber, 2));
    assert.deepEqual(await statesOf(agent.organisationNumber), ['waiting', 'waiting']);
    const { stopped } = await takeMandate(line.pool, mandate.id);
    assert.equal(stopped, 1);
    await delivered(agent.organisationNumber, 2);
    assert.deepEqual(await statesOf(principal), ['refused']);
    const at = async () => {
      const { rows } = await line.pool.query<{
        lane_id: number | null;
        principal: string | null;
        reason: string | null;
      }>('select lane_id, principal, reason from delivery where message_id = $1', [messageId]);
      return rows[0];
    };
    assert.deepEqual(await at(), { lane_id: null, principal: null, reason: 'message-refused' });
    const release = { action: 'release', messageId, actor: 'cli:test', reason: 'a test', now: new Date() } as const;
    assert.equal((await refusedWith(moveMessage(line.pool, release))).code, 'no-address');
    const next = await line.addSupplier();
    await giveMandate(line.pool, { principal, agent: next.organisationNumber });
    assert.deepEqual(
      await statesOf(principal),
      ['refused'],
      'a new agent gets what was refused only when somebody says so',
    );
    await moveMessage(line.pool, release);
    await delivered(principal, 1);
    assert.equal(next.endpoint.requests.length, 1);
    assert.equal(agent.endpoint.requests.filter(({ headers }) => headers['idempotency-key'] === messageId).length, 1);
  });

  it('what was tried too often at the agent goes to the next with a whole schedule; what an operator holds stays held', async () => {
    const [agent, next] = [await line.addSupplier({ behaviour: 500 }), await line.addSupplier()];
    const principal = stranger();
    await line.deliver({ KUVERT_RETRY_SCHEDULE: '50ms', KUVERT_RETRY_TOTAL: '100ms' });
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
    const { verdicts } = await line.take(framesFor(principal, 2));
    await eventually('both are held', async () => (await statesOf(principal)).every((state) => state === 'held'));
    const [, second] = verdicts;
    assert.ok(second?.kind === 'accepted');
    const { messageId } = second;
    await moveMessage(line.pool, { action: 'hold', messageId, actor: 'cli:test', reason: 'a test', now: new Date() });
    const { held, stopped } = await takeMandate(line.pool, mandate.id);
    assert.deepEqual([held, stopped], [1, 1]);
    await giveMandate(line.pool, { principal, agent: next.organisationNumber });
    await eventually('the first is delivered', async () => (await statesOf(principal))[0] === 'delivered');
    const { rows } = await line.pool.query<{ state: string; reason: string; lane_id: number | null }>(
      'select state, reason, lane_id from delivery where message_id = $1',
      [messageId],
    );
    assert.deepEqual(rows, [{ state: 'held', reason: 'held-by-operator', lane_id: null }]);
  });

  it('an agent whose certificate is withdrawn gets nothing: its lane is held, and what waits there goes by another mandate', async () => {
    const [agent, other] = [await line.addSupplier(), await line.addSupplier()];
    const principal = stranger();
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
    await line.pool.query('update certificate set withdrawn_at = now() where organisation_number = $1', [
      agent.organisationNumber,
    ]);
    await line.deliver();
    await line.take(framesFor(principal, 2));
    await eventually('the lane is held', async () => (await line.lane(agent.lane)).reason === 'endpoint-certificate');
    assert.equal(agent.endpoint.seen.applicationBytes, 0);
    assert.deepEqual(await statesOf(principal), ['waiting', 'waiting']);
    await takeMandate(line.pool, mandate.id);
    await giveMandate(line.pool, { principal, agent: other.organisationNumber });
    await delivered(principal, 2);
    assert.equal(agent.endpoint.seen.applicationBytes, 0);
  });

  it('refusals of a mandate that is over and that were the agent’s mistake do not come back to the agent', async () => {
    const agent = await line.addSupplier({ behaviour: 422 });
    const principal = stranger();
    const { mandate } = await giveMandate(line.pool, { principal, agent: agent.organisationNumber });
    // Nobody probes: what waits again is found by the sweep, or by nobody.
    await line.deliver({ KUVERT_SWEEP_EVERY: '300ms', KUVERT_HELD_PROBE: '1h' });
    await line.take(framesFor(principal, 2));
    await eventually('two are refused', async () => (await statesOf(principal)).every((state) => state === 'refused'));
    await takeMandate(line.pool, mandate.id);
    await eventually('the end is settled', async () => {
      const { rows } = await line.pool.query<{ settled: boolean }>('select settled from mandate');
      return rows[0]?.settled === true;
    });
    // Three of its own more, and it is a mass refusal: all five are taken back.
    await line.take(framesFor(agent.organisationNumber, 3));
    await eventually('the lane is held', async () => (await line.lane(agent.lane)).reason === 'mass-refusal');
    await eventually('they are held', async () => (await statesOf(principal)).every((state) => state === 'held'));
    assert.deepEqual(await statesOf(agent.organisationNumber), ['waiting', 'waiting', 'waiting']);
  });
});
