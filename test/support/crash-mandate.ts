/**
 * A process that moves what waits for a principal when its mandate ends, and whose nth step of the store ends it with SIGKILL. Run by
 * crashMandate() as `node crash-mandate.ts KIND SUBJECT NTH`, the store's URL in its environment.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../src/platform/log.ts';
import { followerOf } from '../../src/roles/follow.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { compiled } from './compiled.ts';
import { takeMandate } from './mandate.ts';

/** end: an operator's command, `subject` is the mandate. follow: the sweeper's work, `subject` is the principal. */
export type MandateWork = 'end' | 'follow';

/** @param nth 1: before the first statement; the commit is a step, and what is after it @returns false when the work was done before */
export async function crashMandate(url: string, kind: MandateWork, subject: string, nth: number): Promise<boolean> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), kind, subject, String(nth)], {
    env: { PATH: process.env['PATH'], ...compiled, DATABASE_URL: url },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the process ended with ${signal ?? code}`);
  return signal === 'SIGKILL';
}

/** The same store, whose nth step from now on is never taken. */
function dyingAt(pool: Pool, nth: number): Pool {
  let steps = 0;
  const step = (): void => {
    steps += 1;
    if (steps === nth) process.kill(process.pid, 'SIGKILL');
  };
  return {
    ...pool,
    query: (text, values) => {
      step();
      return pool.query(text, values);
    },
    transaction: async (work, lockTimeout) => {
      const result = await pool.transaction(async (db) => {
        const done = await work({
          query: (text, values) => {
            step();
            return db.query(text, values);
          },
        });
        step();
        return done;
      }, lockTimeout);
      step();
      return result;
    },
  };
}

async function main([kind, subject = '', nth]: readonly string[]): Promise<void> {
  // The test that started it is gone: so is this.
  process.stdin.on('end', () => void process.kill(process.pid, 'SIGKILL')).resume();
  const pool = createPool({ url: process.env['DATABASE_URL'] ?? '', connections: 1, name: 'test' });
  const dying = dyingAt(pool, Number(nth));
  if (kind === 'end') await takeMandate(dying, Number(subject));
  else await followerOf(dying, undefined, silentLog)(subject);
  process.exit(0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
