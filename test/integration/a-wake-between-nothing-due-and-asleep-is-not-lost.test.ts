import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DrainDeps, drain } from '../../src/delivery/drain.ts';
import { startWorker } from '../../src/delivery/queue/queue.ts';
import { silentLog } from '../../src/platform/log.ts';
import { drainDeps } from '../../src/roles/delivery.ts';
import type { Recorded } from '../../src/store/lane/record.ts';
import { alarmOf } from '../../src/store/lane/take.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, type Line, openLine } from '../support/line.ts';

const times = 1_000;
const lanes = 8;

describe('a wake between nothing-due and asleep is not lost', () => {
  let line: Line;
  before(async () => {
    line = await openLine();
  });
  after(() => line.close());

  it(`${times} times a message comes while the lane is falling asleep, without a sweeper, and each is delivered`, async () => {
    const suppliers = await Promise.all(Array.from({ length: lanes }, () => line.addSupplier()));
    // A message that waits for its own next try gives each lane an alarm far away: a lost wake would be slept through.
    await line.take(suppliers.map(({ organisationNumber }) => frameFor(organisationNumber)));
    await line.pool.query("update delivery set next_try_at = now() + interval '8 hours'");

    const left = new Map(suppliers.map(({ lane }) => [lane, times / lanes]));
    const failures: unknown[] = [];
    /** One more message for this lane. */
    const comes = async (lane: number): Promise<void> => {
      const more = left.get(lane) ?? 0;
      const supplier = suppliers.find((one) => one.lane === lane);
      if (more === 0 || !supplier) return;
      left.set(lane, more - 1);
      await line.take([frameFor(supplier.organisationNumber)]).catch((error: unknown) => failures.push(error));
    };
    const real = drainDeps(
      {
        settings: line.settings(),
        log: silentLog,
        pool: line.pool,
        giveUp: new AbortController(),
        stopping: () => false,
      },
      '0.0.0',
    );
    let rests = 0;
    /** The lane's transaction has said that nothing is due; now and a moment later is when a wake was lost. */
    const fallingAsleep = async (lane: number, recorded: Recorded): Promise<Recorded> => {
      if (recorded.kind !== 'armed') return recorded;
      rests += 1;
      const message = comes(lane);
      // From none of it before the job sleeps to all of it, alarm and wake: the wake lands on either side of every step.
      const phase = rests % 10;
      await (phase === 9 ? message : sleep(phase));
      return recorded;
    };
    const deps: DrainDeps = {
      ...real,
      push: async () => ({ kind: 'delivered', totalMs: 0, status: 204 }),
      rest: async (hold) => fallingAsleep(hold.lane, await real.rest(hold)),
      record: async (hold, ...given) => fallingAsleep(hold.lane, await real.record(hold, ...given)),
    };
    const worker = await startWorker({
      redisUrl: line.redisUrl,
      prefix: line.prefix,
      log: silentLog,
      concurrency: lanes,
      drain: (lane) => drain(deps, lane),
      alarmOf: (lane) => alarmOf(line.pool, lane),
      wake: line.alarms.wake,
      // Asleep, and about to look once more.
      armed: async () => {
        if (rests % 4 === 0) await sleep(2);
      },
    });
    await Promise.all(suppliers.map(({ lane }) => comes(lane)));
    const delivered = async () => (await line.states()).delivered ?? 0;
    let reached = 0;
    try {
      // Judged by progress: while messages are delivered there is no hurry.
      while (reached < times) {
        const before = reached;
        reached = await eventually(
          () => `message ${before + 1} of ${times} was delivered`,
          async () => {
            const now = await delivered();
            return now > before ? now : undefined;
          },
          10_000,
        );
      }
    } finally {
      await worker.close();
      await real.close();
    }
    assert.deepEqual(failures, []);
    assert.equal(reached, times);
  });

  it('an alarm set by the second look does not outlive a wake that came while it was looking', async () => {
    const lane = 1_000_001;
    let rings = 0;
    let looks = 0;
    const worker = await startWorker({
      redisUrl: line.redisUrl,
      prefix: line.prefix,
      log: silentLog,
      // One place: the wake is not heard before the ring that is looking has ended.
      concurrency: 1,
      drain: async () => {
        rings += 1;
        return rings === 1 ? { armIn: 3_600_000 } : 'done';
      },
      alarmOf: async () => {
        looks += 1;
        if (looks > 1) return 0;
        // Read, and before it is acted on the alarm is moved to now and the lane is woken, by intake.
        await line.alarms.wake(lane, 0);
        return 3_500_000;
      },
      wake: line.alarms.wake,
    });
    try {
      await line.alarms.wake(lane, 0);
      await eventually('the lane is rung again', () => rings >= 2, 10_000);
    } finally {
      await worker.close();
    }
  });
});
