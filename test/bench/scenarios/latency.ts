/** From KA's send to the supplier's 2xx, at steady rates. */
import { account, settled } from '../account.ts';
import { percentile } from '../clock.ts';
import { costBetween } from '../cpu.ts';
import { produce, produceAtRate, type SentAt } from '../produce.ts';
import type { Arrivals } from '../receiver.ts';
import type { Result, Row } from '../report.ts';
import type { Bench } from '../stage.ts';

const rates = [50, 200, 500];
const warmUp = 2_000;

/** @param messages at each rate */
export async function latencyScenario(bench: Bench, messages: number): Promise<Result> {
  const all = bench.suppliers.map((_, i) => i);
  const came: Arrivals[] = [];
  const gateway = await bench.startGateway();
  let total = Math.min(warmUp, messages);
  await produce(bench, total, all);
  await settled(bench, total, total, 120_000);
  came.push(await bench.receiver.take());

  const runs: { rate: number; sent: SentAt; cpuMs: number }[] = [];
  for (const rate of rates) {
    bench.progress(`${rate}/s`);
    const start = bench.costs();
    const sent = await produceAtRate(bench, messages, rate, all);
    total += messages;
    await settled(bench, messages, total, 60_000 + messages * 20);
    runs.push({ rate, sent, cpuMs: costBetween(start, bench.costs()).gateway?.cpuMs ?? Number.NaN });
    came.push(await bench.receiver.take());
  }
  await gateway.stop();
  const { arrivals, repeats } = await account(bench, total, came);
  const rows = runs.flatMap(({ rate, sent, cpuMs }): Row[] => {
    const waits = latencies(sent, arrivals);
    return [
      ...[0.5, 0.95, 0.99].map((share) => ({
        what: `${rate}/s: p${share * 100}`,
        value: percentile(waits, share),
        unit: 'ms',
      })),
      { what: `${rate}/s: gateway CPU`, value: cpuMs / messages, unit: 'ms/message' },
    ];
  });
  return { rows: [...rows, { what: 'pushed more than once', value: repeats, unit: '' }] };
}

/** Milliseconds from the send to the 2xx, of those of `sent` that went to a supplier that `counts`. */
export function latencies(
  sent: SentAt,
  arrivals: readonly { number: string; supplier: number; at: number }[],
  counts: (supplier: number) => boolean = () => true,
): number[] {
  return arrivals.flatMap(({ number, supplier, at }) => {
    const since = sent.get(number);
    return since === undefined || !counts(supplier) ? [] : [at - since];
  });
}
