/** KA's side of the demo: reads the answers off the status queue and counts them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AnswerKind, answerKinds } from '../../domain/answer.ts';
import { silentLog } from '../../platform/log.ts';
import { brokerOf } from '../../roles/intake.ts';
import type { Stage } from '../../roles/stage.ts';

export type AnswerCounts = Readonly<Record<AnswerKind, number>>;

/**
 * Takes answers until as many different ones as expected have come, or the time is over.
 * @param until epoch milliseconds
 */
export async function readAnswers(stage: Stage, expected: number, until: number): Promise<AnswerCounts> {
  const kinds = new Map<string, AnswerKind>();
  const consumer = brokerOf(stage.settings, silentLog).consume(
    { queue: stage.settings.queueStatus, prefetch: 100, batch: 100, bodyBytes: 1_048_576 },
    // Answers are small; one that is not would stay on the queue.
    () => Promise.reject(new Error('an answer larger than 1 MB')),
    async (batch) => {
      for (const frame of batch.frames) {
        const { id, answer } = JSON.parse(frame.body.toString('utf8')) as { id: string; answer: AnswerKind };
        kinds.set(id, answer);
      }
      batch.ack();
    },
  );
  while (kinds.size < expected && Date.now() < until) await sleep(100);
  await consumer.close();
  const count = (kind: AnswerKind): number => [...kinds.values()].filter((one) => one === kind).length;
  return Object.fromEntries(answerKinds.map((kind) => [kind, count(kind)])) as AnswerCounts;
}
