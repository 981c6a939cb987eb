/** Many calls made one: what is asked while a batch is under way is asked together by the next. */
import { setImmediate } from 'node:timers/promises';

/**
 * One batch at a time, in the order of asking; nobody waits for company. What fails together is tried alone, beside the
 * batches that follow: one bad ask spoils no other, and one that waits keeps none waiting.
 * @param most asks in one batch
 * @param together answers in the order of the asks
 * @param told why so many asks are tried alone
 */
export function gather<A, R>(
  most: number,
  together: (asks: readonly A[]) => Promise<readonly R[]>,
  alone: (ask: A) => Promise<R>,
  told: (error: unknown, asks: number) => void,
): (ask: A) => Promise<R> {
  const waiting: { readonly ask: A; readonly answer: (answer: R | Promise<R>) => void }[] = [];
  let running = false;
  const run = async () => {
    running = true;
    while (waiting.length > 0) {
      // What came with the same packets is in the same batch.
      await setImmediate();
      const batch = waiting.splice(0, most);
      try {
        const answers = await together(batch.map(({ ask }) => ask));
        batch.forEach(({ answer }, i) => answer(answers[i] as R));
      } catch (error) {
        told(error, batch.length);
        for (const { ask, answer } of batch) answer(alone(ask));
      }
    }
    running = false;
  };
  return (ask) =>
    new Promise((answer) => {
      waiting.push({ ask, answer });
      if (!running) void run();
    });
}
