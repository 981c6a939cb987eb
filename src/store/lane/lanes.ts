/**
 * The steps of a drain in the store. Lanes are drained side by side, and what they ask at the same time goes over in one
 * transaction: each statement, lock and commit is paid once for all of them (docs/proof/performance.md).
 */
import { gather } from '../../platform/gather.ts';
import { errorText, type Log } from '../../platform/log.ts';
import type { Db, Pool } from '../pool.ts';
import { type ClaimAsk, type ClaimedWindow, writeClaims } from './claim.ts';
import { type DueAsk, type DueDelivery, type DueOrder, readDue, type StoredEnvelope } from './due.ts';
import type { Try } from './outcomes.ts';
import { type RecordAsk, type Recorded, recordTries, type SettleNow } from './record.ts';
import { leaveLane } from './rest.ts';
import { type Hold, type Taken, takeLanes } from './take.ts';
import type { LaneTarget } from './target.ts';

export interface Lanes {
  /** @param lease milliseconds */
  take(lane: number, lease: number): Promise<Taken>;
  due(target: LaneTarget, limit: number, order: DueOrder): Promise<DueDelivery[]>;
  claim(
    hold: Hold,
    target: LaneTarget,
    due: readonly DueDelivery[],
    sealed: ReadonlyMap<string, StoredEnvelope>,
  ): Promise<ClaimedWindow>;
  /** @param pause how long the address's rate wants, in milliseconds, and whether the holder waits for it with the lane in its hand. */
  record(
    hold: Hold,
    tries: readonly Try[],
    pause: { readonly milliseconds: number; readonly waits: boolean },
    settle: SettleNow,
  ): Promise<Recorded>;
  /** Nothing was due: leaves the lane, unless something is now. */
  rest(hold: Hold): Promise<Recorded>;
  leave(hold: Hold): Promise<void>;
}

/** Lanes in one transaction: those that hold many rows keep intake waiting, and of each lane one document at least is read. */
const most = 32;

/** Milliseconds that many lanes wait for the row of one; then each goes by itself, so that only that one waits. */
const patience = 200;

/** @param heldProbe milliseconds until a held lane without anything to send is looked at again. */
export function lanesOf(pool: Pool, heldProbe: number, log: Log): Lanes {
  const told = (error: unknown, lanes: number) => log.warn('lanes go one by one', { lanes, error: errorText(error) });
  const gathered = <A, R>(work: (db: Db, asks: readonly A[]) => Promise<R[]>) =>
    gather<A, R>(
      most,
      (asks) => pool.transaction((db) => work(db, asks), patience),
      async (ask) => {
        const [answer] = await pool.transaction((db) => work(db, [ask]));
        return answer as R;
      },
      told,
    );
  const take = gathered(takeLanes);
  const due = gather(
    most,
    (asks: readonly DueAsk[]) => readDue(pool, asks),
    async (ask) => (await readDue(pool, [ask]))[0] ?? [],
    told,
  );
  const claim = gathered<ClaimAsk, ClaimedWindow>(writeClaims);
  const record = gathered((db, asks: readonly RecordAsk[]) => recordTries(db, asks, heldProbe));
  return {
    take: (lane, lease) => take({ lane, lease }),
    due: (target, limit, order) => due({ target, limit, order }),
    claim: (hold, target, window, sealed) => claim({ hold, target, due: window, sealed }),
    record: (hold, tries, { milliseconds, waits }, settle) =>
      record({ hold, tries, pause: milliseconds, waits, settle }),
    rest: (hold) => record({ hold, tries: [], pause: 0, waits: false, settle: undefined }),
    leave: (hold) => leaveLane(pool, hold),
  };
}
