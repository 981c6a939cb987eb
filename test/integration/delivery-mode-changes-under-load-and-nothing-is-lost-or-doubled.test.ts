import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeDelivery } from '../../src/suppliers/delivery-mode.ts';
import type { DeliveryMode } from '../../src/suppliers/wanted.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';
import { type Mailbox, opened, openMailbox } from '../support/mailbox.ts';

describe('a change of how an address is delivered to, again and again while messages come', () => {
  let line: Line;
  beforeEach(async () => {
    line = await openLine();
  });
  afterEach(() => line.close());

  const change = (supplier: TestSupplier, delivery: DeliveryMode) =>
    changeDelivery(line.pool, {
      organisationNumber: supplier.organisationNumber,
      delivery,
      address: undefined,
      environment: undefined,
      url: undefined,
      whyNoPush: undefined,
      actor: 'cli:test',
      reason: 'a test',
      rehearsal: false,
      now: new Date(),
    });

  /** So many messages in small batches, while the mode is changed all the time; ends with `push`. */
  async function storm(supplier: TestSupplier, batches: number, between: DeliveryMode): Promise<number> {
    let came = 0;
    const storming = { over: false };
    const producing = (async () => {
      for (let batch = 0; batch < batches; batch++) {
        came += (await line.take(framesFor(supplier.organisationNumber, 1 + (batch % 7)))).verdicts.length;
        await sleep(batch % 11);
      }
      storming.over = true;
    })();
    for (let n = 0; !storming.over; n++) {
      await change(supplier, n % 2 === 0 ? between : 'push');
      await sleep((n * 13) % 41);
    }
    await producing;
    await change(supplier, 'push');
    return came;
  }

  const allDelivered = (supplier: TestSupplier, count: number) =>
    eventually('everything is delivered', async () => (await line.states(supplier.lane)).delivered === count);

  it('push and manual: each message is pushed, and once', async () => {
    const behaviour = () => ({ status: 204, delay: 5 * Math.random() });
    const [any, strict] = [
      await line.addSupplier({ concurrency: 4, behaviour }),
      await line.addSupplier({ ordering: 'strict', behaviour }),
    ];
    await line.deliver();
    await line.deliver();
    const counts = await Promise.all([storm(any, 120, 'manual'), storm(strict, 50, 'manual')]);
    for (const [index, supplier] of [any, strict].entries()) {
      const count = counts[index] ?? 0;
      await allDelivered(supplier, count);
      assert.equal(supplier.received().length, count);
      assert.equal(new Set(supplier.received()).size, count);
      assert.equal((await line.lane(supplier.lane)).state, 'flowing');
    }
    assert.deepEqual(
      strict.sequences(),
      Array.from({ length: counts[1] ?? 0 }, (_, index) => index + 1),
    );
  });

  /** Fetches and verifies whatever lies in the mailbox and gives receipts, until it is told to stop. @returns what it was given, each id once for each fetch */
  function collecting(mailbox: Mailbox, supplier: TestSupplier) {
    const program = mailbox.as(supplier);
    const fetched: string[] = [];
    const received: string[] = [];
    const ending = new AbortController();
    const run = async (): Promise<void> => {
      while (!ending.signal.aborted) {
        const ids = await program.listed('?limit=20&wait=1');
        for (const id of ids) {
          const answer = await program.fetch(id);
          assert.equal(answer.status, 200, answer.bytes.toString());
          assert.equal((await opened(line, answer)).id, id);
          fetched.push(id);
        }
        if (ids.length === 0) continue;
        for (const { id, result } of await program.receipts(ids)) if (result === 'received') received.push(id);
      }
    };
    const running = run();
    running.catch(() => undefined);
    const stop = async (): Promise<void> => {
      ending.abort();
      await running;
    };
    return { fetched, received, stop };
  }

  it('push and pull: each message is delivered once, pushed or collected, and its supplier has it', async () => {
    const mailbox = await openMailbox(line);
    try {
      const behaviour = () => ({ status: 204, delay: 5 * Math.random() });
      const [any, strict] = [
        await line.addSupplier({ concurrency: 4, behaviour }),
        await line.addSupplier({ ordering: 'strict', behaviour }),
      ];
      await line.deliver();
      await line.deliver();
      const programs = [any, strict].map((supplier) => collecting(mailbox, supplier));
      const counts = await Promise.all([storm(any, 80, 'pull'), storm(strict, 50, 'pull')]);
      await Promise.all([any, strict].map((supplier, index) => allDelivered(supplier, counts[index] ?? 0)));
      // The last answers must have come to the programs, too.
      await Promise.all(programs.map((program) => program.stop()));
      for (const [index, supplier] of [any, strict].entries()) {
        const { fetched = [], received = [] } = programs[index] ?? {};
        // Nothing was pushed twice, nobody was told twice that it is received, and whoever counts as having it has it.
        const pushed = supplier.received();
        assert.equal(new Set(pushed).size, pushed.length);
        assert.equal(new Set(received).size, received.length);
        const { rows } = await line.pool.query<{ id: string; by: string }>(
          'select message_id as id, delivered_by as by from delivery where lane_id = $1',
          [supplier.lane],
        );
        const ids = (by: string) => rows.filter((row) => row.by === by).map(({ id }) => id);
        assert.deepEqual(new Set(received), new Set(ids('collected')));
        for (const id of ids('collected')) assert.ok(fetched.includes(id), `${id} was collected and never fetched`);
        for (const id of ids('pushed')) assert.ok(pushed.includes(id), `${id} is on record as pushed and never came`);
        assert.ok(ids('collected').length > 0 && ids('pushed').length > 0, 'both happened');
      }
      assert.equal((await line.answers('delivered')).length, (counts[0] ?? 0) + (counts[1] ?? 0));
    } finally {
      await mailbox.stop();
    }
  });

  it('what is on the wire ends as it does, says nothing about the lane, and nothing more is sent until it is pushed to', async () => {
    for (const [status, state] of [
      [204, 'delivered'],
      [503, 'waiting'],
      [422, 'refused'],
      [403, 'waiting'],
    ] as const) {
      let answer: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const supplier = await line.addSupplier({ behaviour: () => gate.then(() => status) });
      await line.deliver();
      await line.take(framesFor(supplier.organisationNumber, 1));
      await eventually('it is on the wire', () => supplier.received().length === 1);
      await change(supplier, 'manual');
      await line.take(framesFor(supplier.organisationNumber, 1));
      answer();
      await eventually('the push is over', async () => (await line.lane(supplier.lane)).holder === null);
      const { state: lane, reason, wakes_in } = await line.lane(supplier.lane);
      assert.deepEqual({ lane, reason, wakes_in }, { lane: 'flowing', reason: null, wakes_in: null }, String(status));
      assert.deepEqual(
        await line.states(supplier.lane),
        state === 'waiting' ? { waiting: 2 } : { [state]: 1, waiting: 1 },
      );
      assert.deepEqual(await line.answers('held'), []);
      assert.equal(supplier.received().length, 1);
      supplier.endpoint.behave('ok');
      await change(supplier, 'push');
      await eventually('the rest is pushed', async () => (await line.states(supplier.lane)).waiting === undefined);
    }
  });
});
