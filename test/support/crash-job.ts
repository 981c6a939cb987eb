/** A process that carries out the next job, and whose nth step of the store ends it with SIGKILL. Run by crashJob() as `node crash-job.ts NTH`. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { runNextJob } from '../../src/operations/jobs/run.ts';
import { silentLog } from '../../src/platform/log.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { dyingAt, endWithTheTest, runToItsDeath } from './dying-store.ts';

/** @param nth as of `crashMandate` @returns false when the job was over before */
export const crashJob = (url: string, nth: number): Promise<boolean> =>
  runToItsDeath(fileURLToPath(import.meta.url), [String(nth)], url);

/** @returns false when there was no job */
export const carryOutNext = (pool: Pool): Promise<boolean> =>
  runNextJob({
    pool,
    log: silentLog,
    now: () => new Date(),
    holder: randomUUID(),
    lease: 60_000,
    wait: async () => undefined,
    ending: () => false,
  });

async function main([nth]: readonly string[]): Promise<void> {
  endWithTheTest();
  const pool = createPool({ url: process.env['DATABASE_URL'] ?? '', connections: 1, name: 'test' });
  if (!(await carryOutNext(dyingAt(pool, Number(nth))))) throw new Error('there is no job');
  process.exit(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
