/** What the others notice of one supplier whose endpoint takes connections and says nothing. */
import { account, settled } from '../account.ts';
import { percentile } from '../clock.ts';
import { produce, produceAtRate, type SentAt } from '../produce.ts';
import type { Arrivals } from '../receiver.ts';
import type { Result } from '../report.ts';
import { type Bench, until } from '../stage.ts';
import { latencies } from './latency.ts';

/** Well below what the line takes: it is the wait for another that is looked for, not the queue. */
const perSecond = 50;
const warmUp = 2_000;
/** The two are measured in turn, so often: a machine that is busy with something else for a while is so for both. */
const rounds = 2;
/** It is tried again soon after each round. */
export const oneDeadSettings = { KUVERT_RETRY_SCHEDULE: '5s', KUVERT_RETRY_JITTER: '0' };

/** @param messages in each half of each round */
export async function oneDeadScenario(bench: Bench, messages: number): Promise<Result> {
  const all = bench.suppliers.map((_, i) => i);
  const dead = all.length - 1;
  const came: Arrivals[] = [];
  const gateway = await bench.startGateway();
  let total = Math.min(warmUp, messages);
  await produce(bench, total, all);
  await settled(bench, total, total, 120_000);
  came.push(await bench.receiver.take());

  const halves: { dead: boolean; sent: SentAt }[] = [];
  for (let half = 0; half < 2 * rounds; half++) {
    // without, with, with, without: what changes with time alone falls out.
    const isDead = half % 4 === 1 || half % 4 === 2;
    bench.progress(`half ${half + 1} of ${2 * rounds}, ${isDead ? 'one is dead' : 'all answer'}`);
    await bench.receiver.behave(dead, isDead ? 'silent' : 'answers');
    const sent = await produceAtRate(bench, messages, perSecond, all);
    total += messages;
    const others = messages - (isDead ? Math.floor((messages + all.length - 1 - dead) / all.length) : 0);
    await until('the others have theirs', 60_000, () => bench.receiver.count() >= others);
    await bench.receiver.behave(dead, 'answers');
    await settled(bench, messages, total, 120_000);
    came.push(await bench.receiver.take());
    halves.push({ dead: isDead, sent });
  }
  await gateway.stop();
  const { arrivals } = await account(bench, total, came);
  const waits = (isDead: boolean): number[] =>
    halves
      .filter((half) => half.dead === isDead)
      .flatMap(({ sent }) => latencies(sent, arrivals, (supplier) => supplier !== dead));
  const [without, one] = [waits(false), waits(true)];
  const change = percentile(one, 0.95) / percentile(without, 0.95) - 1;
  return {
    rows: [
      ...[0.5, 0.95].flatMap((share) => [
        { what: `the others' p${share * 100}, all answer`, value: percentile(without, share), unit: 'ms' },
        { what: `the others' p${share * 100}, one is dead`, value: percentile(one, share), unit: 'ms' },
      ]),
      { what: 'change of p95', value: change * 100, unit: '%' },
    ],
  };
}
