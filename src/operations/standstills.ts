/** Times in which a lane did not flow, from its changes; and why a message came late by them. Pure. */

import { span } from '../platform/moments.ts';
import type { AttemptRow, DeliveryRow } from '../store/messages.ts';
import type { LaneChange } from '../store/operator/lane-changes.ts';
import { say, type Telling } from './catalogue.ts';
import { explainAttempt, laneCauseOf } from './explain.ts';

export interface Standstill {
  readonly began: Date;
  /** Undefined: it goes on. */
  readonly ended: Date | undefined;
  /** How the lane was, oldest first: at least one, none that flows. */
  readonly changes: readonly LaneChange[];
}

/** @param changes newest first @returns newest first */
export function standstillsOf(changes: readonly LaneChange[]): Standstill[] {
  const found: { began: Date; ended: Date | undefined; changes: LaneChange[] }[] = [];
  let open: (typeof found)[number] | undefined;
  for (const change of changes.toReversed()) {
    if (change.state === 'flowing') {
      if (open !== undefined) open.ended = change.at;
      open = undefined;
    } else if (open === undefined) {
      open = { began: change.at, ended: undefined, changes: [change] };
      found.push(open);
    } else open.changes.push(change);
  }
  return found.toReversed();
}

/** From when to when, and why: one sentence. The cause is the one that began it, and the last one where that is another. */
export function explainStandstill({ began, ended, changes }: Standstill, to: Telling): string {
  const [first] = changes;
  const last = changes.at(-1);
  const cause = (change: LaneChange | undefined) => laneCauseOf(change?.reason, change?.detail, to);
  const lastCause =
    last === undefined || last.reason === first?.reason
      ? ''
      : say(to, 'standstill.last', { cause: cause(last).replace(/^: /, '') });
  const [from, until] = span(began, ended);
  return say(to, ended === undefined ? 'standstill.open' : 'standstill', {
    from,
    until: until ?? '',
    cause: cause(first),
    last: lastCause,
  });
}

type Late = Pick<DeliveryRow, 'state' | 'createdAt' | 'deliveredAt' | 'attempts'>;

/**
 * Why a message that waits, or is with the supplier, came or comes late: when, and because of what. Undefined: it was not held up.
 * @param changes of its lane, from the delivery's beginning on and the ones that led there; newest first
 */
export function explainLateness(
  { state, createdAt, deliveredAt, attempts }: Late,
  changes: readonly LaneChange[],
  to: Telling,
): string | undefined {
  if (state !== 'delivered' && state !== 'waiting' && state !== 'sending') return undefined;
  const until = deliveredAt ?? new Date(8.64e15);
  const held = standstillsOf(changes).filter(
    ({ began, ended }) => began <= until && (ended === undefined || ended > createdAt),
  );
  // The sentence of what waits has the cause of what goes on, but not its beginning.
  const why = held
    .toReversed()
    .map((one) =>
      one.ended === undefined && one.changes.every(({ reason }) => reason === one.changes[0]?.reason)
        ? say(to, 'standstill.open', { from: span(one.began, undefined)[0], cause: '', last: '' })
        : explainStandstill(one, to),
    );
  if (why.length === 0) why.push(...failedTries(attempts, to));
  if (why.length === 0) return undefined;
  if (state !== 'delivered' || deliveredAt === undefined) return why.join(' ');
  const [from, came] = span(createdAt, deliveredAt);
  return [say(to, 'late.delivered', { from, came: came ?? '' }), ...why].join(' ');
}

/** While the lane flowed: the message's own. */
function failedTries(attempts: readonly AttemptRow[], to: Telling): string[] {
  const failed = attempts.filter(
    ({ outcome }) => outcome !== undefined && outcome !== 'delivered' && outcome !== 'not-sent',
  );
  const [first] = failed;
  if (first === undefined) return [];
  const [at] = span(first.startedAt, undefined);
  return [
    say(to, failed.length === 1 ? 'late.one-try' : 'late.tries', {
      n: failed.length,
      number: first.number,
      at,
      why: explainAttempt(first, to),
    }),
  ];
}
