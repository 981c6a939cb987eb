/** What role operator-api does in the background: the sums of the overview; and what is old enough is forgotten. */
import { createRenewal } from '../operations/renewal.ts';
import { errorText, type Log } from '../platform/log.ts';
import { forgetEntries } from '../store/operator/entries.ts';
import { forgetJobMessages, forgetLaneChanges, forgetTestCalls } from '../store/operator/forget.ts';
import { createPool, type Pool } from '../store/pool.ts';

/** Milliseconds between two looks whether a sum is old. */
const every = 2_000;
/** And between two times that something is forgotten. */
const forgetEvery = 3_600_000;
const day = 86_400_000;
/** A law of conservation reads whole tables, and may take so long; one that takes longer is not checked, and the overview says so. */
const statementTimeout = 600_000;

/** Over connections of its own, which may read whole tables. Ends in the middle of a sum. */
export function startRounds(url: string, log: Log, now: () => Date): AsyncDisposable {
  const pool = createPool({ url, connections: 2, name: 'kuvert operator-api rounds', statementTimeout });
  const renewal = createRenewal({ pool, log });
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let forgetAt = 0;
  const round = async (): Promise<void> => {
    const at = now().getTime();
    await renewal
      .round(new Date(at))
      .catch((error: unknown) =>
        log.warn('the sums of the overview cannot be made just now', { error: errorText(error) }),
      );
    if (!stopped && at >= forgetAt) {
      forgetAt = at + forgetEvery;
      await forget(pool, at, () => stopped).catch((error: unknown) =>
        log.warn('what is old cannot be forgotten just now', { error: errorText(error) }),
      );
    }
    if (!stopped)
      timer = setTimeout(() => {
        running = round();
      }, every);
  };
  let running = round();
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      clearTimeout(timer);
      await renewal
        .stop()
        .catch((error: unknown) =>
          log.warn('a sum of the overview could not be broken off', { error: errorText(error) }),
        );
      await running;
      await pool.close();
    },
  };
}

/** Days after their end. Sessions and links say where somebody was; the rest is only large. */
const kept = { entries: 7, jobMessages: 90, laneChanges: 365, testCalls: 365 };

async function forget(pool: Pool, at: number, stopped: () => boolean): Promise<void> {
  const before = (days: number) => new Date(at - days * day);
  await forgetEntries(pool, before(kept.entries));
  const steps = [
    () => forgetJobMessages(pool, before(kept.jobMessages)),
    () => forgetLaneChanges(pool, before(kept.laneChanges)),
    () => forgetTestCalls(pool, before(kept.testCalls)),
  ];
  for (const step of steps) while (!stopped() && (await step()) > 0);
}
