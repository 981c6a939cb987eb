/** One supplier comes back after an outage, and all that waited for it goes out. */
import { account, settled } from '../account.ts';
import { clock, steadyRate } from '../clock.ts';
import { costBetween } from '../cpu.ts';
import { produce } from '../produce.ts';
import { costRows, type Result } from '../report.ts';
import { type Bench, until } from '../stage.ts';

/** So that the next probe is near when the supplier comes back; in production it may be hours away, or an operator's release. */
export const backlogSettings = { KUVERT_RETRY_SCHEDULE: '2s', KUVERT_RETRY_JITTER: '0' };

export async function backlogScenario(bench: Bench, messages: number): Promise<Result> {
  const gateway = await bench.startGateway();
  await bench.receiver.behave(0, 'refuses');
  await produce(bench, messages, [0]);
  await until(`${messages} are in the store`, 60_000 + messages * 20, async () => {
    const { rows } = await bench.pool.query<{ taken: number }>('select count(*) as taken from frame');
    bench.progress(`${rows[0]?.taken} of ${messages} wait`);
    return rows[0]?.taken === messages;
  });

  const start = bench.costs();
  const back = clock();
  await bench.receiver.behave(0, 'answers');
  await settled(bench, messages, messages, 60_000 + messages * 50);
  const cost = costBetween(start, bench.costs());
  const came = await bench.receiver.take();
  await gateway.stop();
  const { arrivals, repeats } = await account(bench, messages, [came]);
  const times = arrivals.map(({ at }) => at);
  const first = times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = times.reduce((most, at) => Math.max(most, at), 0);
  return {
    rows: [
      { what: 'messages that waited', value: messages, unit: '' },
      { what: 'back to first 2xx', value: (first - back) / 1_000, unit: 's' },
      { what: 'first to last 2xx', value: (last - first) / 1_000, unit: 's' },
      { what: 'steady (10–90 %)', value: steadyRate(times), unit: '/s' },
      { what: 'pushed more than once', value: repeats, unit: '' },
      ...costRows(cost, messages),
    ],
  };
}
