/** What outcomes do to deliveries and their lane. Pure: the same outcomes, lane and chance give the same result. */
import type { DeliveryEvent } from './delivery.ts';
import { type FaultCode, faultTable } from './fault.ts';
import { alive, backOff, type Draft, draftOf, hold, type LaneView, type Rules, succeed } from './lane-draft.ts';
import type { Outcome } from './outcome.ts';
import { isSpent, nextWait } from './schedule.ts';

export interface Tried {
  readonly deliveryId: number;
  /** Earlier failures on this very message. */
  readonly failures: number;
  /** It was refused before, in a mass refusal that was taken back. */
  readonly refusedBefore?: boolean;
  readonly outcome: Outcome;
}

export interface SettledDelivery {
  readonly deliveryId: number;
  readonly event: Extract<DeliveryEvent, 'pushed' | 'retry' | 'put-back' | 'refuse' | 'hold'>;
  readonly reason: FaultCode | null;
  readonly detail: string | null;
  readonly failures: number;
  /** Milliseconds until its next try; 0: as soon as the lane goes. */
  readonly wait: number;
}

export interface Settled {
  readonly deliveries: readonly SettledDelivery[];
  /** Refusals that turned out to be the supplier's mistake: back to waiting. */
  readonly unrefuse: readonly number[];
  readonly lane: LaneView;
  /** Milliseconds until the lane is tried again; null: not by itself; undefined: it flows, what is due decides. */
  readonly wakeIn: number | null | undefined;
  /** The lane became held, or held for another reason: KA is told once. */
  readonly announceHeld: boolean;
}

/** Good news first, the worst last: what the endpoint did at the end of a window of tries is not known, so the worst stands. */
const severity: Readonly<Record<Outcome['kind'], number>> = {
  'not-sent': 0,
  unsendable: 0,
  delivered: 1,
  refused: 2,
  'message-failed': 3,
  'endpoint-failed': 4,
  'turned-away': 5,
};

/** Milliseconds. */
const soon = 1_000;

/** @param random 0 ≤ random < 1, asked once for each wait. */
export function settle(rules: Rules, lane: LaneView, tried: readonly Tried[], random: () => number): Settled {
  const draft = draftOf(lane);
  const deliveries: SettledDelivery[] = [];
  const unrefuse: number[] = [];
  // What stands beside a success begins a run, wherever in the window it stood; it does not end one.
  const inRun = !tried.some(({ outcome }) => outcome.kind === 'delivered');
  const ordered = tried.toSorted((a, b) => severity[a.outcome.kind] - severity[b.outcome.kind]);
  for (const one of ordered) {
    const { outcome } = one;
    switch (outcome.kind) {
      case 'not-sent':
        deliveries.push(back(one, 'put-back'));
        break;
      case 'unsendable':
        deliveries.push({ ...back(one, 'retry', outcome), event: 'hold' });
        break;
      case 'delivered':
        deliveries.push({
          deliveryId: one.deliveryId,
          event: 'pushed',
          reason: null,
          detail: null,
          failures: one.failures,
          wait: 0,
        });
        succeed(draft, lane);
        break;
      case 'refused':
        deliveries.push(settleRefusal(rules, draft, one, inRun, unrefuse));
        break;
      case 'message-failed':
        deliveries.push(settleMessageFailure(rules, draft, one, inRun, random));
        break;
      case 'endpoint-failed':
        deliveries.push(back(one, 'retry', outcome));
        // Where several of a window asked for a wait, the longest holds.
        backOff(rules, draft, outcome, longestRetryAfter(tried), random);
        break;
      case 'turned-away':
        deliveries.push(back(one, 'retry', outcome));
        hold(rules, draft, outcome.fault, outcome.detail);
        break;
    }
  }
  // A probe that never began leaves the lane's alarm where it was: at once. Of a held lane nothing but its alarm tells that it is due.
  if (draft.wakeIn === undefined && draft.state === 'backing-off') draft.wakeIn = 0;
  if (draft.wakeIn === undefined && draft.state === 'held') draft.wakeIn = soon;
  const { wakeIn, ...after } = draft;
  return {
    deliveries: backToWaiting(deliveries, draft, unrefuse),
    unrefuse: unrefuse.filter((id) => !tried.some((one) => one.deliveryId === id)),
    lane: { ...after, concurrency: lane.concurrency },
    wakeIn,
    announceHeld: draft.state === 'held' && (lane.state !== 'held' || lane.reason !== draft.reason),
  };
}

/** The outcome of a handshake without a message: the lane is let go, or stays where it is. */
export function settleProbe(rules: Rules, lane: LaneView, outcome: Outcome | 'passed', random: () => number): Settled {
  if (outcome !== 'passed')
    return { ...settle(rules, lane, [{ deliveryId: 0, failures: 0, outcome }], random), deliveries: [] };
  const draft = draftOf(lane);
  // Nothing was delivered yet: the next thing sent is one message.
  alive(draft);
  const { wakeIn, ...after } = draft;
  return {
    deliveries: [],
    unrefuse: [],
    lane: { ...after, concurrency: lane.concurrency },
    wakeIn,
    announceHeld: false,
  };
}

function back(one: Tried, event: 'retry' | 'put-back', why?: { fault: FaultCode; detail: string }): SettledDelivery {
  return {
    deliveryId: one.deliveryId,
    event,
    reason: why?.fault ?? null,
    detail: why?.detail ?? null,
    failures: one.failures,
    wait: 0,
  };
}

/** Refusals of this window that became a mass refusal wait again instead. */
function backToWaiting(deliveries: SettledDelivery[], draft: Draft, unrefuse: readonly number[]): SettledDelivery[] {
  return deliveries.map((one) =>
    one.event === 'refuse' && unrefuse.includes(one.deliveryId)
      ? { ...one, event: 'retry', reason: draft.reason }
      : one,
  );
}

function longestRetryAfter(tried: readonly Tried[]): number | undefined {
  const asked = tried.flatMap(({ outcome }) =>
    outcome.kind === 'endpoint-failed' && outcome.retryAfterMs !== undefined ? [outcome.retryAfterMs] : [],
  );
  return asked.length === 0 ? undefined : Math.max(...asked);
}

function settleMessageFailure(
  rules: Rules,
  draft: Draft,
  one: Tried,
  inRun: boolean,
  random: () => number,
): SettledDelivery {
  const outcome = one.outcome as Extract<Outcome, { kind: 'message-failed' }>;
  const failures = one.failures + 1;
  if (!draft.failedRun.includes(one.deliveryId))
    draft.failedRun = [...draft.failedRun, one.deliveryId].slice(-rules.failuresBackOff);
  if (inRun && draft.failedRun.length >= rules.failuresBackOff) backOff(rules, draft, outcome, undefined, random);
  // That one message failed does not tell that the others would not be refused again.
  else if (draft.state === 'held' && draft.reason === 'mass-refusal') draft.wakeIn = rules.heldProbe;
  else alive(draft);
  const { deliveryId } = one;
  const { fault: reason, detail } = outcome;
  if (isSpent(rules.schedule, failures))
    return {
      deliveryId,
      event: 'hold',
      reason: 'schedule-spent',
      detail: `${faultTable['schedule-spent'].title}; the last one: ${detail}`,
      failures,
      wait: 0,
    };
  return { deliveryId, event: 'retry', reason, detail, failures, wait: nextWait(rules.schedule, failures, random()) };
}

function settleRefusal(rules: Rules, draft: Draft, one: Tried, inRun: boolean, unrefuse: number[]): SettledDelivery {
  const outcome = one.outcome as Extract<Outcome, { kind: 'refused' }>;
  // A lane held for mass refusal is probed with one message; its refusal is no news.
  if (draft.state === 'held' && draft.reason === 'mass-refusal') {
    hold(rules, draft, 'mass-refusal', draft.detail ?? outcome.detail);
    return back(one, 'retry', { fault: 'mass-refusal', detail: outcome.detail });
  }
  // Refused again after others got through: it is the message, and no sign of a bad release.
  if (one.refusedBefore !== true && !draft.refusedRun.includes(one.deliveryId))
    draft.refusedRun = [...draft.refusedRun, one.deliveryId];
  alive(draft);
  const refused: SettledDelivery = {
    deliveryId: one.deliveryId,
    event: 'refuse',
    reason: outcome.fault,
    detail: outcome.detail,
    failures: one.failures,
    wait: 0,
  };
  const counts = inRun && one.refusedBefore !== true && draft.state !== 'paused';
  if (counts && draft.refusedRun.length >= rules.refusalsHold) {
    unrefuse.push(...draft.refusedRun);
    draft.refusedRun = [];
    hold(
      rules,
      draft,
      'mass-refusal',
      `${rules.refusalsHold} different messages refused in a row; the last one: ${outcome.detail}`,
    );
  }
  return refused;
}
