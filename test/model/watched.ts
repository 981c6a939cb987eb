/** The store with somebody watching: a transaction can be stopped before any of its statements, and what it says be changed. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Db, Pool } from '../../src/store/pool.ts';
import { wakeChannel } from '../../src/store/wake.ts';

/** Where the next transaction stops, and what it waits for. */
export interface Stop {
  /** Statements that go through before; more than the transaction has: it stops before its commit. */
  readonly after: number;
  readonly reached: () => void;
  readonly go: Promise<void>;
}

/** One transaction under way. */
export interface Transaction {
  /** Run in it before its commit: what is wrong with what it wrote. */
  readonly examine: ((db: Db) => Promise<string[]>)[];
}

export interface Watch {
  /** Of the next transaction. */
  stop: Stop | undefined;
  /** What a deliberately broken store says instead. */
  readonly rewrite: (text: string) => string;
  /** The workers are told of this lane, and what is behind that has committed. */
  readonly notified: (lane: number) => void;
  readonly breach: (what: string) => void;
}

const under = new AsyncLocalStorage<Transaction>();

/** The transaction that the caller runs in. */
export function transactionNow(): Transaction | undefined {
  return under.getStore();
}

const rungBy = (text: string, values: readonly unknown[] | undefined): number[] =>
  text.includes('pg_notify') && values?.[0] === wakeChannel ? [Number(values[1])] : [];

export function watched(pool: Pool, watch: Watch): Pool {
  return {
    query: async (text, values) => {
      const answer = await pool.query(watch.rewrite(text), values);
      for (const lane of rungBy(text, values)) watch.notified(lane);
      return answer as never;
    },
    listen: pool.listen,
    close: async () => undefined,
    transaction: async (work, lockTimeout) => {
      const { stop } = watch;
      watch.stop = undefined;
      const lanes: number[] = [];
      const transaction: Transaction = { examine: [] };
      const result = await pool.transaction(async (db) => {
        let statements = 0;
        let stopped = false;
        const mayStop = async (last: boolean) => {
          if (!stop || stopped || (statements < stop.after && !last)) return;
          stopped = true;
          stop.reached();
          await stop.go;
        };
        const told = await under.run(transaction, () =>
          work({
            query: async (text, values) => {
              await mayStop(false);
              statements += 1;
              lanes.push(...rungBy(text, values));
              return db.query(watch.rewrite(text), values);
            },
          }),
        );
        for (const examine of transaction.examine) for (const wrong of await examine(db)) watch.breach(wrong);
        await mayStop(true);
        return told;
      }, lockTimeout);
      for (const lane of lanes) watch.notified(lane);
      return result;
    },
  };
}
