/**
 * One lane, drained by one worker at a time. The steps stand in this order for a reason each; docs/architecture.md mirrors them.
 */

import { Fault } from '../domain/fault.ts';
import type { LaneView } from '../domain/lane-draft.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Settled, Tried } from '../domain/settle.ts';
import { errorText, type Log } from '../platform/log.ts';
import type { Claimed, DueDelivery, DueOrder, LaneTarget, StoredEnvelope } from '../store/lane/claim.ts';
import type { Recorded, Try } from '../store/lane/record.ts';
import type { Rest } from '../store/lane/rest.ts';
import type { Hold, Taken } from '../store/lane/take.ts';
import { isServerTrouble } from '../store/pool.ts';

/** What a drain needs of the world. Times in milliseconds. */
export interface DrainDeps {
  readonly take: (lane: number) => Promise<Taken>;
  readonly readTarget: (lane: number) => Promise<LaneTarget | undefined>;
  readonly readDue: (target: LaneTarget, limit: number, order: DueOrder) => Promise<DueDelivery[]>;
  /** A Fault: this message cannot be sealed as it is. */
  readonly seal: (due: DueDelivery, target: LaneTarget) => Promise<StoredEnvelope | Fault>;
  readonly writeClaim: (
    hold: Hold,
    target: LaneTarget,
    due: readonly DueDelivery[],
    sealed: ReadonlyMap<string, StoredEnvelope>,
  ) => Promise<{ claimed: Claimed[]; envelopes: Map<string, StoredEnvelope> }>;
  /** Never throws for what an endpoint does. */
  readonly push: (target: LaneTarget, due: DueDelivery, envelope: StoredEnvelope, attempt: number) => Promise<Outcome>;
  /** A handshake only, for a lane that is held for its endpoint's certificate. */
  readonly probe: (target: LaneTarget) => Promise<Outcome | 'passed'>;
  readonly settle: (lane: LaneView, tried: readonly Tried[]) => Settled;
  readonly settleProbe: (lane: LaneView, outcome: Outcome | 'passed') => Settled;
  readonly record: (
    hold: Hold,
    tries: readonly Try[],
    pause: number,
    settle: (lane: LaneView) => Settled,
  ) => Promise<Recorded>;
  readonly rest: (hold: Hold) => Promise<Rest>;
  readonly leave: (hold: Hold) => Promise<void>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly slice: number;
  readonly lease: number;
  readonly stopping: () => boolean;
  readonly log: Log;
}

/** What the lane's alarm shall be: so many milliseconds from now, or none. */
export type Drained = { readonly armIn: number } | 'done';

export async function drain(deps: DrainDeps, lane: number): Promise<Drained> {
  // 1 take: the row is the lock. An alarm that rings early, or while another holds the lane, is only set anew.
  const taken = await deps.take(lane);
  if (taken.kind === 'idle') return 'done';
  if (taken.kind === 'later') return { armIn: taken.wait };
  if (taken.lapsed > 0) deps.log.warn('lane had tries without an outcome', { lane, lapsed: taken.lapsed });
  try {
    return await drainTaken(deps, taken.hold, taken.lane);
  } catch (error) {
    // Nothing is on the wire any more. What was claimed and not recorded is “outcome unknown” to whoever takes the lane next,
    // and that need not wait for the end of a lease.
    await deps.leave(taken.hold).catch(() => undefined);
    throw error;
  }
}

async function drainTaken(deps: DrainDeps, hold: Hold, lane: LaneView): Promise<Drained> {
  const sliceEnd = deps.now() + deps.slice;
  let view = lane;
  for (;;) {
    if (deps.stopping() || deps.now() >= sliceEnd) {
      await deps.leave(hold);
      return { armIn: 0 };
    }
    const round = await drainRound(deps, hold, view);
    if (round.kind === 'lane') {
      view = round.view;
      // 6 again, unless the lane backs off, is held, or waits for its rate: then what was recorded decides.
      if (view.state === 'flowing' && !round.rest) continue;
    }
    if (round.kind === 'lost') {
      await deps.leave(hold);
      return { armIn: 0 };
    }
    // 6 nothing due: leave, under the row's lock, with the alarm of what is due next.
    const rest = await deps.rest(hold);
    if (rest.kind === 'more') {
      view = { ...view, state: 'flowing' };
      continue;
    }
    return rest.kind === 'armed' ? { armIn: rest.wait } : rest.kind === 'superseded' ? { armIn: 0 } : 'done';
  }
}

type Round =
  | { readonly kind: 'lane'; readonly view: LaneView; readonly rest: boolean }
  | { readonly kind: 'nothing' }
  /** The lane, or where it leads, changed under us. */
  | { readonly kind: 'lost' };

async function drainRound(deps: DrainDeps, hold: Hold, view: LaneView): Promise<Round> {
  const target = await deps.readTarget(hold.lane);
  if (!target) return { kind: 'nothing' };
  if (view.state === 'held' && (view.reason === 'endpoint-certificate' || view.reason === 'url-not-allowed')) {
    const outcome = await deps.probe(target);
    return roundOf(await record(deps, hold, [], 0, (now) => deps.settleProbe(now, outcome)));
  }
  // 2 claim: a window of what is due. Sealed and counted before a byte of it is on the wire.
  const began = deps.now();
  const limit = view.state === 'flowing' ? windowOf(target, view) : 1;
  const due = await deps.readDue(target, limit, view.reason === 'mass-refusal' ? 'least-tried' : 'oldest');
  if (due.length === 0) return { kind: 'nothing' };
  const fresh = due.filter((one) => !one.envelope);
  const seals = new Map(
    await Promise.all(fresh.map(async (one) => [one.messageId, await deps.seal(one, target)] as const)),
  );
  const sealed = new Map([...seals].flatMap(([id, seal]) => (seal instanceof Fault ? [] : [[id, seal]])));
  const { claimed, envelopes } = await deps.writeClaim(hold, target, due, sealed);
  if (claimed.length === 0) return { kind: 'lost' };
  // 3 push: outcomes are values.
  const tries = await Promise.all(
    claimed.map((one) => {
      const mine = due.find(({ deliveryId }) => deliveryId === one.deliveryId);
      const envelope = mine?.envelope ?? envelopes.get(mine?.messageId ?? '') ?? seals.get(mine?.messageId ?? '');
      return pushOne(deps, target, one, mine, envelope);
    }),
  );
  // 4 settle and 5 record: one transaction that fails if the epoch is old.
  const before = new Map(due.map((one) => [one.deliveryId, one]));
  const pause = pauseFor(target, tries, deps.now() - began);
  const recorded = await record(deps, hold, tries, pause, (now) =>
    deps.settle(
      now,
      tries.map(({ deliveryId, outcome }) => {
        const { failures = 0, refusedBefore = false } = before.get(deliveryId) ?? {};
        return { deliveryId, outcome, failures, refusedBefore };
      }),
    ),
  );
  // A short wait is not worth giving the lane back for; a longer one must not keep another lane from its place.
  if (pause > 0 && pause <= shortPause) await deps.sleep(pause);
  return roundOf(recorded, pause > shortPause);
}

/** Milliseconds. */
const shortPause = 500;

/** As many as the address takes at once, while it grows back fewer, and no more than a second's worth of its rate. */
function windowOf(target: LaneTarget, view: LaneView): number {
  const rated = target.ratePerSecond === null ? target.concurrency : Math.max(1, Math.floor(target.ratePerSecond));
  return Math.min(view.ramp ?? target.concurrency, target.concurrency, rated);
}

/** How long after this window the rate of the address allows the next; milliseconds. */
function pauseFor(target: LaneTarget, tries: readonly Try[], elapsed: number): number {
  if (target.ratePerSecond === null) return 0;
  const sent = tries.filter(({ outcome }) => outcome.kind !== 'not-sent' && outcome.kind !== 'unsendable').length;
  return Math.max(0, Math.ceil((sent / target.ratePerSecond) * 1_000 - elapsed));
}

const roundOf = (recorded: Recorded, rest = false): Round =>
  recorded.kind === 'recorded' ? { kind: 'lane', view: recorded.lane, rest } : { kind: 'lost' };

async function pushOne(
  deps: DrainDeps,
  target: LaneTarget,
  claimed: Claimed,
  one: DueDelivery | undefined,
  envelope: StoredEnvelope | Fault | undefined,
): Promise<Try> {
  if (envelope instanceof Fault)
    return { ...claimed, outcome: { kind: 'unsendable', fault: envelope.code, detail: envelope.message, totalMs: 0 } };
  if (!one || !envelope) throw new Fault('internal', 'a delivery was claimed that was not asked for');
  const outcome = await deps.push(target, one, envelope, claimed.attempt).catch((error: unknown): Outcome => {
    // A defect of ours. The others of the window are on the wire; they must be waited for and recorded.
    deps.log.error('a push broke', { lane: target.lane, message: one.messageId, error: errorText(error) });
    return { kind: 'message-failed', fault: 'internal', detail: errorText(error), totalMs: 0 };
  });
  deps.log.info('pushed', {
    lane: target.lane,
    messageId: one.messageId,
    sequence: one.sequence,
    attempt: claimed.attempt,
    outcome: outcome.kind,
    status: outcome.status,
    fault: 'fault' in outcome ? outcome.fault : undefined,
    detail: 'detail' in outcome ? outcome.detail : undefined,
    ms: Math.round(outcome.totalMs),
  });
  return { ...claimed, outcome };
}

/** What was sent must get on record: a server in trouble is asked again for as long as nobody else can have the lane. */
async function record(
  deps: DrainDeps,
  hold: Hold,
  tries: readonly Try[],
  pause: number,
  settle: (lane: LaneView) => Settled,
): Promise<Recorded> {
  const giveUp = deps.now() + deps.lease;
  for (let wait = 50; ; wait = Math.min(wait * 2, 1_000)) {
    try {
      return await deps.record(hold, tries, pause, settle);
    } catch (error) {
      if (!isServerTrouble(error) || deps.now() + wait > giveUp) throw error;
      deps.log.warn('tries are not on record yet', {
        lane: hold.lane,
        error: errorText(error),
      });
      await deps.sleep(wait);
    }
  }
}
