import { strict as assert } from 'node:assert';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { gather } from '../../../src/platform/gather.ts';

describe('gather', () => {
  const silent = (): void => undefined;

  it('what is asked while a batch is under way goes together in the next, in the order of asking', async () => {
    const batches: (readonly number[])[] = [];
    const double = gather<number, number>(
      4,
      async (asks) => {
        batches.push(asks);
        await sleep(5);
        return asks.map((one) => one * 2);
      },
      async () => assert.fail('nothing failed'),
      silent,
    );
    const first = double(1);
    await setImmediate();
    await setImmediate();
    const answers = await Promise.all([first, ...[2, 3, 4, 5, 6, 7].map(double)]);
    assert.deepEqual(answers, [2, 4, 6, 8, 10, 12, 14]);
    assert.deepEqual(batches, [[1], [2, 3, 4, 5], [6, 7]]);
  });

  it('never two batches at a time', async () => {
    let now = 0;
    const work = gather<number, number>(
      3,
      async (asks) => {
        now += 1;
        assert.equal(now, 1);
        await setImmediate();
        now -= 1;
        return [...asks];
      },
      async () => assert.fail('nothing failed'),
      silent,
    );
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        await sleep(i % 7);
        assert.equal(await work(i), i);
      }),
    );
  });

  it('what fails together is tried alone: one bad ask spoils no other, and the reason is told', async () => {
    const told: string[] = [];
    const bad = (asks: readonly number[]) => {
      if (asks.includes(2)) throw new Error('two is bad');
    };
    const work = gather<number, number>(
      10,
      async (asks) => {
        bad(asks);
        return [...asks];
      },
      async (ask) => {
        bad([ask]);
        return ask;
      },
      (error, asks) => void told.push(`${(error as Error).message}, ${asks}`),
    );
    const results = await Promise.allSettled([1, 2, 3].map(work));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(told, ['two is bad, 3']);
    assert.equal(await work(4), 4);
  });

  it('one that waits alone keeps none of the following waiting', async () => {
    const { promise: stuck, resolve: free } = Promise.withResolvers<void>();
    const work = gather<number, number>(
      10,
      async (asks) => {
        if (asks.includes(1)) throw new Error('has waited long enough');
        return [...asks];
      },
      async (ask) => {
        if (ask === 1) await stuck;
        return ask;
      },
      silent,
    );
    const first = work(1);
    const second = work(2);
    assert.equal(await second, 2);
    assert.equal(await work(3), 3);
    free();
    assert.equal(await first, 1);
  });
});
