import { strict as assert } from 'node:assert';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe('redirect, 410, 422, mass refusal and Retry-After', () => {
  let line: Line;
  before(async () => {
    line = await openLine({ settings: { KUVERT_HELD_PROBE: '1h', KUVERT_RETRY_AFTER_MOST: '1h' } });
    await line.deliver();
  });
  after(() => line.close());

  const settledAs = (supplier: TestSupplier, state: string) =>
    eventually(`the lane is ${state}`, async () => {
      const lane = await line.lane(supplier.lane);
      return lane.state === state && lane.holder === null ? lane : undefined;
    });

  const toldOf = async (supplier: TestSupplier) =>
    (await line.answers('held')).filter(({ recipient }) => recipient === supplier.organisationNumber);

  for (const status of [301, 302, 303, 307, 308]) {
    it(`a redirect (${status}) is not followed: the lane is held and its messages wait`, async () => {
      const elsewhere = await line.addSupplier();
      const supplier = await line.addSupplier({
        behaviour: { status, headers: { location: elsewhere.endpoint.url } },
      });
      await line.take(framesFor(supplier.organisationNumber, 3));
      const lane = await settledAs(supplier, 'held');
      assert.equal(lane.reason, 'endpoint-rejects-us');
      assert.ok((lane.wakes_in ?? 0) > 3_500_000);
      assert.deepEqual(await line.states(supplier.lane), { waiting: 3 });
      assert.equal(elsewhere.endpoint.seen.connections, 0);
    });
  }

  for (const status of [401, 403, 404, 405, 410]) {
    it(`${status}: the lane is held, its messages wait, KA is told once`, async () => {
      const supplier = await line.addSupplier({ behaviour: status, concurrency: 4 });
      await line.take(framesFor(supplier.organisationNumber, 4));
      await settledAs(supplier, 'held');
      await line.take(framesFor(supplier.organisationNumber, 4));
      assert.deepEqual(await line.states(supplier.lane), { waiting: 8 });
      const told = await toldOf(supplier);
      assert.equal(told.length, 1);
      assert.deepEqual(told[0]?.lane, { address: 'main', waiting: 4 });
    });
  }

  it('422: that message is refused with its answer, and the lane goes on', async () => {
    const supplier = await line.addSupplier({
      behaviour: ({ body }) =>
        (JSON.parse(body.toString('utf8')) as { subject: string }).subject === 'bad'
          ? { status: 422, body: 'line 3 has no account' }
          : 'ok',
    });
    const frames = framesFor(supplier.organisationNumber, 4);
    const bad = framesFor(supplier.organisationNumber, 1).map((frame) => ({
      ...frame,
      key: { ...frame.key, documentNumber: 'bad' },
    }));
    await line.take([...frames.slice(0, 2), ...bad, ...frames.slice(2)]);
    await eventually('the others are delivered', async () => (await line.states(supplier.lane)).delivered === 4);
    assert.deepEqual(await line.states(supplier.lane), { delivered: 4, refused: 1 });
    const [answer] = await line.answers('refused');
    assert.deepEqual([answer?.documentNumber, answer?.sequence], ['bad', '3']);
    const { rows } = await line.pool.query<{ status: number; excerpt: string }>(
      "select status, excerpt from attempt where outcome = 'refused'",
    );
    assert.deepEqual(rows, [{ status: 422, excerpt: 'line 3 has no account' }]);
    assert.equal((await line.lane(supplier.lane)).state, 'flowing');
  });

  it('mass refusal: the lane is held, every refusal goes back to waiting, KA is told once', async () => {
    const supplier = await line.addSupplier({ behaviour: 422 });
    await line.take(framesFor(supplier.organisationNumber, 30));
    const lane = await settledAs(supplier, 'held');
    assert.equal(lane.reason, 'mass-refusal');
    assert.deepEqual(await line.states(supplier.lane), { waiting: 30 });
    assert.equal(supplier.endpoint.requests.length, 5);
    assert.equal((await toldOf(supplier)).length, 1);
  });

  it('mass refusal in windows of several, with successes before it: the same', async () => {
    let answered = 0;
    const supplier = await line.addSupplier({
      behaviour: () => {
        answered += 1;
        return answered <= 12 ? 'ok' : 422;
      },
      concurrency: 8,
    });
    await line.take(framesFor(supplier.organisationNumber, 60));
    await settledAs(supplier, 'held');
    assert.deepEqual(await line.states(supplier.lane), { delivered: 12, waiting: 48 });
    assert.equal((await toldOf(supplier)).length, 1);
  });

  it('Retry-After in seconds is scheduled', async () => {
    const supplier = await line.addSupplier({ behaviour: { status: 503, headers: { 'retry-after': '1200' } } });
    await line.take(framesFor(supplier.organisationNumber, 3));
    const { wakes_in: wait } = await settledAs(supplier, 'backing-off');
    assert.ok(wait !== null && wait > 1_150_000 && wait <= 1_200_000, String(wait));
    assert.equal(supplier.endpoint.requests.length, 1);
  });

  it('Retry-After as a date is scheduled', async () => {
    const supplier = await line.addSupplier({
      behaviour: () => ({
        status: 429,
        headers: { 'retry-after': new Date(Date.now() + 1_200_000).toUTCString() },
      }),
    });
    await line.take(framesFor(supplier.organisationNumber, 3));
    const { wakes_in: wait } = await settledAs(supplier, 'backing-off');
    assert.ok(wait !== null && wait > 1_150_000 && wait <= 1_200_000, String(wait));
  });

  it('Retry-After of a year is honoured as long as the setting allows; of nothing, as the schedule begins', async () => {
    const far = await line.addSupplier({ behaviour: { status: 503, headers: { 'retry-after': '31536000' } } });
    await line.take(framesFor(far.organisationNumber, 1));
    const { wakes_in: wait } = await settledAs(far, 'backing-off');
    assert.ok(wait !== null && wait > 3_550_000 && wait <= 3_600_000, String(wait));
    let answered = 0;
    const near = await line.addSupplier({
      behaviour: () => {
        answered += 1;
        return answered < 3 ? { status: 503, headers: { 'retry-after': '0' } } : 'ok';
      },
    });
    await line.take(framesFor(near.organisationNumber, 1));
    await eventually('it is delivered', async () => (await line.states(near.lane)).delivered === 1);
    assert.equal(near.endpoint.requests.length, 3);
    const [first, second] = near.endpoint.requests;
    assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 45, 'a wait of the schedule lies between them');
  });
});
