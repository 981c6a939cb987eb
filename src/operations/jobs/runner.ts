/** The runner of this process: looks for jobs, and does one at a time. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { errorText, type Log } from '../../platform/log.ts';
import { operate } from '../../store/operate.ts';
import { forgetDrafts } from '../../store/operator/jobs.ts';
import type { Pool } from '../../store/pool.ts';
import { runNextJob } from './run.ts';

export interface RunnerParts {
  readonly pool: Pool;
  readonly log: Log;
  readonly now: () => Date;
  /** Milliseconds that others wait for a word of ours. */
  readonly lease: number;
  /** Milliseconds between two looks for a job. */
  readonly every: number;
}

export interface Runner {
  /** Something was started: look at once. */
  wake(): void;
  /** The message that is being moved is the last one; another process goes on at once. */
  stop(): Promise<void>;
}

const day = 86_400_000;
const hour = 3_600_000;

export function startRunner({ pool, log, now, lease, every }: RunnerParts): Runner {
  const ending = new AbortController();
  let nap = new AbortController();
  const deps = {
    pool,
    log,
    now,
    lease,
    holder: randomUUID(),
    ending: () => ending.signal.aborted,
    wait: (milliseconds: number) => pause(milliseconds, undefined, { signal: ending.signal }).catch(() => undefined),
  };
  let forgotten = 0;
  const look = async (): Promise<void> => {
    while (!ending.signal.aborted && (await runNextJob(deps)));
    // A dry run that nobody followed is kept for a day.
    if (now().getTime() - forgotten < hour) return;
    forgotten = now().getTime();
    const before = new Date(forgotten - day);
    while ((await operate(pool, false, (db) => forgetDrafts(db, before))) > 0);
  };
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const awake = nap.signal;
      await look().catch((error: unknown) =>
        log.warn('jobs cannot be looked after just now', { error: errorText(error) }),
      );
      const either = AbortSignal.any([awake, ending.signal]);
      await pause(every, undefined, { signal: either }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    wake: () => {
      nap.abort();
      nap = new AbortController();
    },
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}
