/** What becomes of a message of a seeded book: its state, its tries, and when. */
import type { DeliveryState } from '../../domain/delivery.ts';
import type { FaultCode } from '../../domain/fault.ts';
import type { MessageType } from '../../domain/message.ts';
import { fullLane, type Person } from './people.ts';
import { acceptedAt, isBacklog, type Plan } from './plan.ts';
import { roll } from './roll.ts';

/** A try on the wire; times in milliseconds since 1970. */
export interface SeedTry {
  readonly at: number;
  readonly took: number;
  readonly outcome: 'delivered' | 'endpoint-failed' | 'refused' | 'turned-away';
  readonly fault: FaultCode | null;
  readonly detail: string | null;
  readonly status: number | null;
  readonly excerpt: string | null;
}

export interface Story {
  readonly index: number;
  readonly person: Person;
  readonly type: MessageType;
  readonly acceptedAt: number;
  readonly state: Exclude<DeliveryState, 'sending'>;
  readonly reason: FaultCode | null;
  readonly detail: string | null;
  readonly tries: readonly SeedTry[];
  /** When it came to be so. */
  readonly changedAt: number;
  /** Of what waits. */
  readonly nextTryAt: number | null;
  /** Fetched, whether or not a receipt came. */
  readonly fetched: boolean;
  /** The broker brought the same document a second time under another name. */
  readonly twice: boolean;
  /** Beside it came a frame that could not become a message. */
  readonly deadBeside: boolean;
  /** KA took it back. */
  readonly withdrawn: boolean;
}

/** Tells story after story, in order. */
export type Teller = (index: number) => Story;

/**
 * @param failedIn how many of a lane in trouble have been tried in vain: the first few of what waits there; kept by the caller, empty at
 *   the book's beginning
 */
export function teller(plan: Plan, people: readonly Person[], failedIn: Map<number, number>): Teller {
  const choose = chooser(people);
  return (index) => {
    const chance = (salt: number) => roll(plan.seed, index, salt);
    const backlog = isBacklog(plan, index);
    const person = (backlog ? people[fullLane] : people[choose(chance(1))]) as Person;
    const at = acceptedAt(plan, index);
    const kind = chance(2);
    const plain: Plain = {
      index,
      person,
      type: kind < 0.3 ? 'purchase-order' : kind < 0.95 ? 'self-invoice' : 'self-invoice-credit',
      acceptedAt: at,
      ...still,
      changedAt: at,
      twice: chance(3) < 0.002,
      deadBeside: chance(4) < 0.001,
    };
    if (person.way === 'unknown') return { ...plain, state: 'held', reason: 'no-address' };
    const { trouble } = person;
    if (trouble !== undefined && (backlog || at >= plan.endsAt - trouble.since)) {
      const failed = failedIn.get(person.index) ?? 0;
      const nextTryAt = trouble.again === null ? at : plan.endsAt + trouble.again;
      if (failed >= 3 || trouble.reason === null) return { ...plain, state: 'waiting', nextTryAt: at };
      failedIn.set(person.index, failed + 1);
      const one = inVain(trouble.reason, trouble.detail, Math.max(at, plan.endsAt - trouble.since) + 900);
      return { ...plain, state: 'waiting', nextTryAt, tries: [one], changedAt: one.at + one.took };
    }
    if (person.way === 'pull') return collected(plan, plain, chance(5), chance(6));
    return pushed(plan, plain, chance(5), chance(6));
  };
}

type Plain = Omit<Story, 'state'>;
const still = {
  reason: null,
  detail: null,
  tries: [],
  nextTryAt: null,
  fetched: false,
  withdrawn: false,
} as const;

const minute = 60_000;

function collected(plan: Plan, plain: Plain, chance: number, speed: number): Story {
  const at = plain.acceptedAt + Math.round(minute + speed * 90 * minute);
  if (at >= plan.endsAt) return { ...plain, state: 'waiting', nextTryAt: plain.acceptedAt, fetched: speed < 0.1 };
  if (chance < 0.002) return stopped(plain, chance * 500);
  return { ...plain, state: 'delivered', fetched: true, changedAt: at };
}

/** Milliseconds before the next try. */
const waits = [30_000, 120_000, 600_000];

/** @param chance what becomes of it @param speed how fast */
function pushed(plan: Plan, plain: Plain, chance: number, speed: number): Story {
  const began = plain.acceptedAt + 30 + Math.round(speed * 400);
  const took = Math.round(10 + speed * speed * 240);
  // What came last is still on its way.
  if (began + took >= plan.endsAt || plain.index >= plan.messages - 20)
    return { ...plain, state: 'waiting', nextTryAt: plain.acceptedAt };
  const strict = plain.person.ordering === 'strict';
  if (!strict && chance < 0.006) {
    if (chance >= 0.003) return stopped(plain, (chance - 0.003) / 0.003);
    const detail = 'the endpoint answered 422';
    const excerpt = refusals[plain.index % refusals.length] as string;
    const one: SeedTry = {
      detail,
      excerpt,
      at: began,
      took,
      outcome: 'refused',
      fault: 'message-refused',
      status: 422,
    };
    return {
      ...plain,
      state: 'refused',
      reason: 'message-refused',
      detail,
      tries: [one],
      changedAt: began + took,
    };
  }
  const failures = chance > 0.99 ? 3 : chance > 0.96 ? 1 : 0;
  const tries: SeedTry[] = [];
  let at = began;
  for (let failure = 0; failure < failures; failure++) {
    const one = busy(at, plain.index + failure);
    tries.push(one);
    at += one.took + (waits[failure] ?? 0);
  }
  if (at + took >= plan.endsAt) return { ...plain, state: 'waiting', tries, nextTryAt: at, changedAt: at };
  tries.push({ at, took, outcome: 'delivered', fault: null, detail: null, status: 204, excerpt: null });
  return { ...plain, state: 'delivered', tries, changedAt: at + took };
}

/** @param share 0 to 1: by whom */
function stopped(plain: Plain, share: number): Story {
  const changedAt = plain.acceptedAt + 20;
  if (share < 0.4) return { ...plain, state: 'held', reason: 'held-by-operator', changedAt };
  if (share < 0.8) return { ...plain, state: 'cancelled', reason: 'cancelled-by-operator', changedAt };
  return { ...plain, state: 'cancelled', reason: 'withdrawn-by-ka', withdrawn: true, changedAt };
}

/** A try that a lane is in trouble for. */
function inVain(reason: FaultCode, detail: string | null, at: number): SeedTry {
  const common = { at, fault: reason, detail, excerpt: null };
  if (reason === 'endpoint-no-answer') return { ...common, took: 30_000, outcome: 'endpoint-failed', status: null };
  if (reason === 'endpoint-certificate') return { ...common, took: 38, outcome: 'turned-away', status: null };
  if (reason === 'mass-refusal')
    return {
      ...common,
      took: 61,
      outcome: 'refused',
      fault: 'message-refused',
      status: 422,
      excerpt: '{"title":"unknown contract"}',
    };
  return { ...common, took: 44, outcome: 'turned-away', status: 403, excerpt: '<html><h1>403 Forbidden</h1></html>' };
}

function busy(at: number, turn: number): SeedTry {
  const common = { at, outcome: 'endpoint-failed', status: null, excerpt: null } as const;
  if (turn % 3 === 0) return { ...common, took: 12, fault: 'endpoint-unreachable', detail: 'connect ECONNREFUSED' };
  if (turn % 3 === 1)
    return { ...common, took: 30_000, fault: 'endpoint-no-answer', detail: 'no answer within 30000 ms' };
  return {
    ...common,
    took: 55,
    fault: 'endpoint-busy',
    detail: 'the endpoint answered 503',
    status: 503,
    excerpt: 'Service Unavailable',
  };
}

const refusals = [
  '{"title":"unknown order","status":422}',
  '{"title":"the VAT of line 2 is not ours","status":422}',
  '{"type":"about:blank","title":"Unprocessable Content"}',
] as const;

/** Few get much and many get little. @returns by a throw from 0 to 1, whose it is */
function chooser(people: readonly Person[]): (chance: number) => number {
  let sum = 0;
  const ends = people.map(({ index, way }) => (sum += (way === 'unknown' ? 0.2 : 1) / (index + 20)));
  return (chance) => {
    const wanted = chance * sum;
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
