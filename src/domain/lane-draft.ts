/** A lane under change: what success, failure and refusal do to it. Pure. */
import { type FaultCode, faultTable } from './fault.ts';
import { type LaneEvent, type LaneState, nextLaneState } from './lane.ts';
import { isSpent, nextWait, plainWait, type Schedule } from './schedule.ts';

export interface LaneView {
  readonly state: LaneState;
  readonly reason: FaultCode | null;
  readonly detail: string | null;
  /** Endpoint failures in a row. */
  readonly failures: number;
  /** Pushes at once while the lane grows back; null: `concurrency`. */
  readonly ramp: number | null;
  /** Deliveries in a row, without a success between, that the endpoint failed on or refused. */
  readonly failedRun: readonly number[];
  readonly refusedRun: readonly number[];
  readonly concurrency: number;
}

export interface Rules {
  readonly schedule: Schedule;
  /** Milliseconds. */
  readonly retryAfterMost: number;
  readonly heldProbe: number;
  readonly failuresBackOff: number;
  readonly refusalsHold: number;
}

/** A lane that is being changed, outcome by outcome. */
export interface Draft {
  state: LaneState;
  reason: FaultCode | null;
  detail: string | null;
  failures: number;
  ramp: number | null;
  failedRun: number[];
  refusedRun: number[];
  wakeIn: number | null | undefined;
}

export function draftOf(lane: LaneView): Draft {
  return { ...lane, failedRun: [...lane.failedRun], refusedRun: [...lane.refusedRun], wakeIn: undefined };
}

function move(draft: Draft, event: LaneEvent): boolean {
  const next = nextLaneState(draft.state, event);
  if (next === 'same' || next === 'conflict') return false;
  draft.state = next;
  return true;
}

export function succeed(draft: Draft, before: LaneView): void {
  draft.failures = 0;
  draft.failedRun = [];
  draft.refusedRun = [];
  if (move(draft, 'success')) {
    draft.reason = null;
    draft.detail = null;
    draft.wakeIn = undefined;
    draft.ramp = 1;
  }
  // Doubles per round of successes, from the one probe up to what the address allows.
  if (draft.ramp !== null) {
    const grown = Math.max(before.ramp ?? 1, 1) * 2;
    draft.ramp = grown >= before.concurrency ? null : grown;
  }
}

/**
 * The endpoint answered, if not kindly: whatever kept the lane from flowing is over, one message at a time. The schedule
 * begins anew: else one 503 after a long outage and a refusal would spend it.
 */
export function alive(draft: Draft): void {
  if (!move(draft, 'success')) return;
  draft.failures = 0;
  draft.reason = null;
  draft.detail = null;
  draft.wakeIn = undefined;
  draft.ramp = 1;
}

/** Several tries of one window that met the same dead endpoint are one failure of it: one step in the schedule. */
export function backOff(
  rules: Rules,
  draft: Draft,
  why: { fault: FaultCode; detail: string },
  retryAfter: number | undefined,
  random: () => number,
): void {
  // Whatever an operator paused it for stays in the row; what was in flight changes nothing.
  if (draft.state === 'paused') return;
  if (draft.wakeIn === undefined) draft.failures += 1;
  if (draft.state === 'held') {
    draft.wakeIn = rules.heldProbe;
    return;
  }
  if (isSpent(rules.schedule, draft.failures)) {
    if (move(draft, 'spent')) {
      draft.reason = 'schedule-spent';
      draft.detail = `${faultTable['schedule-spent'].title}; the last one: ${why.detail}`;
    }
    draft.wakeIn = null;
    return;
  }
  move(draft, 'endpoint-failure');
  draft.reason = why.fault;
  draft.detail = why.detail;
  draft.ramp = 1;
  const asked =
    retryAfter === undefined
      ? undefined
      : Math.max(Math.min(retryAfter, rules.retryAfterMost), plainWait(rules.schedule, 1));
  draft.wakeIn = asked ?? nextWait(rules.schedule, draft.failures, random());
}

export function hold(rules: Rules, draft: Draft, reason: FaultCode, detail: string): void {
  if (draft.state !== 'paused') {
    move(draft, 'turned-away');
    draft.reason = reason;
    draft.detail = detail;
    draft.ramp = 1;
  }
  draft.wakeIn = rules.heldProbe;
}
