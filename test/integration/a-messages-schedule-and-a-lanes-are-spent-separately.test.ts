import { strict as assert } from 'node:assert';
import { moveLane } from '../../src/suppliers/lanes.ts';
import type { SeenRequest } from '../support/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

const subjectOf = ({ body }: SeenRequest) => (JSON.parse(body.toString('utf8')) as { subject: string }).subject;

describe("a message's schedule and a lane's are spent separately", () => {
  let line: Line;
  before(async () => {
    // Tries after 50, 100, 100 and 100 ms; a sixth would come later than 400 ms after the first.
    line = await openLine({
      settings: { KUVERT_RETRY_SCHEDULE: '50ms,100ms', KUVERT_RETRY_TOTAL: '400ms', KUVERT_RETRY_JITTER: '0' },
    });
    await line.deliver();
  });
  after(() => line.close());

  const failuresOf = async ({ lane }: TestSupplier) => {
    const { rows } = await line.pool.query<{ failures: number }>(
      'select failures from delivery where current and lane_id = $1 order by message_number',
      [lane],
    );
    return rows.map(({ failures }) => failures);
  };
  const release = ({ organisationNumber }: TestSupplier) => {
    const order = { action: 'release', organisationNumber, address: undefined } as const;
    return moveLane(line.pool, { ...order, actor: 'test', reason: 'they called', now: new Date() });
  };
  const toldOf = async ({ organisationNumber }: TestSupplier) =>
    (await line.answers('held')).filter(({ recipient }) => recipient === organisationNumber);

  it("a message's is spent: it is held and KA is told; the lane goes on, before and after", async () => {
    const supplier = await line.addSupplier({
      behaviour: (request) => (subjectOf(request) === 'odd' ? { status: 500, body: 'boom' } : 'ok'),
    });
    const to = supplier.organisationNumber;
    await line.take([...framesFor(to, 2), frameFor(to, { documentNumber: 'odd' }), ...framesFor(to, 2)]);
    await eventually('it is held', async () => (await line.states(supplier.lane)).held === 1);
    assert.deepEqual(await line.states(supplier.lane), { delivered: 4, held: 1 });
    assert.equal(supplier.endpoint.requests.filter((one) => subjectOf(one) === 'odd').length, 5);
    const { state, failures } = await line.lane(supplier.lane);
    assert.deepEqual([state, failures], ['flowing', 0]);
    const [told, ...more] = await toldOf(supplier);
    assert.deepEqual([told?.['documentNumber'], more.length], ['odd', 0]);
    const { rows } = await line.pool.query<{ reason: string; detail: string }>(
      "select reason, detail from delivery where state = 'held' and lane_id = $1",
      [supplier.lane],
    );
    assert.equal(rows[0]?.reason, 'schedule-spent');
    assert.match(rows[0]?.detail ?? '', /the last one: the endpoint answered 500/);
    await line.take(framesFor(to, 2));
    await eventually('what comes later is delivered', async () => (await line.states(supplier.lane)).delivered === 6);
  });

  it("the lane's is spent: it is held and KA is told once; messages wait and have lost nothing of their own", async () => {
    const supplier = await line.addSupplier({ behaviour: 503 });
    const to = supplier.organisationNumber;
    await line.take(framesFor(to, 3));
    const lane = await eventually('it is held', async () => {
      const now = await line.lane(supplier.lane);
      return now.state === 'held' && now.holder === null ? now : undefined;
    });
    assert.deepEqual([lane.reason, lane.failures, lane.wakes_in], ['schedule-spent', 5, null]);
    assert.equal(supplier.endpoint.requests.length, 5);
    assert.deepEqual(await line.states(supplier.lane), { waiting: 3 });
    assert.deepEqual(await failuresOf(supplier), [0, 0, 0]);
    // More of them change nothing, and nobody is told again.
    await line.take(framesFor(to, 2));
    assert.equal((await line.lane(supplier.lane)).wakes_in, null);
    assert.equal((await toldOf(supplier)).length, 1);
    // An operator lets it flow: the whole schedule is before it again.
    await release(supplier);
    await eventually('it is spent again', async () => supplier.endpoint.requests.length === 10);
    supplier.endpoint.behave('ok');
    await eventually('it is held again', async () => (await line.lane(supplier.lane)).state === 'held');
    await release(supplier);
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 5);
  });

  it('a success in between gives the lane its whole schedule back', async () => {
    let turn = 0;
    // Four failures in a row each time: a fifth would be the last.
    const behaviour = () => {
      turn += 1;
      return turn % 5 === 0 ? 'ok' : 503;
    };
    const supplier = await line.addSupplier({ behaviour });
    await line.take(framesFor(supplier.organisationNumber, 4));
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 4);
    assert.equal(turn, 20);
    assert.deepEqual(await toldOf(supplier), []);
    assert.deepEqual(await failuresOf(supplier), [0, 0, 0, 0]);
  });
});
