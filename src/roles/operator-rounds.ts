/** What role operator-api does in the background: the sums of the overview; and sessions that ended long ago are forgotten. */
import { createRenewal } from '../operations/renewal.ts';
import { errorText, type Log } from '../platform/log.ts';
import { forgetEntries } from '../store/operator/entries.ts';
import { createPool } from '../store/pool.ts';

/** Milliseconds between two looks whether a sum is old. */
const every = 2_000;
/** And between two times that old sessions and links are forgotten; they are kept for so long after their end. */
const forgetEvery = 3_600_000;
const keptFor = 7 * 86_400_000;
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
      await forgetEntries(pool, new Date(at - keptFor)).catch((error: unknown) =>
        log.warn('sessions that have ended cannot be forgotten just now', { error: errorText(error) }),
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
