import { strict as assert } from 'node:assert';
import { Redis } from 'ioredis';
import { drain } from '../../src/delivery/drain.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { silentLog } from '../../src/platform/log.ts';
import { drainDeps } from '../../src/roles/delivery.ts';
import { type Lanes, lanesOf } from '../../src/store/lane/lanes.ts';
import { endLapsedLeases, type Taken } from '../../src/store/lane/take.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

type TakenLane = Extract<Taken, { kind: 'taken' }>;

const delivered: Outcome = { kind: 'delivered', totalMs: 1, status: 204 };
const refused: Outcome = { kind: 'refused', fault: 'message-refused', detail: 'answered 422', totalMs: 1 };
const sealed = {
  format: 'cloudevents' as const,
  head: '{',
  signature: 's',
  sha256: 'a'.repeat(64),
  keyThumbprint: 'k',
};

describe('two drains of one lane cannot both send', () => {
  let line: Line;
  let lanes: Lanes;
  before(async () => {
    line = await openLine();
    lanes = lanesOf(line.pool, 1_000, silentLog);
  });
  after(() => line.close());

  /** Claims the oldest message of the lane, as a worker does. */
  async function claim({ hold, target }: TakenLane) {
    const due = await lanes.due(target, 1, 'oldest');
    const envelopes = new Map(due.map((one) => [one.messageId, sealed]));
    const { claimed } = await lanes.claim(hold, target, due, envelopes);
    return claimed;
  }

  async function taken(supplier: TestSupplier, lease: number): Promise<TakenLane> {
    return eventually('the lane can be taken', async () => {
      const result = await lanes.take(supplier.lane, lease);
      return result.kind === 'taken' ? result : undefined;
    });
  }

  const settleWith = ({ hold }: TakenLane, one: { deliveryId: number; attempt: number }, outcome: Outcome) => {
    const { settle } = drainDeps(
      {
        settings: line.settings(),
        log: silentLog,
        pool: line.pool,
        giveUp: new AbortController(),
        stopping: () => false,
      },
      '0.0.0',
    );
    return lanes.record(hold, [{ ...one, outcome }], { milliseconds: 0, waits: false }, (view) =>
      settle(view, [{ deliveryId: one.deliveryId, failures: 0, outcome }]),
    );
  };

  const attempts = async (deliveryId: number) =>
    (
      await line.pool.query<{ outcome: string | null }>(
        'select outcome from attempt where delivery_id = $1 order by number',
        [deliveryId],
      )
    ).rows.map(({ outcome }) => outcome);

  it('of many who take it at once one has it, and the others are told when to come again', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const all = await Promise.all(Array.from({ length: 20 }, () => lanes.take(supplier.lane, 60_000)));
    assert.equal(all.filter(({ kind }) => kind === 'taken').length, 1);
    for (const one of all) if (one.kind === 'later') assert.ok(one.wait > 50_000 && one.wait <= 60_000);
    await line.pool.query('update lane set lease_until = null, holder = null where id = $1', [supplier.lane]);
  });

  it('a new holder waits out the lease; then the old one can claim nothing more', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 3));
    const old = await taken(supplier, 300);
    assert.equal((await lanes.take(supplier.lane, 60_000)).kind, 'later');
    const fresh = await taken(supplier, 60_000);
    assert.ok(fresh.hold.epoch > old.hold.epoch);
    assert.deepEqual(await claim(old), []);
    assert.equal((await claim(fresh)).length, 1);
    await line.pool.query('update lane set lease_until = clock_timestamp() where id = $1', [supplier.lane]);
    await endLapsedLeases(line.pool);
  });

  it('a lease that ran out claims nothing, though nobody else took the lane', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const old = await taken(supplier, 1);
    await eventually('the lease is over', async () => {
      const { rows } = await line.pool.query<{ over: boolean }>(
        'select lease_until < clock_timestamp() as over from lane where id = $1',
        [supplier.lane],
      );
      return rows[0]?.over;
    });
    assert.deepEqual(await claim(old), []);
  });

  it('what the old holder has on the wire is “outcome unknown” to the new one, and tried again', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const old = await taken(supplier, 300);
    const [first] = await claim(old);
    assert.ok(first);
    const fresh = await taken(supplier, 60_000);
    const [second] = await claim(fresh);
    assert.deepEqual([second?.deliveryId, second?.attempt], [first.deliveryId, 2]);
    assert.deepEqual(await attempts(first.deliveryId), ['unknown', null]);
    assert.ok(second);
    assert.equal((await settleWith(fresh, second, delivered)).kind, 'idle');
  });

  it("the old holder's late refusal only completes its attempt", async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const old = await taken(supplier, 300);
    const [first] = await claim(old);
    assert.ok(first);
    const fresh = await taken(supplier, 60_000);
    const [second] = await claim(fresh);
    assert.ok(second);
    assert.equal((await settleWith(old, first, refused)).kind, 'superseded');
    assert.deepEqual(await line.states(supplier.lane), { sending: 1 });
    assert.deepEqual(await attempts(first.deliveryId), ['refused', null]);
    assert.equal((await line.answers('refused')).length, 0);
    await settleWith(fresh, second, delivered);
    assert.deepEqual(await line.states(supplier.lane), { delivered: 1 });
  });

  it("the old holder's late success delivers, once, and what the new one says later cannot undo it", async () => {
    for (const later of [delivered, refused]) {
      const supplier = await line.addSupplier();
      const answered = (await line.answers('delivered')).length;
      await line.take(framesFor(supplier.organisationNumber, 1));
      const old = await taken(supplier, 300);
      const [first] = await claim(old);
      assert.ok(first);
      const fresh = await taken(supplier, 60_000);
      const [second] = await claim(fresh);
      assert.ok(second);
      await settleWith(old, first, delivered);
      assert.deepEqual(await line.states(supplier.lane), { delivered: 1 });
      await settleWith(fresh, second, later);
      assert.deepEqual(await line.states(supplier.lane), { delivered: 1 });
      assert.equal((await line.answers('delivered')).length, answered + 1);
      assert.deepEqual(await attempts(first.deliveryId), ['delivered', later.kind]);
    }
  });

  it("after the old holder's late success a strict lane sends what stood behind it, though the new one planned a later try", async () => {
    const supplier = await line.addSupplier({ ordering: 'strict' });
    await line.take(framesFor(supplier.organisationNumber, 2));
    const old = await taken(supplier, 300);
    const [first] = await claim(old);
    assert.ok(first);
    const fresh = await taken(supplier, 60_000);
    const [second] = await claim(fresh);
    assert.ok(second);
    const failed: Outcome = { kind: 'message-failed', fault: 'message-failed', detail: 'answered 500', totalMs: 1 };
    assert.equal((await settleWith(fresh, second, failed)).kind, 'armed');
    await line.pool.query("update lane set wake_at = wake_at + interval '1 hour' where id = $1", [supplier.lane]);
    await settleWith(old, first, delivered);
    const next = await taken(supplier, 60_000);
    const [behind] = await claim(next);
    assert.ok(behind && behind.deliveryId !== first.deliveryId);
    await settleWith(next, behind, delivered);
    assert.deepEqual(await line.states(supplier.lane), { delivered: 2 });
  });

  it('the same record twice, because the answer to its commit was lost, changes nothing more', async () => {
    const supplier = await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 1));
    const hold = await taken(supplier, 60_000);
    const [one] = await claim(hold);
    assert.ok(one);
    const answered = (await line.answers('refused')).length;
    await settleWith(hold, one, refused);
    await settleWith(hold, one, refused);
    assert.equal((await line.answers('refused')).length, answered + 1);
    assert.deepEqual(await line.states(supplier.lane), { refused: 1 });
  });

  it('two processes, and Redis emptied again and again: no two requests of a lane at a time', async () => {
    let now = 0;
    let most = 0;
    const supplier = await line.addSupplier({
      behaviour: async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => {
          setTimeout(resolve, 5);
        });
        now -= 1;
        return 'ok' as const;
      },
    });
    await Promise.all([line.deliver(), line.deliver()]);
    const redis = new Redis(line.redisUrl);
    const empty = async () => {
      const keys = await redis.keys(`${line.prefix}:*`);
      if (keys.length > 0) await redis.del(...keys);
    };
    for (let i = 0; i < 8; i++) {
      await line.take(framesFor(supplier.organisationNumber, 25));
      const before = supplier.endpoint.requests.length;
      await eventually('the drain is under way', () => supplier.endpoint.requests.length > before + 3);
      await empty();
      // As the sweeper would: the emptied Redis knows no job, so this one may go to the other process.
      await line.alarms.wake(supplier.lane, 0);
    }
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 200);
    assert.equal(most, 1);
    assert.equal(supplier.received().length, 200);
    assert.deepEqual(
      supplier.sequences(),
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
    redis.disconnect();
  });

  it('a hundred drains at once in one process send everything once', async () => {
    const supplier = await line.addSupplier();
    const deps = drainDeps(
      {
        settings: line.settings(),
        log: silentLog,
        pool: line.pool,
        giveUp: new AbortController(),
        stopping: () => false,
      },
      '0.0.0',
    );
    await line.take(framesFor(supplier.organisationNumber, 60));
    await Promise.all(Array.from({ length: 100 }, () => drain(deps, supplier.lane)));
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 60);
    assert.equal(supplier.received().length, 60);
    await deps.close();
  });
});
