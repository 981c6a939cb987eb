/** What can be done on the stage: intake, hands, operators, the register, the sweeper, and what breaks. */
import { sweep } from '../../src/delivery/sweep.ts';
import { Fault } from '../../src/domain/fault.ts';
import { type MessageAction, moveMessage } from '../../src/operations/messages.ts';
import { silentLog } from '../../src/platform/log.ts';
import { followerOf } from '../../src/roles/follow.ts';
import { accept } from '../../src/store/accept/accept.ts';
import { dueLanes, endLapsedLeases } from '../../src/store/lane/take.ts';
import { principalsDue } from '../../src/store/mandate-clock.ts';
import { type LaneAction, moveLane } from '../../src/suppliers/lanes.ts';
import { frameFor } from '../support/line.ts';
import { changeAddress, importAddresses, type RegisterChange } from './addresses.ts';
import { type Facts, operated, sweptLeases } from './facts.ts';
import type { Hand, Place, Trouble } from './hand.ts';
import type { OutcomeName } from './outcomes.ts';
import { living, officeStore, ring, type Stage, until } from './stage.ts';
import type { Stop } from './watched.ts';

/** Something that is done. It says what it did, or undefined when there was nothing to do it with. */
export type Deed = (stage: Stage, stop?: Stop) => Promise<string | undefined>;

/** What becomes of the ring that follows a commit. */
export type Ring = 'now' | 'later' | 'lost';

export const nth = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];

export function laneAt(facts: Facts, n: number) {
  const lane = nth(facts.lanes, n);
  if (!lane) throw new Error('a run has lanes');
  return lane;
}

export async function ringLanes(stage: Stage, lanes: readonly number[], how: Ring): Promise<void> {
  for (const id of lanes) {
    if (how === 'now') await stage.world.alarms.wake(id, 0);
    if (how === 'later') stage.unrung.push(id);
    const lane = stage.facts.lanes.find((one) => one.id === id);
    if (how === 'lost' && lane) lane.forgotten = true;
  }
}

export const ringText = (how: Ring): string =>
  ({ now: '', later: ', the ring comes later', lost: ', the ring is lost' })[how];

/** Faults that an operator is given as an answer. */
const answers = [
  'not-possible-now',
  'not-found',
  'no-address',
  'type-not-agreed',
  'argument-invalid',
  'mandate-invalid',
];

export async function asOperator(what: string, work: () => Promise<string>): Promise<string> {
  try {
    return `${what}: ${await work()}`;
  } catch (error) {
    if (error instanceof Fault && answers.includes(error.code)) return `${what}: ${error.code}`;
    throw error;
  }
}

/** @param who of the principals; left out: for whom the lane itself is */
export function takeIn(n: number, count: number, how: Ring, who?: number): Deed {
  return async (stage, stop) => {
    const { name, owner } = laneAt(stage.facts, n);
    const recipient = who === undefined ? owner : (nth(stage.principals, who) ?? owner);
    const messageType = stage.addresses.find((one) => one.name === name)?.messageTypes[0] ?? 'self-invoice';
    const frames = Array.from({ length: count }, () => frameFor(recipient, { messageType }));
    const { store } = officeStore(stage, stop);
    for (let tries = 1; ; tries++)
      try {
        const { verdicts, wake } = await accept(store, frames);
        for (const verdict of verdicts)
          if (verdict.kind === 'accepted') {
            stage.facts.messages.push(verdict.messageId);
            stage.facts.recipients.set(verdict.messageId, { recipient, type: messageType });
          }
        await ringLanes(stage, wake, how);
        return `${count} messages for ${who === undefined ? name : `${recipient}, ${messageType}`}${wake.length > 0 ? ringText(how) : ', nobody is rung'}`;
      } catch (error) {
        // A deadlock: the broker brings the frames again.
        if (tries === 5 || !String((error as { code?: string }).code).startsWith('40')) throw error;
      }
  };
}

export function ringLate(n: number): Deed {
  return async (stage) => {
    const [lane] = stage.unrung.splice(n % Math.max(1, stage.unrung.length), 1);
    if (lane === undefined) return undefined;
    await stage.world.alarms.wake(lane, 0);
    return `the late ring for ${stage.facts.lanes.find(({ id }) => id === lane)?.name}`;
  };
}

/** How far a hand goes: so many steps, or until it stands before this. */
export type HowFar = number | Place;

/** The nth of those that stand somewhere, or the first or last of a lane. */
export type Which = number | { readonly lane: number; readonly at: 0 | -1 };

function handOf(stage: Stage, which: Which): Hand | undefined {
  if (typeof which === 'number') return nth(living(stage), which);
  const { id } = laneAt(stage.facts, which.lane);
  return living(stage)
    .filter(({ lane }) => lane === id)
    .at(which.at);
}

/** One hand goes on; what is on the wire is answered as planned. */
export function step(which: Which, far: HowFar, plan: readonly OutcomeName[]): Deed {
  return async (stage, stop) => {
    const hand = handOf(stage, which);
    if (!hand) return undefined;
    const watch = stage.world.processes[hand.process]?.watch;
    if (watch && stop) watch.stop = stop;
    hand.plan = plan;
    const places: string[] = [];
    const most = typeof far === 'number' ? far : mostSteps;
    for (let i = 0; i < most && hand.at !== undefined && (i === 0 || hand.at !== far); i++) {
      places.push(hand.at === 'push' ? `push (${hand.tries.map((_, at) => nth(plan, at)).join(', ')})` : hand.at);
      if (hand.at === 'probe') places.push(`(${plan[0]})`);
      hand.open();
      await until(stage, `hand ${hand.number} gets further than ${places.at(-1)}`, () => moved(hand));
    }
    if (watch && watch.stop === stop) watch.stop = undefined;
    return `${handText(stage, hand)}: ${places.join(' → ')} → ${hand.ended ? 'over' : `before ${hand.at}`}`;
  };
}

/** A lane with much to send passes the same places again and again. */
const mostSteps = 20;

const moved = (hand: Hand): boolean => hand.ended || hand.at !== undefined;

const handText = (stage: Stage, hand: Hand): string =>
  `hand ${hand.number} on ${stage.facts.lanes.find(({ id }) => id === hand.lane)?.name}`;

export function die(n: number): Deed {
  return async (stage) => {
    const hand = nth(living(stage), n);
    if (!hand) return undefined;
    hand.dead = true;
    const lane = stage.facts.lanes.find(({ id }) => id === hand.lane);
    if (lane) lane.forgotten = true;
    return `${handText(stage, hand)} dies before ${hand.at}`;
  };
}

/** BullMQ finds the lane's job without a lock: its worker is dead, or hung for so long. */
export function stall(n: number): Deed {
  return async (stage) => {
    const lane = laneAt(stage.facts, n);
    const had = stage.hands.filter((hand) => hand.lane === lane.id && hand.job === 'active' && !hand.ended);
    if (had.length === 0) return undefined;
    for (const hand of had) hand.job = 'gone';
    lane.forgotten = true;
    await stage.world.stall(lane.id);
    return `the job of ${lane.name} has stalled and begins again`;
  };
}

export function trouble(n: number, what: Trouble): Deed {
  return async (stage) => {
    const hand = nth(living(stage), n);
    if (!hand) return undefined;
    hand.trouble = what;
    return `${handText(stage, hand)} will have trouble (${what.whose}) ${what.when} what it asks of the store`;
  };
}

export function tire(n: number): Deed {
  return async (stage) => {
    const hand = nth(living(stage), n);
    if (!hand) return undefined;
    hand.clock += 3_600_000;
    return `${handText(stage, hand)} has used up its time slice`;
  };
}

/** A second drain that no job is behind, in the other process. */
export function drainBeside(n: number): Deed {
  return async (stage) => {
    const { id, name } = laneAt(stage.facts, n);
    // What it throws is its own trouble.
    void ring(stage, 1, id, 'gone').catch(() => undefined);
    return `a drain of ${name} begins beside the queue`;
  };
}

export function pass(minutes: number): Deed {
  return async (stage) => {
    const lanes = stage.facts.lanes.map(({ id }) => id);
    await stage.world.pool.transaction(async (db) => {
      await db.query(
        `update lane set wake_at = wake_at - $2 * interval '1 minute', not_before = not_before - $2 * interval '1 minute',
                lease_until = lease_until - $2 * interval '1 minute' where id = any($1)`,
        [lanes, minutes],
      );
      await db.query(
        "update delivery set next_try_at = next_try_at - $2 * interval '1 minute' where lane_id = any($1) and state = 'waiting'",
        [lanes, minutes],
      );
      // What was tried by a mandate was tried while it ran, whatever the hour is called now.
      await db.query(
        `update mandate set valid_from = valid_from - $2 * interval '1 minute', valid_to = valid_to - $2 * interval '1 minute',
                ended_at = ended_at - $2 * interval '1 minute' where principal = any($1)`,
        [stage.principals, minutes],
      );
      await db.query(
        `update attempt set started_at = started_at - $2 * interval '1 minute'
          where delivery_id in (select id from delivery where message_id = any($1))`,
        [stage.facts.messages, minutes],
      );
    });
    stage.facts.passed += minutes * 60_000;
    await stage.world.moveOn(minutes * 60_000);
    return `${minutes} minutes pass`;
  };
}

export function sweepNow(): Deed {
  return async (stage, stop) => {
    const { store } = officeStore(stage, stop);
    const rung: number[] = [];
    await sweep({
      endLapsedLeases: async () => {
        const freed = await endLapsedLeases(store);
        sweptLeases(stage.facts, freed);
        return freed;
      },
      dueLanes: () => dueLanes(store),
      wake: async (lane, delay) => {
        rung.push(lane);
        await stage.world.alarms.wake(lane, delay);
      },
      principalsDue: () => principalsDue(store),
      follow: followerOf(store, stage.world.alarms, silentLog),
      log: silentLog,
    });
    for (const lane of stage.facts.lanes) {
      // Behind a job that is under way the ring is parked.
      const parked = stage.hands.some((hand) => hand.lane === lane.id && hand.job === 'active' && !hand.ended);
      if (rung.includes(lane.id) && !parked) lane.forgotten = false;
    }
    return 'the sweeper sweeps';
  };
}

export function emptyRedis(): Deed {
  return async (stage) => {
    for (const lane of stage.facts.lanes) lane.forgotten = true;
    for (const hand of stage.hands) hand.job = 'gone';
    await stage.world.empty();
    return 'Redis is emptied';
  };
}

export function laneOrder(n: number, action: LaneAction, how: Ring): Deed {
  return async (stage, stop) => {
    const lane = laneAt(stage.facts, n);
    const { store, notified } = officeStore(stage, stop);
    return asOperator(`an operator says ${action} to ${lane.name}`, async () => {
      const moved = await moveLane(store, {
        action,
        organisationNumber: lane.owner,
        address: lane.name,
        actor: 'cli:model',
        reason: 'the model',
        now: new Date(),
      });
      operated(lane, moved.before, moved.after);
      await ringLanes(stage, notified, how);
      return `${moved.before} → ${moved.after}${notified.length > 0 ? ringText(how) : ''}`;
    });
  };
}

export function messageOrder(n: number, action: MessageAction, how: Ring): Deed {
  return async (stage, stop) => {
    const messageId = nth(stage.facts.messages, n);
    if (messageId === undefined) return undefined;
    const { store, notified } = officeStore(stage, stop);
    const number = stage.facts.messages.indexOf(messageId) + 1;
    return asOperator(`an operator says ${action} to message ${number}`, async () => {
      const order = { action, messageId, actor: 'cli:model', reason: 'the model', now: new Date() };
      const moved = await moveMessage(store, order);
      if (moved.changed && action === 'cancel') stage.facts.cancelled.add(messageId);
      await ringLanes(stage, notified, how);
      return `${moved.before} → ${moved.after}${notified.length > 0 ? ringText(how) : ''}`;
    });
  };
}

export function changeRegister(n: number, change: RegisterChange, how: Ring): Deed {
  return async (stage, stop) => {
    const { name, owner } = laneAt(stage.facts, n);
    const wanted = await Promise.all(
      stage.addresses.map(async (one) => (one.name === name ? changeAddress(one, change) : one)),
    );
    const { store, notified } = officeStore(stage, stop);
    return asOperator(`the address ${name} is changed (${change})`, async () => {
      await importAddresses(store, [owner], wanted);
      stage.addresses = wanted;
      await ringLanes(stage, notified, how);
      const now = wanted.find((one) => one.name === name);
      const text = now?.present === true ? `${now.delivery}, ${now.concurrency} at once` : 'out of use';
      return `${text}${notified.length > 0 ? ringText(how) : ''}`;
    });
  };
}
