/** N documents for all suppliers, from the queue to a 2xx, as fast as it goes. */
import { account, settled } from '../account.ts';
import { steadyRate } from '../clock.ts';
import { costBetween } from '../cpu.ts';
import { produce } from '../produce.ts';
import { costRows, type Result } from '../report.ts';
import type { Bench } from '../stage.ts';

/** Messages before what is measured: code is compiled, connections are open, caches are full. */
const warmUp = 2_000;

export async function drainScenario(bench: Bench, messages: number): Promise<Result> {
  const all = bench.suppliers.map((_, i) => i);
  const before = Math.min(warmUp, messages);
  const gateway = await bench.startGateway();
  await produce(bench, before, all);
  await settled(bench, before, before, 120_000);
  const warm = await bench.receiver.take();

  const start = bench.costs();
  const sent = await produce(bench, messages, all);
  await settled(bench, messages, before + messages, 60_000 + messages * 20);
  const cost = costBetween(start, bench.costs());
  const measured = await bench.receiver.take();
  await gateway.stop();
  const { arrivals, repeats } = await account(bench, before + messages, [warm, measured]);
  const times = arrivals.filter(({ number }) => sent.has(number)).map(({ at }) => at);
  const first = Math.min(...sent.values());
  const last = times.reduce((most, at) => Math.max(most, at), 0);
  return {
    rows: [
      { what: 'messages', value: messages, unit: '' },
      { what: 'steady (10–90 %)', value: steadyRate(times), unit: '/s' },
      { what: 'first sent to last 2xx', value: (last - first) / 1_000, unit: 's' },
      { what: 'pushed more than once', value: repeats, unit: '' },
      ...costRows(cost, messages),
    ],
  };
}
