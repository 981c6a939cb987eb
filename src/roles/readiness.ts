/** Whether the process does what it is for: judged by what moves, not by what answers. */
import type { DueLane } from '../store/progress.ts';
import type { Reading } from './line-reading.ts';
import type { RoleName } from './parts.ts';

/** Milliseconds. */
export interface Patience {
  readonly delivery: number;
  readonly outbox: number;
  readonly broker: number;
}

export interface Check {
  readonly name: 'postgresql' | 'delivery' | 'outbox' | 'broker' | 'roles';
  readonly ready: boolean;
  /** When it was well last, as far as is known; undefined: it is well. Milliseconds. */
  readonly since?: number;
  readonly detail?: string;
}

/** Something that has to move. */
interface Owed {
  readonly key: number;
  /** Another text as soon as it has moved. */
  readonly stands: string;
  /** Since when. */
  readonly from: number;
}

/**
 * Remembers how things stood. A backlog may be hours old and be worked off as fast as can be: late is only what is due and stands as it
 * stood, counted from when it was first seen so.
 * @returns since when the one that has stood longest has, of those that are owed now
 */
export function watchStanding(): (owed: readonly Owed[], at: number) => number | undefined {
  let seen = new Map<number, { readonly stands: string; readonly at: number }>();
  return (owed, at) => {
    const now = new Map(
      owed.map(({ key, stands }) => {
        const before = seen.get(key);
        return [key, before?.stands === stands ? before : { stands, at }] as const;
      }),
    );
    seen = now;
    const stuck = owed.map(({ key, from }) => Math.max(from, now.get(key)?.at ?? at));
    return stuck.length === 0 ? undefined : Math.min(...stuck);
  };
}

/** One that is taken moves: its lease is short, and what comes of it is seen then. */
const lanesOwed = (due: readonly DueLane[], at: number): Owed[] =>
  due.map(({ lane, stands, late, taken }) => ({
    key: lane,
    stands: taken ? `${stands} taken` : stands,
    from: taken ? at : at - late,
  }));

/**
 * @param roles those that run here
 * @returns judges a reading; the database is asked for all roles, the rest for those whose work it is
 */
export function createReadiness(
  roles: readonly RoleName[],
  patience: Patience,
): (reading: Reading, brokerAway: number | undefined, now: number) => readonly Check[] {
  const lanes = watchStanding();
  const outbox = watchStanding();
  const late = (name: Check['name'], since: number | undefined, most: number, now: number, detail: string): Check =>
    since === undefined || now - since <= most ? { name, ready: true } : { name, ready: false, since, detail };
  return (reading, brokerAway, now) => {
    const checks: Check[] = [];
    if (reading.kind === 'silent') {
      checks.push({ name: 'postgresql', ready: false, since: reading.since, detail: reading.detail });
      // Nothing could move meanwhile: when it is back, the time begins anew.
      lanes([], now);
      outbox([], now);
    } else {
      const { at, line } = reading;
      checks.push({ name: 'postgresql', ready: true });
      const lanesSince = lanes(lanesOwed(line.due, at), at);
      const { oldest } = line.unsent;
      const outboxSince = outbox(
        oldest === undefined ? [] : [{ key: 0, stands: String(oldest.id), from: at - oldest.age }],
        at,
      );
      if (roles.includes('delivery'))
        checks.push(
          late('delivery', lanesSince, patience.delivery, now, 'a lane has something due, and nothing of it moves'),
        );
      if (roles.includes('intake'))
        checks.push(late('outbox', outboxSince, patience.outbox, now, 'the oldest answer to KA is not sent'));
    }
    if (roles.includes('intake')) {
      const since = brokerAway === undefined ? undefined : now - brokerAway;
      checks.push(late('broker', since, patience.broker, now, 'there is no subscription at a broker'));
    }
    return checks;
  };
}
