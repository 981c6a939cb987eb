/** What must be true of the rows whenever nothing is in the middle of a transaction; each law says what is wrong. */
import { type Facts, type LaneFacts, leaseHolds, slack, tryKey } from './facts.ts';
import type { Hand } from './hand.ts';
import { principalLaws } from './mandates.ts';
import { type AttemptSeen, type DeliverySeen, deliverable, type LaneSeen, type Snapshot } from './snapshot.ts';

export interface Moment {
  readonly facts: Facts;
  readonly hands: readonly Hand[];
  /** Lanes whose alarm was moved and whose ring is still to come. */
  readonly unrung: readonly number[];
  readonly seen: Snapshot;
  readonly before: Snapshot | undefined;
}

export function brokenLaws(moment: Moment): string[] {
  const { seen, facts } = moment;
  return [
    ...facts.breaches.splice(0),
    ...seen.lanes.flatMap((lane) => laneLaws(moment, lane)),
    ...seen.deliveries.flatMap((delivery) => [...deliveryLaws(moment, delivery), ...principalLaws(facts, delivery)]),
    ...seen.attempts.flatMap((attempt) => attemptLaws(moment, attempt)),
    ...conservationLaws(moment),
  ];
}

function laneLaws(moment: Moment, lane: LaneSeen): string[] {
  const facts = moment.facts.lanes.find(({ id }) => id === lane.id);
  if (!facts) return [];
  const wrong: string[] = [];
  const holder = facts.holder?.hold;
  if (holder && leaseHolds(moment.facts, facts) && (lane.epoch !== holder.epoch || lane.holder !== holder.holder))
    wrong.push(`is held under epoch ${holder.epoch}, and its row says ${lane.epoch}, ${lane.holder ?? 'nobody'}`);
  if (facts.turns.length > 0)
    wrong.push(`was ${facts.turns[0] ? 'paused' : 'resumed'} twice, and neither order saw the other`);
  if (facts.paused !== (lane.state === 'paused'))
    wrong.push(`${facts.paused ? 'was paused' : 'was not paused'}, and is ${lane.state}`);
  if (lane.state === 'paused' && lane.wake !== null && lane.holder === null)
    wrong.push('is paused, and has an alarm all the same');
  if (!lane.pushed && lane.wake !== null && lane.holder === null)
    wrong.push('is not pushed to, and has an alarm all the same');
  if (lane.strict) wrong.push(...strictLaws(moment, lane));
  if (lane.pushed) wrong.push(...alarmLaws(moment.seen, lane), ...queueLaws(moment, lane, facts));
  return wrong.map((one) => `lane ${lane.name} ${one}`);
}

/** PostgreSQL knows when the lane goes on. */
function alarmLaws(seen: Snapshot, lane: LaneSeen): string[] {
  if (lane.state === 'held')
    return lane.wake === null && lane.reason !== 'schedule-spent'
      ? [`is held (${lane.reason}) and is never probed`]
      : [];
  if (lane.state === 'paused') return [];
  const due = deliverable(seen, lane).map(({ next }) => next ?? 0);
  if (due.length === 0) return [];
  if (lane.wake === null) return ['has something to send, and no alarm'];
  // A holder looks for itself; who backs off waits longer than what is due.
  if (lane.state === 'backing-off' || lane.holder !== null) return [];
  const first = Math.max(Math.min(...due), lane.pause ?? 0, 0);
  return lane.wake > first + slack ? [`has something due in ${first} ms, and wakes in ${lane.wake} ms`] : [];
}

/** The queue knows it too, unless it was made to forget. */
function queueLaws({ seen, hands, unrung }: Moment, lane: LaneSeen, facts: LaneFacts): string[] {
  if (lane.wake === null || lane.state === 'paused' || facts.forgotten || unrung.includes(lane.id)) return [];
  if (hands.some((hand) => hand.lane === lane.id && !hand.ended)) return [];
  const due = Math.max(lane.wake, lane.pause ?? 0, lane.lease ?? 0, 0);
  const rings = seen.jobs.filter((job) => job.lane === lane.id).map(({ wait }) => wait);
  const first = Math.min(...rings);
  if (first <= due + slack) return [];
  return [
    `may be taken in ${Math.round(due)} ms, and the queue rings ${rings.length === 0 ? 'never' : `in ${first} ms`}`,
  ];
}

/** Nothing goes out before what is older is finished. A resend, and what was off the lane for a while, is out of the order. */
function strictLaws({ seen, facts }: Moment, lane: LaneSeen): string[] {
  const first = seen.deliveries.filter((one) => one.lane === lane.id && one.number === 1 && !facts.strayed.has(one.id));
  const wrong: string[] = [];
  for (const sending of first.filter(({ state }) => state === 'sending'))
    for (const older of first)
      if (older.place < sending.place && ['waiting', 'sending', 'refused', 'held'].includes(older.state))
        wrong.push(`is strict, and sends ${sending.id} while ${older.id} before it is ${older.state}`);
  const places = new Map(first.map(({ id, place }) => [id, place]));
  const tried = seen.attempts
    .filter(({ delivery }) => places.has(delivery))
    .toSorted((a, b) => a.started - b.started)
    .map(({ delivery }) => places.get(delivery) ?? 0);
  if (tried.some((place, i) => place < (tried[i - 1] ?? 0)))
    wrong.push('is strict, and tried an older one after a newer');
  return wrong;
}

function deliveryLaws({ facts, seen, before }: Moment, delivery: DeliverySeen): string[] {
  const wrong: string[] = [];
  const { id, state, reason, attempts } = delivery;
  const tries = seen.attempts.filter((one) => one.delivery === id);
  if (tries.length !== attempts || tries.some(({ number }, i) => number !== i + 1))
    wrong.push(`counts ${attempts} attempts and has ${tries.map(({ number }) => number).join(', ') || 'none'}`);
  const open = tries.filter(({ outcome }) => outcome === null);
  if (state === 'sending') {
    const lane = seen.lanes.find((one) => one.id === delivery.lane);
    if (lane?.lease === null) wrong.push('is sending, and its lane has neither a holder nor a lease that runs out');
    if (open.length !== 1 || tries.at(-1)?.outcome !== null)
      wrong.push(`is sending with ${open.length} attempts that have no outcome`);
  } else if (open.length > (state === 'delivered' ? 1 : 0))
    // An old holder's success may have come while a new one tries again.
    wrong.push(`is ${state} with ${open.length} attempts that have no outcome`);
  if (before?.deliveries.find((one) => one.id === id)?.state === 'delivered' && state !== 'delivered')
    wrong.push(`was delivered and is ${state}`);
  const outcomes = tries.flatMap(({ number }) => {
    const push = facts.pushes.get(tryKey(id, number));
    return push?.recorded === true ? [push.outcome] : [];
  });
  const receipted = seen.receipts.includes(id);
  if ((state === 'delivered') !== (outcomes.includes('delivered') || receipted))
    wrong.push(
      `is ${state}, and the answers on record are ${outcomes.join(', ') || 'none'}${receipted ? ', and it has a receipt' : ''}`,
    );
  if (receipted !== (delivery.by === 'collected'))
    wrong.push(`is delivered as ${delivery.by}, and has ${receipted ? 'a' : 'no'} receipt`);
  if (state === 'refused' && !outcomes.includes('refused')) wrong.push('is refused, and nobody refused it');
  if (state === 'held' && reason === 'format-not-possible' && !outcomes.includes('unsendable'))
    wrong.push('is held as unsendable, and was not');
  if (state === 'cancelled' && !facts.cancelled.has(delivery.message)) wrong.push('is cancelled, and nobody did it');
  return wrong.map((one) => `delivery ${id} ${one}`);
}

function attemptLaws({ facts, seen, before }: Moment, { delivery, number, outcome, lane }: AttemptSeen): string[] {
  const wrong: string[] = [];
  if (outcome === null && seen.lanes.find(({ id }) => id === lane)?.lease === null)
    wrong.push('has no outcome, and its lane has neither a holder nor a lease that runs out');
  const push = facts.pushes.get(tryKey(delivery, number));
  const earlier = before?.attempts.find((one) => one.delivery === delivery && one.number === number)?.outcome;
  if (earlier && earlier !== 'unknown' && outcome !== earlier) wrong.push(`was ${earlier} and is ${outcome}`);
  if (push?.recorded === true && outcome !== push.outcome)
    wrong.push(`was answered ${push.outcome}, which was recorded, and is ${outcome}`);
  if (outcome !== null && outcome !== 'unknown' && push?.recorded !== true)
    wrong.push(`is ${outcome}, and nobody recorded that`);
  return wrong.map((one) => `attempt ${tryKey(delivery, number)} ${one}`);
}

function conservationLaws({ facts, seen, before }: Moment): string[] {
  const wrong: string[] = [];
  for (const message of facts.messages) {
    const own = seen.deliveries.filter((one) => one.message === message);
    const current = own.filter((one) => one.current);
    if (current.length !== 1) wrong.push(`message ${message} has ${current.length} current deliveries`);
    const receipts = own.filter(({ id }) => seen.receipts.includes(id)).length;
    const believed = facts.receipted.get(message) ?? 0;
    if (receipts !== believed)
      wrong.push(`message ${message} has ${receipts} receipts, and its supplier was told so ${believed} times`);
    if (receipts > 0 && !facts.fetched.has(message) && own.every(({ attempts }) => attempts === 0))
      wrong.push(`message ${message} has a receipt, and was never given to anybody`);
    if (facts.cancelled.has(message) && !own.some(({ state }) => state === 'cancelled' || state === 'delivered'))
      wrong.push(`message ${message} was cancelled, and is ${current[0]?.state}`);
  }
  const gone = before?.attempts.filter(
    (one) => !seen.attempts.some(({ delivery, number }) => delivery === one.delivery && number === one.number),
  );
  if (gone && gone.length > 0) wrong.push(`${gone.length} attempts are gone`);
  return wrong;
}
