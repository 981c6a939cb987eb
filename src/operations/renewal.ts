/** The sums of the overview, made anew in the background: each kind by itself, and a dear one seldom. */
import { errorText, type Log } from '../platform/log.ts';
import { readBreaches, readSums, sumBreaches } from '../store/conservation.ts';
import { readFlow } from '../store/operator/overview.ts';
import { forgetPulses } from '../store/operator/pulses.ts';
import { cancelMaking, renewSnapshot, type Snapshot, type SnapshotKind } from '../store/operator/snapshots.ts';
import { type Db, isServerTrouble, type Pool } from '../store/pool.ts';

/** Minutes that the chart shows. */
const flowMinutes = 120;

/** Milliseconds between two makings at least. */
const ages: Readonly<Record<SnapshotKind, number>> = { flow: 10_000, sums: 10_000, laws: 300_000 };
/** What is dear is made more seldom, so that it never takes more than a twentieth of the time. */
const share = 20;
/** Milliseconds after which somebody looks again for a server that was away. */
const outage = 10_000;

/** Milliseconds from one making to the next, of what took so long. */
const between = (kind: SnapshotKind, tookMs: number): number => Math.max(ages[kind], share * tookMs);

/** So old that nobody can have made it for some time: it says nothing of how things are. */
export const isTooOld = (kind: SnapshotKind, { ageMs, tookMs }: Pick<Snapshot<unknown>, 'ageMs' | 'tookMs'>): boolean =>
  ageMs > 3 * between(kind, tookMs);

export type Makers = Readonly<Record<SnapshotKind, (db: Db, now: Date) => Promise<unknown>>>;

const usualMakers: Makers = {
  flow: (db, now) => readFlow(db, { until: now, seconds: 60, buckets: flowMinutes }),
  sums: readSums,
  laws: async (db) => [...sumBreaches(await readSums(db)), ...(await readBreaches(db))],
};

export interface RenewalParts {
  /** May read whole tables, and has two connections at least, for nothing but this. */
  readonly pool: Pool;
  readonly log: Log;
  /** For tests. */
  readonly makers?: Makers;
  /** For tests: milliseconds of a clock that is never set back. */
  readonly clock?: () => number;
}

export interface Renewal {
  /** Makes what is old; what cannot be made stands in the way of nothing else. @returns whether anything was made */
  round(now: Date): Promise<boolean>;
  /** Breaks off what is being made, and makes nothing more. */
  stop(): Promise<void>;
}

export function createRenewal({
  pool,
  log,
  makers = usualMakers,
  clock = () => performance.now(),
}: RenewalParts): Renewal {
  const stopped = new AbortController();
  const notBefore = new Map<SnapshotKind, number>();
  let at: number | undefined;
  /** Between two statements too it looks whether it is to go on. */
  const stoppable = (db: Db): Db => ({
    query: (text, values) => {
      stopped.signal.throwIfAborted();
      return db.query(text, values);
    },
  });
  const renew = (kind: SnapshotKind, now: Date): Promise<boolean> =>
    renewSnapshot(pool, {
      kind,
      due: (last) => last === undefined || last.ageMs >= between(kind, last.tookMs),
      make: (db) => makers[kind](stoppable(db), now),
      begun: (pid) => {
        at = pid;
      },
    });
  return {
    round: async (now) => {
      let made = false;
      for (const kind of ['flow', 'sums', 'laws'] as const) {
        if (stopped.signal.aborted) break;
        const began = clock();
        if (began < (notBefore.get(kind) ?? began)) continue;
        try {
          if (await renew(kind, now)) made = true;
        } catch (error) {
          if (stopped.signal.aborted) break;
          const pause = isOutage(error) ? outage : between(kind, clock() - began);
          notBefore.set(kind, clock() + pause);
          log.warn('a sum of the overview cannot be made just now', { kind, error: errorText(error), nextInMs: pause });
        } finally {
          at = undefined;
        }
      }
      if (made && !stopped.signal.aborted) await forgetPulses(pool);
      return made;
    },
    stop: async () => {
      stopped.abort();
      if (at !== undefined) await cancelMaking(pool, at);
    },
  };
}

/** The server's trouble, which says nothing of what it costs to make; the time for a statement, which ran out, does (57014). */
const isOutage = (error: unknown): boolean => isServerTrouble(error) && (error as { code?: unknown }).code !== '57014';
