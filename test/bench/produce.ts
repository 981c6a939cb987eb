/** KA of a bench: documents onto the queue, at once or at a rate. */
import { setTimeout as sleep } from 'node:timers/promises';
import { clock } from './clock.ts';
import type { Bench } from './stage.ts';

/** When each document number was handed to the broker; `clock`. */
export type SentAt = Map<string, number>;

/** So many in one transaction of the producer. */
const batch = 100;

/** As fast as the broker takes them, to the suppliers in turn. */
export async function produce(bench: Bench, count: number, to: readonly number[]): Promise<SentAt> {
  const sent: SentAt = new Map();
  for (let from = 0; from < count; from += batch) {
    const some = Array.from({ length: Math.min(batch, count - from) }, (_, i) =>
      bench.next(to[(from + i) % to.length] ?? 0),
    );
    const now = clock();
    for (const { number } of some) sent.set(number, now);
    await bench.sender.send(some.map(({ frame }) => frame));
  }
  return sent;
}

/** So many in a second, each sent by itself when its time has come, whatever became of those before. */
export async function produceAtRate(
  bench: Bench,
  count: number,
  perSecond: number,
  to: readonly number[],
): Promise<SentAt> {
  const sent: SentAt = new Map();
  const sends: Promise<void>[] = [];
  const begun = clock();
  for (let i = 0; i < count; i++) {
    const due = begun + (i * 1_000) / perSecond;
    const wait = due - clock();
    if (wait > 0.5) await sleep(wait);
    const { number, frame } = bench.next(to[i % to.length] ?? 0);
    // Its time counts from when it was due: a producer that is late must not hide what KA would wait.
    sent.set(number, due);
    sends.push(bench.sender.send([frame]));
  }
  await Promise.all(sends);
  return sent;
}
