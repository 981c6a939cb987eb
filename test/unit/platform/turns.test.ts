import { strict as assert } from 'node:assert';
import { setImmediate as soon } from 'node:timers/promises';
import { Fault } from '../../../src/domain/fault.ts';
import { createTurns } from '../../../src/platform/turns.ts';

describe('work that is done in turns', () => {
  it('is so much at once, the rest in the order it came, and what is too much is refused at once', async () => {
    const { take } = createTurns({ atOnce: 2, waiting: 3 });
    const began: number[] = [];
    const ends: ((failed?: Error) => void)[] = [];
    const work = (number: number) => () =>
      new Promise<number>((resolve, reject) => {
        began.push(number);
        ends.push((failed) => (failed === undefined ? resolve(number) : reject(failed)));
      });
    const first = [0, 1, 2, 3, 4].map((number) => take(work(number)));
    const settled = Promise.allSettled(first);
    await assert.rejects(take(work(5)), (error) => error instanceof Fault && error.code === 'too-many-requests');
    await soon();
    assert.deepEqual(began, [0, 1]);
    // One that fails hands its place on too.
    ends[0]?.(new Error('failed'));
    await soon();
    assert.deepEqual(began, [0, 1, 2]);
    const late = take(work(6));
    for (const at of [1, 2, 3, 4, 5]) {
      ends[at]?.();
      await soon();
      assert.ok(began.length <= at + 3);
    }
    assert.deepEqual(began, [0, 1, 2, 3, 4, 6]);
    assert.equal(await late, 6);
    assert.deepEqual(
      (await settled).map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
    );
    const again = [take(work(7)), take(work(8)), take(work(9))];
    await soon();
    assert.deepEqual(began.slice(-2), [7, 8], 'two places are free again');
    for (const at of [6, 7, 8]) {
      ends[at]?.();
      await soon();
    }
    assert.deepEqual(await Promise.all(again), [7, 8, 9]);
  });
});
