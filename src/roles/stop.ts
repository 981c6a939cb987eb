/** Stopping all parts of a process within its time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, type Log } from '../platform/log.ts';
import type { Running } from './parts.ts';

/** Milliseconds of a stop after which pushes are given up; the rest of its time is for putting that on record. */
export function pushesEndAfter(stopTimeout: number): number {
  return stopTimeout - Math.min(5_000, stopTimeout / 5);
}

/**
 * Stops all parts at once, as they need nothing of each other, and returns when they have, or when the time is over. What still runs
 * then ends with the process, as in a crash, which loses nothing: what was not acknowledged or recorded is done again.
 * @param parts by name, for the log
 * @param within milliseconds
 */
export async function stopAll(parts: ReadonlyMap<string, Running>, within: number, log: Log): Promise<void> {
  const left = new Set(parts.keys());
  const stopped = [...parts].map(async ([name, part]) => {
    try {
      await part.stop();
    } catch (error) {
      log.error('a role did not stop as it should', { role: name, error: errorText(error) });
    }
    left.delete(name);
  });
  const timer = new AbortController();
  const over = sleep(within, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([Promise.all(stopped), over]);
  timer.abort();
  if (left.size > 0)
    log.error('the time to stop is over; what still runs ends with the process', {
      roles: [...left],
      withinMs: within,
    });
}
