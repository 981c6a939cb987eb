import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { moveMessage } from '../../src/operations/messages.ts';
import { eventually } from '../support/eventually.ts';
import { frameFor, framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

describe('a strict lane stops at a refused delivery', () => {
  let line: Line;
  before(async () => {
    line = await openLine();
    await line.deliver();
  });
  after(() => line.close());

  /** Refuses the document `bad` with `status` until it is told otherwise. */
  async function picky(status: number): Promise<TestSupplier & { content: () => void; most: () => number }> {
    let picky = true;
    let now = 0;
    let most = 0;
    const supplier = await line.addSupplier({
      ordering: 'strict',
      concurrency: 8,
      behaviour: async ({ body }) => {
        now += 1;
        most = Math.max(most, now);
        await sleep(5);
        now -= 1;
        return picky && body.includes('"subject":"bad') ? status : 'ok';
      },
    });
    return {
      ...supplier,
      most: () => most,
      content: () => {
        picky = false;
      },
    };
  }

  const idle = (supplier: TestSupplier, state: string) =>
    eventually(`one is ${state} and the lane rests`, async () => {
      const lane = await line.lane(supplier.lane);
      return (await line.states(supplier.lane))[state] === 1 && lane.holder === null && lane.wakes_in === null;
    });

  async function stopsAtTheThird(supplier: TestSupplier): Promise<string> {
    const frames = framesFor(supplier.organisationNumber, 6);
    const bad = frameFor(supplier.organisationNumber, { documentNumber: 'bad-1' });
    const { verdicts } = await line.take([...frames.slice(0, 2), bad, ...frames.slice(2)]);
    await idle(supplier, 'refused');
    assert.deepEqual(await line.states(supplier.lane), { delivered: 2, refused: 1, waiting: 4 });
    await line.take(framesFor(supplier.organisationNumber, 1));
    await idle(supplier, 'refused');
    assert.deepEqual(await line.states(supplier.lane), { delivered: 2, refused: 1, waiting: 5 });
    const third = verdicts[2];
    assert.ok(third?.kind === 'accepted');
    return third.messageId;
  }

  const order = (action: 'release' | 'cancel', messageId: string) =>
    moveMessage(line.pool, { action, messageId, actor: 'cli:test', reason: 'a test', now: new Date() });

  it('what stands behind it waits until an operator releases it, and then goes after it', async () => {
    const supplier = await picky(422);
    const messageId = await stopsAtTheThird(supplier);
    supplier.content();
    await order('release', messageId);
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 8);
    assert.deepEqual(supplier.sequences(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(supplier.most(), 1, 'whatever concurrency the address has');
  });

  it('or until it is cancelled', async () => {
    const supplier = await picky(422);
    const messageId = await stopsAtTheThird(supplier);
    await order('cancel', messageId);
    await eventually('the rest is delivered', async () => (await line.states(supplier.lane)).delivered === 7);
    assert.deepEqual(supplier.sequences(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(supplier.received().length, 8);
  });

  it('or until KA corrects it: the new version comes last, the others go on', async () => {
    const supplier = await picky(422);
    await stopsAtTheThird(supplier);
    supplier.content();
    await line.take([frameFor(supplier.organisationNumber, { documentNumber: 'bad-1', content: '{"corrected":1}' })]);
    await eventually('the rest is delivered', async () => (await line.states(supplier.lane)).delivered === 8);
    assert.deepEqual(await line.states(supplier.lane), { delivered: 8, refused: 1 });
    assert.deepEqual(supplier.sequences(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('a message that fails is waited for too, and nothing overtakes it', async () => {
    let failures = 2;
    const supplier = await line.addSupplier({
      ordering: 'strict',
      behaviour: ({ body }) => {
        if (!body.includes('"subject":"bad') || failures === 0) return 'ok';
        failures -= 1;
        return 500;
      },
    });
    const frames = framesFor(supplier.organisationNumber, 4);
    await line.take([
      ...frames.slice(0, 1),
      frameFor(supplier.organisationNumber, { documentNumber: 'bad-2' }),
      ...frames.slice(1),
    ]);
    await eventually('all is delivered', async () => (await line.states(supplier.lane)).delivered === 5);
    assert.deepEqual(supplier.sequences(), [1, 2, 3, 4, 5]);
    assert.equal(supplier.received().length, 7);
  });
});
