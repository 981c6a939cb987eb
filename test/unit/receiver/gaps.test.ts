import { strict as assert } from 'node:assert';
import { explainGap, gapsOf } from '../../../src/receiver/gaps.ts';
import { inOrder } from '../../../src/receiver/order.ts';

describe('what has been received', () => {
  const at = (time: string, sequence: string) => ({ time, sequence });

  it('is in the order of event times, then of sequences as numbers', () => {
    const [a, b, c, d] = [
      at('2026-01-01T00:00:00Z', '9'),
      at('2026-01-01T00:00:00.5Z', '2'),
      at('2026-01-01T00:00:00.50Z', '10'),
      at('2026-01-01T00:00:01Z', '1'),
    ] as const;
    assert.deepEqual(inOrder([d, c, b, a]), [a, b, c, d]);
  });

  it('misses the numbers below the highest, per recipient', () => {
    const got = (recipient: string, ...sequences: number[]) =>
      sequences.map((sequence) => ({ recipient, sequence: String(sequence) }));
    assert.deepEqual(gapsOf(got('a', 1, 2, 3)), []);
    assert.deepEqual(gapsOf([...got('a', 7, 3, 3), ...got('b', 1)]), [
      { recipient: 'a', from: '1', to: '2' },
      { recipient: 'a', from: '4', to: '6' },
    ]);
  });

  it('explains one missing number and many', () => {
    assert.match(explainGap({ recipient: 'a', from: '4', to: '4' }), /^a: number 4 has not come/);
    assert.match(explainGap({ recipient: 'a', from: '4', to: '6' }), /^a: numbers 4–6 have not come/);
  });
});
