/** Mandates that are ended before their time, as this process is told: what is claimed by one and not on the wire yet stays here. */
import type { Term } from '../delivery/drain.ts';

export interface EndsHeard {
  /** What came on the channel of mandates. Empty: something may have been missed, so any may have ended. */
  heard(payload: string): void;
  /** Asked right before the first byte is written. */
  mayBegin(lane: number, principal: string | null, term: Term): boolean;
}

/** More than have ended within the time of one push, in any life of this program. */
const most = 10_000;

/** @param now the clock of the terms, in milliseconds */
export function hearEnds(now: () => number = () => performance.now()): EndsHeard {
  /** When each was heard of last, and any of those that are not kept. */
  const ended = new Map<string, number>();
  let any = Number.NEGATIVE_INFINITY;
  return {
    heard: (payload) => {
      if (payload !== '' && ended.size < most) ended.set(payload, now());
      else {
        any = now();
        ended.clear();
      }
    },
    // What was heard before the asking was known to the answer.
    mayBegin: (lane, principal, { from, to }) =>
      now() < to && any < from && (ended.get(`${lane} ${principal}`) ?? Number.NEGATIVE_INFINITY) < from,
  };
}
