/** A store in a process that is killed at one of its steps, for tests that go through all of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Pool } from '../../src/store/pool.ts';
import { compiled } from './compiled.ts';

/**
 * Runs a module as `node MODULE ARGS`, the store's URL in its environment and an open input that ends with the test.
 * @returns false when it came to its end before it was killed
 */
export async function runToItsDeath(module: string, args: readonly string[], url: string): Promise<boolean> {
  const child: ChildProcess = spawn(process.execPath, [module, ...args], {
    env: { PATH: process.env['PATH'], ...compiled, DATABASE_URL: url },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin?.on('error', () => undefined);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the process ended with ${signal ?? code}`);
  return signal === 'SIGKILL';
}

/** In that process: the test that started it may be gone, and so is this then. */
export const endWithTheTest = (): void =>
  void process.stdin.on('end', () => void process.kill(process.pid, 'SIGKILL')).resume();

/** The same store, whose nth step from now on is never taken: each statement is one, each commit, and what comes after it. */
export function dyingAt(pool: Pool, nth: number): Pool {
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
