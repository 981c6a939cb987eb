/**
 * One lane, drained by one worker at a time. The steps stand in this order for a reason each; docs/architecture.md mirrors them.
 */

import { Fault } from '../domain/fault.ts';
import type { LaneView } from '../domain/lane-draft.ts';
import { maskOrganisationNumber } from '../domain/organisation-number.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Settled, Tried } from '../domain/settle.ts';
import { errorText, type Log } from '../platform/log.ts';
import type { Claimed } from '../store/lane/claim.ts';
import type { DueDelivery, StoredEnvelope } from '../store/lane/due.ts';
import type { Lanes } from '../store/lane/lanes.ts';
import type { Try } from '../store/lane/outcomes.ts';
import type { Recorded, SettleNow } from '../store/lane/record.ts';
import type { Hold } from '../store/lane/take.ts';
import type { LaneTarget } from '../store/lane/target.ts';
import { isServerTrouble } from '../store/pool.ts';

/** How long a mandate is known to run, on the clock of `now`: as it was asked at `from`, no first byte may be written at `to` or later. */
export interface Term {
  readonly from: number;
  readonly to: number;
}

/** What a drain needs of the world. Times in milliseconds. */
export interface DrainDeps extends Lanes {
  /** A Fault: this message cannot be sealed as it is. */
  readonly seal: (due: DueDelivery, target: LaneTarget) => Promise<StoredEnvelope | Fault>;
  /**
   * Never throws for what an endpoint does.
   * @param term when a mandate lets it be sent; undefined: it needs none
   */
  readonly push: (
    target: LaneTarget,
    due: DueDelivery,
    envelope: StoredEnvelope,
    attempt: number,
    term: Term | undefined,
  ) => Promise<Outcome>;
  /** What waits here for this principal, and no mandate covers now, goes where it belongs. */
  readonly follow: (principal: string) => Promise<void>;
  /** A handshake only, for a lane that is held for its endpoint's certificate. */
  readonly probe: (target: LaneTarget) => Promise<Outcome | 'passed'>;
  readonly settle: (lane: LaneView, tried: readonly Tried[]) => Settled;
  readonly settleProbe: (lane: LaneView, outcome: Outcome | 'passed') => Settled;
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
  const taken = await deps.take(lane, deps.lease);
  if (taken.kind === 'idle') return 'done';
  if (taken.kind === 'later') return { armIn: taken.wait };
  if (taken.lapsed > 0) deps.log.warn('lane had tries without an outcome', { lane, lapsed: taken.lapsed });
  try {
    return await drainTaken(deps, taken.hold, taken);
  } catch (error) {
    // Nothing is on the wire any more. What was claimed and not recorded is “outcome unknown” to whoever takes the lane next,
    // and that need not wait for the end of a lease.
    await deps.leave(taken.hold).catch(() => undefined);
    throw error;
  }
}

/** The lane in the hand, and where it leads. */
interface Held {
  readonly lane: LaneView;
  readonly target: LaneTarget;
}

async function drainTaken(deps: DrainDeps, hold: Hold, taken: Held): Promise<Drained> {
  const sliceEnd = deps.now() + deps.slice;
  let held = taken;
  for (;;) {
    const next = deps.stopping() || deps.now() >= sliceEnd ? 'leave' : await drainWindow(deps, hold, held);
    if (next === 'leave') {
      await deps.leave(hold);
      return { armIn: 0 };
    }
    // 6 nothing more due, or the lane backs off, is held, or waits for its rate: it was left when that was recorded.
    if (next.kind === 'armed') return { armIn: next.wait };
    if (next.kind === 'superseded') return { armIn: 0 };
    if (next.kind === 'idle') return 'done';
    held = next;
  }
}

/** @returns what became of the lane when it was recorded; “leave”: it, or where it leads, changed under us and nothing was claimed. */
async function drainWindow(deps: DrainDeps, hold: Hold, { lane, target }: Held): Promise<Recorded | 'leave'> {
  if (lane.state === 'held' && (lane.reason === 'endpoint-certificate' || lane.reason === 'url-not-allowed')) {
    const outcome = await deps.probe(target);
    return record(deps, hold, [], 0, (now, version) =>
      deps.settleProbe(now, outcome === 'passed' ? outcome : asItIsNow(outcome, target, version)),
    );
  }
  // 2 claim: a window of what is due. Sealed and counted before a byte of it is on the wire.
  const began = deps.now();
  const limit = lane.state === 'flowing' ? windowOf(target, lane) : 1;
  const due = await deps.due(target, limit, lane.reason === 'mass-refusal' ? 'least-tried' : 'oldest');
  if (due.length === 0) return deps.rest(hold);
  const fresh = due.filter((one) => !one.envelope);
  const seals = new Map(
    await Promise.all(fresh.map(async (one) => [one.messageId, await deps.seal(one, target)] as const)),
  );
  const sealed = new Map([...seals].flatMap(([id, seal]) => (seal instanceof Fault ? [] : [[id, seal]])));
  // How long a mandate runs is told as a span, which the database's clock measured after this moment: counted from here on our
  // own steady clock it ends too early by the time of the asking, and never too late, however the two are set.
  const asked = deps.now();
  const { claimed, envelopes, left, astray } = await deps.claim(hold, target, due, sealed);
  // Beside the pushes: they need not wait for it, and the next window must not find the same.
  const followed = followAll(deps, hold.lane, astray);
  if (claimed.length === 0) {
    await followed;
    return astray.length > 0 ? deps.rest(hold) : 'leave';
  }
  // 3 push: outcomes are values.
  const tries = await Promise.all(
    claimed.map((one) => {
      const mine = due.find(({ deliveryId }) => deliveryId === one.deliveryId);
      const envelope = mine?.envelope ?? envelopes.get(mine?.messageId ?? '') ?? seals.get(mine?.messageId ?? '');
      const span = left.get(one.deliveryId);
      return pushOne(
        deps,
        target,
        { ...one, term: span === undefined ? undefined : { from: asked, to: asked + span } },
        mine,
        envelope,
      );
    }),
  );
  await followed;
  // 4 settle and 5 record: one transaction that fails if the epoch is old, and leaves the lane if nothing more is due.
  const before = new Map(due.map((one) => [one.deliveryId, one]));
  const pause = pauseFor(target, tries, deps.now() - began);
  const recorded = await record(deps, hold, tries, pause, (now, version) =>
    deps.settle(
      now,
      tries.map(({ deliveryId, outcome }) => {
        const { failures = 0, refusedBefore = false } = before.get(deliveryId) ?? {};
        return { deliveryId, outcome: asItIsNow(outcome, target, version), failures, refusedBefore };
      }),
    ),
  );
  if (pause > 0 && recorded.kind === 'more') await deps.sleep(pause);
  return recorded;
}

/**
 * An endpoint that turned us away, or that we turned away from, while its address was changed: it was judged as the register was before. A
 * supplier that shows the certificate which it renewed this moment would have its lane held for it.
 */
const asItIsNow = (outcome: Outcome, target: LaneTarget, version: number): Outcome =>
  outcome.kind !== 'turned-away' || version === target.version
    ? outcome
    : { kind: 'not-sent', detail: outcome.detail, totalMs: outcome.totalMs };

async function followAll(deps: DrainDeps, lane: number, principals: readonly string[]): Promise<void> {
  for (const principal of principals)
    await deps.follow(principal).catch((error: unknown) =>
      deps.log.warn('what no mandate covers waits for the sweep', {
        lane,
        principal: maskOrganisationNumber(principal),
        error: errorText(error),
      }),
    );
}

/** A shorter wait is not worth giving the lane back for; a longer one must not keep another lane from its place. Milliseconds. */
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

async function pushOne(
  deps: DrainDeps,
  target: LaneTarget,
  { term, ...claimed }: Claimed & { readonly term: Term | undefined },
  one: DueDelivery | undefined,
  envelope: StoredEnvelope | Fault | undefined,
): Promise<Try> {
  if (envelope instanceof Fault)
    return { ...claimed, outcome: { kind: 'unsendable', fault: envelope.code, detail: envelope.message, totalMs: 0 } };
  if (!one || !envelope) throw new Fault('internal', 'a delivery was claimed that was not asked for');
  const outcome = await deps.push(target, one, envelope, claimed.attempt, term).catch((error: unknown): Outcome => {
    // A defect of ours. The others of the window are on the wire; they must be waited for and recorded.
    deps.log.error('a push broke', { lane: target.lane, messageId: one.messageId, error: errorText(error) });
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
  settle: SettleNow,
): Promise<Recorded> {
  const giveUp = deps.now() + deps.lease;
  for (let wait = 50; ; wait = Math.min(wait * 2, 1_000)) {
    try {
      return await deps.record(hold, tries, { milliseconds: pause, waits: pause <= shortPause }, settle);
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
