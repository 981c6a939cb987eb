/** The deeds as fast-check's commands, in any order, some of them in the middle of each other's transactions. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Arbitrary,
  type AsyncCommand,
  array,
  commands,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  record,
  tuple,
} from 'fast-check';
import { registerChanges } from './addresses.ts';
import { endOf, giveMandate, look } from './agents.ts';
import { changeMode, collect, receiptFor, receiptInFlight } from './collecting.ts';
import {
  changeRegister,
  type Deed,
  die,
  drainBeside,
  emptyRedis,
  type HowFar,
  laneOrder,
  messageOrder,
  pass,
  type Ring,
  ringLate,
  stall,
  step,
  sweepNow,
  takeIn,
  tire,
  trouble,
} from './deeds.ts';
import type { Place } from './hand.ts';
import { brokenLaws } from './laws.ts';
import { outcomeNames } from './outcomes.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { quiet, type Stage } from './stage.ts';

export type Command = AsyncCommand<Stage, Stage>;

const lane = nat(3);
const pick = nat(11);
const rings = constantFrom<Ring[]>('now', 'now', 'later', 'lost');
const plan = array(constantFrom('delivered' as const, 'message-failed' as const, ...outcomeNames), {
  minLength: 1,
  maxLength: 3,
});

const intake = tuple(lane, integer({ min: 1, max: 4 }), rings).map(([n, count, how]) => takeIn(n, count, how));
const intakeForOthers = tuple(lane, integer({ min: 1, max: 4 }), rings, nat(1)).map(([n, count, how, who]) =>
  takeIn(n, count, how, who),
);
/** Minutes. Some end while something is on its way. */
const span = record({ begins: constantFrom(0, 0, 0, 5, 100), lasts: constantFrom(3, 11, 60, 400) });
const gives = tuple(nat(1), lane, span, rings).map(([who, n, when, how]) => giveMandate(who, n, when, how));
const ends = tuple(pick, rings).map(([n, how]) => endOf(n, how));
const looks = nat(5).map(look);
const steps = (far: Arbitrary<HowFar>) => tuple(pick, far, plan).map(([n, how, answers]) => step(n, how, answers));
const one = constant(1);
const some = integer({ min: 1, max: 6 });
/** Where others may come between. */
const place = constantFrom<Place[]>('claim', 'push', 'record', 'arm', 'arm', 'look', 'looked');
const lanes = tuple(lane, constantFrom('pause', 'resume', 'release'), rings).map(([n, action, how]) =>
  laneOrder(n, action, how),
);
const messages = tuple(pick, constantFrom('resend', 'cancel', 'hold', 'release'), rings).map(([n, action, how]) =>
  messageOrder(n, action, how),
);
const register = tuple(lane, constantFrom(...registerChanges), rings).map(([n, change, how]) =>
  changeRegister(n, change, how),
);
const modes = tuple(lane, constantFrom('push', 'push', 'pull', 'manual'), rings).map(([n, delivery, how]) =>
  changeMode(n, delivery, how),
);
const collects = tuple(pick, option(nat(5), { freq: 3 })).map(([n, who]) => collect(n, who ?? undefined));
const receipts = oneof(
  tuple(pick, integer({ min: 1, max: 4 }), rings, option(nat(5), { freq: 3 })).map(([n, count, how, who]) =>
    receiptFor(n, count, how, who ?? undefined),
  ),
  rings.map(receiptInFlight),
);
const sweeps = constant(0).map(() => sweepNow());
const time = constantFrom(1, 2, 11, 61, 300).map(pass);
const troubles = tuple(pick, constantFrom('before', 'after'), constantFrom('server', 'ours')).map(([n, when, whose]) =>
  trouble(n, { when, whose }),
);

/** Those that are one transaction, or several. */
const atOnce = oneof(
  intake,
  intakeForOthers,
  gives,
  ends,
  steps(one),
  steps(one),
  lanes,
  messages,
  register,
  modes,
  collects,
  receipts,
  receipts,
  sweeps,
);

/** The first is stopped in its transaction; the second goes as far as it gets; then both go on. */
const race = tuple(atOnce, nat(9), atOnce).map(
  ([first, after, second]): Deed =>
    (stage) =>
      together(stage, first, after, second),
);

/** Milliseconds for the second of a race to get as far as it can: it may be waiting for a lock. */
const head = 10;

async function together(stage: Stage, first: Deed, after: number, second: Deed): Promise<string | undefined> {
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const one = first(stage, { after, reached: reached.resolve, go: go.promise });
  await Promise.race([one.catch(() => undefined), reached.promise]);
  const two = second(stage);
  await Promise.race([two.catch(() => undefined), sleep(head)]);
  go.resolve();
  const texts = await Promise.all([one, two]);
  const did = texts.filter((text) => text !== undefined);
  return did.length === 2 ? `together: ${did[0]} [stopped before statement ${after + 1}] | ${did[1]}` : did[0];
}

/** A holder is overtaken: its lease runs out while it stands somewhere, another has the lane, and then it goes on. */
const overtaken = tuple(lane, constantFrom<Place[]>('due', 'claim', 'push', 'record', 'leave'), some, plan, plan).map(
  ([n, where, far, first, second]) => [
    takeIn(n, 2, 'now'),
    step({ lane: n, at: 0 }, where, first),
    pass(11),
    stall(n),
    step({ lane: n, at: -1 }, far, second),
    step({ lane: n, at: 0 }, 3, first),
  ],
);

/** Something comes while the lane falls asleep. */
const fallingAsleep = tuple(
  lane,
  constantFrom<Place[]>('arm', 'look', 'looked'),
  oneof(constant(['message-failed'] as const), plan),
).map(([n, where, answers]) => [
  takeIn(n, 1, 'now'),
  step({ lane: n, at: 0 }, where, answers),
  takeIn(n, 1, 'now'),
  step({ lane: n, at: 0 }, 4, answers),
]);

/** A receipt comes while its message is on the wire. */
const receivedInFlight = tuple(lane, plan, rings, some).map(([n, answers, how, far]) => [
  takeIn(n, 2, 'now'),
  step({ lane: n, at: 0 }, 'push', answers),
  receiptInFlight(how),
  step({ lane: n, at: 0 }, far, answers),
]);

/** Something stands in the way of a strict lane, and its supplier has fetched it. */
const unblocked = tuple(constantFrom('refused' as const, 'unsendable' as const), rings, pick).map(
  ([answer, how, n]) => [takeIn(1, 3, 'now'), step({ lane: 1, at: 0 }, 8, [answer]), collect(n), receiptFor(n, 3, how)],
);

/** A mandate runs out, or is ended, while something is on its way by it; what comes after that goes nowhere, or to another. */
const endsInFlight = tuple(
  nat(1),
  lane,
  constantFrom<Place[]>('due', 'claim', 'push', 'record', 'leave'),
  oneof(constant(['refused'] as const), constant(['delivered'] as const), plan),
  constantFrom('hour', 'word'),
  some,
).map(([who, n, where, answers, how, far]) => [
  giveMandate(who, n, { begins: 0, lasts: 8 }, 'now'),
  takeIn(n, 3, 'now', who),
  takeIn(n, 1, 'now'),
  step({ lane: n, at: 0 }, where, answers),
  how === 'hour' ? pass(9) : endOf(11, 'now'),
  step({ lane: n, at: 0 }, far, answers),
  giveMandate(who, 3, { begins: 0, lasts: 60 }, 'now'),
  sweepNow(),
]);

const arbitraries = (all: readonly Arbitrary<Deed | Deed[]>[]): Arbitrary<Command>[] =>
  all.map((deeds) => deeds.map((one) => commandOf([one].flat())));

/** @param most commands in one run */
export function anyCommands(most: number): Arbitrary<Iterable<Command>> {
  return commands(
    arbitraries([
      intake,
      intake,
      intakeForOthers,
      intakeForOthers,
      gives,
      gives,
      ends,
      looks,
      steps(some),
      steps(some),
      steps(place),
      steps(place),
      time,
      race,
      race,
      sweeps,
      lanes,
      messages,
      register,
      modes,
      modes,
      collects,
      receipts,
      troubles,
      oneof(pick.map(ringLate), pick.map(die), lane.map(stall), pick.map(tire)),
      oneof(
        lane.map(drainBeside),
        constant(0).map(() => emptyRedis()),
      ),
      overtaken,
      overtaken,
      fallingAsleep,
      fallingAsleep,
      receivedInFlight,
      receivedInFlight,
      unblocked,
      endsInFlight,
      endsInFlight,
    ]),
    { maxCommands: most, size: 'max' },
  );
}

const snapshots = new WeakMap<Stage, Snapshot>();

function commandOf(deeds: readonly Deed[]): Command {
  return {
    check: () => true,
    run: async (_model, stage) => {
      for (const deed of deeds) {
        const did = await deed(stage);
        if (did === undefined) continue;
        stage.story.push(did);
        await quiet(stage);
        await judge(stage);
      }
    },
    toString: () => 'command',
  };
}

/** @returns the rows. @throws when a law is broken. */
export async function judge(stage: Stage): Promise<Snapshot> {
  const { facts, hands, unrung } = stage;
  const seen = await takeSnapshot(stage.world, facts);
  const before = snapshots.get(stage);
  for (const { id, lane: on } of seen.deliveries) {
    const was = before?.deliveries.find((one) => one.id === id)?.lane;
    if (on === null || (was !== undefined && was !== on)) facts.strayed.add(id);
  }
  const wrong = brokenLaws({ facts, hands, unrung, seen, before });
  snapshots.set(stage, seen);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return seen;
}
