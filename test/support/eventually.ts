/** Waiting for a condition instead of for a time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a condition may take before the test fails. Generous: it is no measurement. */
const patience = 45_000;

/**
 * Asks until the answer is neither false nor undefined, and returns it.
 * @param what is hoped for, in words, for the failure; a function says how far it got
 */
export async function eventually<T>(
  what: string | (() => string),
  ask: () => T | false | undefined | Promise<T | false | undefined>,
  limit = patience,
): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    const asked = performance.now();
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() > end)
      throw new Error(`within ${limit} ms it did not happen: ${typeof what === 'string' ? what : what()}`);
    // Who waits leaves most of the machine to what is waited for.
    await sleep(Math.min(15 + 2 * (performance.now() - asked), 250));
  }
}
