/** The transaction of something a person does: tried again when PostgreSQL asks for it, taken back when it is a rehearsal. */
import type { Db, Pool } from './pool.ts';

/** Deadlocks and serialization failures that one action may meet before it gives up. */
const mostTries = 5;

/**
 * Runs `work` in one transaction. Intake and commands lock the same rows, each in its own good order; where those orders
 * cross PostgreSQL ends one of the two (class 40), and here that one begins again.
 * @param rehearsal everything is done and then rolled back, so that a dry run says exactly what a real one would.
 * @param lockTimeout milliseconds that one statement may wait for a lock; left out: as long as a statement may take.
 */
export async function operate<T>(
  pool: Pool,
  rehearsal: boolean,
  work: (db: Db) => Promise<T>,
  lockTimeout?: number,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const done: { result?: T } = {};
    const rolledBack = new Error('rehearsal');
    try {
      return await pool.transaction(async (db) => {
        const result = await work(db);
        if (rehearsal) {
          done.result = result;
          throw rolledBack;
        }
        return result;
      }, lockTimeout);
    } catch (error) {
      if (error === rolledBack) return done.result as T;
      if (tries >= mostTries || !isCollision(error)) throw error;
    }
  }
}

function isCollision(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && code.startsWith('40');
}
