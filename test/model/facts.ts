/**
 * The model: what may be true, kept in memory from what was asked and answered, without a look at the store. Its own laws are
 * checked as things happen; those of the rows are in laws.ts.
 */
import type { MessageType } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Claimed } from '../../src/store/lane/claim.ts';
import type { Try } from '../../src/store/lane/outcomes.ts';
import type { Recorded } from '../../src/store/lane/record.ts';
import type { Hold } from '../../src/store/lane/take.ts';
import type { Hand } from './hand.ts';
import type { MandateFacts } from './mandates.ts';

/** Milliseconds. Everything that the model plans is minutes, so the time that a run takes is nothing. */
export const slack = 20_000;

export interface LaneFacts {
  readonly id: number;
  readonly name: string;
  /** Whose address it leads to. */
  readonly owner: OrganisationNumber;
  paused: boolean;
  /** Orders that paused it (true) or let it go on, told before the one that they came after. */
  readonly turns: boolean[];
  /** Who has the lane, and until when if it does nothing more. */
  holder: { readonly hand: Hand; readonly hold: Hold; until: number } | undefined;
  epoch: number;
  /** Redis may know less than PostgreSQL, until the sweeper has rung. */
  forgotten: boolean;
}

export interface PushFacts {
  outcome: Outcome['kind'] | undefined;
  /** Some transaction that recorded it has committed. */
  recorded: boolean;
}

export interface Facts {
  readonly lanes: LaneFacts[];
  /** Ids of messages, in the order of acceptance. */
  readonly messages: string[];
  readonly recipients: Map<string, { readonly recipient: OrganisationNumber; readonly type: MessageType }>;
  readonly mandates: MandateFacts[];
  readonly cancelled: Set<string>;
  /** Messages that were given out to who fetches. */
  readonly fetched: Set<string>;
  /** How often a receipt for a message was answered `received`. */
  readonly receipted: Map<string, number>;
  /** Deliveries that were off their lane for a while: they come back out of its order. */
  readonly strayed: Set<number>;
  /** By delivery/attempt: each was pushed once at most. */
  readonly pushes: Map<string, PushFacts>;
  readonly breaches: string[];
  /** Milliseconds that time was moved on by. */
  passed: number;
}

export const tryKey = (delivery: number, attempt: number): string => `${delivery}/${attempt}`;

export function newFacts(): Facts {
  return {
    lanes: [],
    messages: [],
    recipients: new Map(),
    mandates: [],
    cancelled: new Set(),
    fetched: new Set(),
    receipted: new Map(),
    strayed: new Set(),
    pushes: new Map(),
    breaches: [],
    passed: 0,
  };
}

export const modelNow = (facts: Facts): number => performance.now() + facts.passed;

export function laneFacts(facts: Facts, id: number): LaneFacts {
  const lane = facts.lanes.find((one) => one.id === id);
  if (!lane) throw new Error(`lane ${id} is of no run`);
  return lane;
}

/**
 * An operator was told what an order did to the lane. Of two orders at the same time the later one may be told first, for
 * locks are gone before a commit is answered; but each turns the lane from where the other left it.
 */
export function operated(lane: LaneFacts, before: string, after: string): void {
  const pauses = after === 'paused';
  if ((before === 'paused') !== pauses) lane.turns.push(pauses);
  for (;;) {
    const at = lane.turns.findIndex((turn) => turn !== lane.paused);
    if (at < 0) return;
    lane.turns.splice(at, 1);
    lane.paused = !lane.paused;
  }
}

/** True while nobody else may have the lane. */
export function leaseHolds(facts: Facts, lane: LaneFacts): boolean {
  return lane.holder !== undefined && lane.holder.until > modelNow(facts) + slack;
}

export function took(facts: Facts, hand: Hand, hold: Hold): void {
  const lane = laneFacts(facts, hold.lane);
  if (leaseHolds(facts, lane))
    facts.breaches.push(`hand ${hand.number} took lane ${lane.name} while hand ${lane.holder?.hand.number} has it`);
  if (hold.epoch <= lane.epoch)
    facts.breaches.push(`lane ${lane.name} was taken under epoch ${hold.epoch} after ${lane.epoch}`);
  lane.epoch = Math.max(lane.epoch, hold.epoch);
  lane.holder = { hand, hold, until: modelNow(facts) + hold.lease };
}

export function claimed(facts: Facts, hand: Hand, hold: Hold, deliveries: readonly Claimed[]): void {
  if (deliveries.length === 0) return;
  const lane = laneFacts(facts, hold.lane);
  if (lane.holder?.hand !== hand)
    facts.breaches.push(
      `hand ${hand.number} claimed ${deliveries.length} on lane ${lane.name} under epoch ${hold.epoch}, ` +
        (lane.holder
          ? `which hand ${lane.holder.hand.number} has under ${lane.holder.hold.epoch}`
          : 'which nobody has'),
    );
  else if (lane.holder.until < modelNow(facts) - slack)
    facts.breaches.push(`hand ${hand.number} claimed on lane ${lane.name} after its lease had run out`);
  else lane.holder.until = modelNow(facts) + hold.lease;
  if (lane.paused) facts.breaches.push(`hand ${hand.number} claimed on lane ${lane.name}, which is paused`);
}

export function pushed(facts: Facts, delivery: number, attempt: number): void {
  const key = tryKey(delivery, attempt);
  if (facts.pushes.has(key)) facts.breaches.push(`attempt ${key} was pushed twice`);
  facts.pushes.set(key, { outcome: undefined, recorded: false });
}

export function answered(facts: Facts, delivery: number, attempt: number, kind: Outcome['kind']): void {
  const push = facts.pushes.get(tryKey(delivery, attempt));
  if (push) push.outcome = kind;
}

export function recorded(facts: Facts, hand: Hand, hold: Hold, tries: readonly Try[], came: Recorded): void {
  for (const one of tries) {
    const push = facts.pushes.get(tryKey(one.deliveryId, one.attempt));
    if (push) push.recorded = true;
  }
  const lane = laneFacts(facts, hold.lane);
  const mine = lane.holder?.hand === hand;
  if (came.kind === 'superseded') {
    if (mine && leaseHolds(facts, lane))
      facts.breaches.push(`hand ${hand.number} has lane ${lane.name} and was told that it has not`);
    return;
  }
  if (!mine)
    facts.breaches.push(`hand ${hand.number} settled lane ${lane.name} under epoch ${hold.epoch}, which it has not`);
  else if (came.kind === 'more') lane.holder = { hand, hold, until: modelNow(facts) + hold.lease };
  else lane.holder = undefined;
}

export function left(facts: Facts, hand: Hand, hold: Hold): void {
  const lane = laneFacts(facts, hold.lane);
  if (lane.holder?.hand === hand) lane.holder = undefined;
}

/** The sweeper ended these leases. One that had run out too stays with its holder while somebody else has the lane's row. */
export function sweptLeases(facts: Facts, freed: readonly number[]): void {
  for (const lane of facts.lanes.filter(({ id }) => freed.includes(id))) {
    if (leaseHolds(facts, lane)) facts.breaches.push(`lane ${lane.name} was freed while its lease held`);
    lane.holder = undefined;
  }
}
