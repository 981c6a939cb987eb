import { strict as assert } from 'node:assert';
import { createMetrics } from '../../../src/platform/metrics.ts';

describe('metrics', () => {
  const lines = async (metrics: ReturnType<typeof createMetrics>) =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith('kuvert_'));

  it('what has never happened is told as 0, for every value of every label', async () => {
    const metrics = createMetrics();
    const count = metrics.counter({ name: 'kuvert_a_total', help: 'a', labels: { x: ['1', '2'], y: ['p', 'q'] } });
    count({ x: '2', y: 'p' });
    count({ x: '2', y: 'p' }, 3);
    assert.deepEqual(await lines(metrics), [
      'kuvert_a_total{x="1",y="p"} 0',
      'kuvert_a_total{x="1",y="q"} 0',
      'kuvert_a_total{x="2",y="p"} 4',
      'kuvert_a_total{x="2",y="q"} 0',
    ]);
  });

  it('a gauge is there when it is known and gone when it is not, with labels and without', async () => {
    const metrics = createMetrics();
    const plain = metrics.gauge({ name: 'kuvert_b', help: 'b', labels: {} });
    const labelled = metrics.gauge({ name: 'kuvert_c', help: 'c', labels: { x: ['1', '2'] } });
    assert.deepEqual(await lines(metrics), []);
    plain({}, 5);
    labelled({ x: '2' }, 7);
    assert.deepEqual(await lines(metrics), ['kuvert_b 5', 'kuvert_c{x="2"} 7']);
    plain({}, undefined);
    labelled({ x: '2' }, undefined);
    assert.deepEqual(await lines(metrics), []);
  });

  it('two registries of one process know nothing of each other', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.counter({ name: 'kuvert_a_total', help: 'a', labels: {} })({});
    assert.deepEqual(await lines(other), []);
    assert.deepEqual(
      one.told().map(({ name }) => name),
      ['kuvert_a_total'],
    );
  });
});
