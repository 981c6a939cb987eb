/** One run: two suppliers with four lanes, two organisations that have none and let others act for them, the hands that drain them, and the model beside it. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type DrainDeps, type Drained, drain } from '../../src/delivery/drain.ts';
import type { Rules } from '../../src/domain/lane-draft.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { checkDigitIsRight } from '../../src/domain/organisation-number.ts';
import { settle, settleProbe } from '../../src/domain/settle.ts';
import { silentLog } from '../../src/platform/log.ts';
import { followerOf } from '../../src/roles/follow.ts';
import type { Pool } from '../../src/store/pool.ts';
import { type Address, firstAddresses, importAddresses } from './addresses.ts';
import { answered, claimed, type Facts, laneFacts, left, modelNow, newFacts, pushed, recorded, took } from './facts.ts';
import { type Hand, newHand, type Place, troubleError } from './hand.ts';
import { claimedForOthers } from './mandates.ts';
import { outcomes, probeOutcome } from './outcomes.ts';
import { settledInRows } from './settled-rows.ts';
import { type Stop, transactionNow, type Watch, watched } from './watched.ts';
import { heldProbe, type World } from './world.ts';

const minute = 60_000;

/** Waits of minutes, so that only the model moves time; runs so short that they are reached. */
export const rules: Rules = {
  schedule: { waits: [minute, 10 * minute], total: 12 * minute, jitter: 0 },
  retryAfterMost: 60 * minute,
  heldProbe,
  failuresBackOff: 2,
  refusalsHold: 3,
};
const lease = 10 * minute;

export interface Stage {
  readonly world: World;
  readonly facts: Facts;
  /** Of the first three lanes. */
  readonly organisationNumber: OrganisationNumber;
  /** It, and the one that has the fourth. */
  readonly organisations: readonly OrganisationNumber[];
  readonly principals: readonly OrganisationNumber[];
  /** The register as it was last imported, in the order of the lanes. */
  addresses: readonly Address[];
  readonly hands: Hand[];
  /** Lanes whose alarm was moved, and nobody has rung yet. */
  readonly unrung: number[];
  /** What was done, one line each. */
  readonly story: string[];
  /** Hands go by themselves, and every endpoint is well. */
  free: boolean;
  over: boolean;
  /** Called once when somebody arrives somewhere. */
  readonly waiters: Set<() => void>;
}

export async function openStage(world: World): Promise<Stage> {
  const [organisationNumber, ...others] = Array.from({ length: 4 }, () => inventedNumber(world.nextNumber())) as [
    OrganisationNumber,
    ...OrganisationNumber[],
  ];
  const organisations = [organisationNumber, ...others.slice(0, 1)];
  const stage: Stage = {
    world,
    facts: newFacts(),
    organisationNumber,
    organisations,
    principals: others.slice(1),
    addresses: await firstAddresses(organisations),
    hands: [],
    unrung: [],
    story: [],
    free: false,
    over: false,
    waiters: new Set(),
  };
  await importAddresses(world.pool, organisations, stage.addresses);
  const { rows } = await world.pool.query<{ id: number; name: string; owner: OrganisationNumber }>(
    'select id, name, organisation_number as owner from address where organisation_number = any($1) order by id',
    [organisations],
  );
  for (const one of rows)
    stage.facts.lanes.push({ ...one, paused: false, turns: [], holder: undefined, epoch: 0, forgotten: false });
  const here = (lane: number) => stage.facts.lanes.some(({ id }) => id === lane);
  world.ringing = {
    drain: async (process, lane) => (here(lane) ? ring(stage, process, lane) : 'done'),
    armed: async (process, lane) => armed(stage, process, lane),
    looked: async (process, lane) => looked(stage, process, lane),
    woke: (process, lane) => woke(stage, process, lane),
    breach: (what) => stage.facts.breaches.push(what),
  };
  return stage;
}

function inventedNumber(n: number): OrganisationNumber {
  const stem = `57${String(n).padStart(7, '0')}`;
  const found = Array.from({ length: 10 }, (_, digit) => `${stem}${digit}`).find(checkDigitIsRight);
  return found as OrganisationNumber;
}

/** A store for one thing that is done outside the workers; `notified` gets the lanes that it would ring. */
export function officeStore(stage: Stage, stop: Stop | undefined): { store: Pool; notified: number[] } {
  const notified: number[] = [];
  const watch: Watch = {
    stop,
    rewrite: stage.world.rewrite,
    notified: (lane) => notified.push(lane),
    breach: (what) => stage.facts.breaches.push(what),
  };
  return { store: watched(stage.world.pool, watch), notified };
}

/** Begins a drain: what a worker does when a job rings, or somebody else beside the queue. */
export async function ring(stage: Stage, process: number, lane: number, job: Hand['job'] = 'active'): Promise<Drained> {
  const hand = newHand(stage.hands.length + 1, process, lane, job);
  stage.hands.push(hand);
  try {
    const drained = await drain(stepsOf(stage, hand), lane);
    if (drained === 'done' || job === 'gone') {
      if (drained !== 'done') laneFacts(stage.facts, lane).forgotten = true;
      end(stage, hand);
      return 'done';
    }
    hand.phase = 'arming';
    await stand(stage, hand, 'arm');
    void unlessArmed(stage, hand);
    return drained;
  } catch (error) {
    laneFacts(stage.facts, lane).forgotten = true;
    end(stage, hand);
    throw error;
  }
}

/** A job that the queue does not know any more cannot be set to sleep. */
async function unlessArmed(stage: Stage, hand: Hand): Promise<void> {
  await sleep(hand.job === 'gone' ? 25 : 2_000);
  if (hand.phase !== 'arming') return;
  laneFacts(stage.facts, hand.lane).forgotten = true;
  end(stage, hand);
}

function changed(stage: Stage): void {
  const waiters = [...stage.waiters];
  stage.waiters.clear();
  for (const waiter of waiters) waiter();
}

function end(stage: Stage, hand: Hand): void {
  hand.ended = true;
  hand.at = undefined;
  changed(stage);
}

const inPhase = (stage: Stage, process: number, lane: number, phase: Hand['phase']): Hand | undefined =>
  stage.hands.find(
    (one) => one.process === process && one.lane === lane && one.phase === phase && !one.ended && one.at === undefined,
  );

async function armed(stage: Stage, process: number, lane: number): Promise<void> {
  const hand = inPhase(stage, process, lane, 'arming');
  if (!hand) return;
  hand.phase = 'armed';
  hand.job = 'gone';
  await stand(stage, hand, 'look');
}

async function looked(stage: Stage, process: number, lane: number): Promise<void> {
  const hand = inPhase(stage, process, lane, 'armed');
  if (!hand) return;
  await stand(stage, hand, 'looked');
  hand.phase = 'acting';
  void unlessWoken(stage, hand);
}

/** The ring either wakes the lane in this very turn and looks again, or it is over. */
async function unlessWoken(stage: Stage, hand: Hand): Promise<void> {
  await setImmediate();
  await setImmediate();
  if (hand.phase === 'acting') end(stage, hand);
}

function woke(stage: Stage, process: number, lane: number): void {
  const hand = inPhase(stage, process, lane, 'acting');
  if (hand) hand.phase = 'armed';
}

/** Stands still here until it is told to go on. */
async function stand(stage: Stage, hand: Hand, place: Place): Promise<void> {
  if (stage.over) stop(stage, hand);
  if (stage.free && !hand.dead) return;
  hand.at = place;
  changed(stage);
  await new Promise<void>((resolve) => {
    hand.open = () => {
      hand.at = undefined;
      resolve();
    };
  });
  if (stage.over) stop(stage, hand);
}

function stop(stage: Stage, hand: Hand): never {
  // What is after the drain has nobody else to say that it ended.
  if (hand.phase !== 'draining') end(stage, hand);
  throw new Error('the run is over');
}

/** What every message is sealed in here. */
export const sealed = {
  format: 'cloudevents' as const,
  head: '{',
  signature: 's',
  sha256: 'a'.repeat(64),
  keyThumbprint: 'k',
};

/** The steps of the real drain, on the real store, each behind a place to stand at. */
function stepsOf(stage: Stage, hand: Hand): DrainDeps {
  const { facts } = stage;
  const lanes = stage.world.processes[hand.process]?.lanes;
  const store = stage.world.processes[hand.process]?.store;
  if (!lanes || !store) throw new Error(`there is no process ${hand.process}`);
  const follow = followerOf(store, stage.world.alarms, silentLog);
  const ask = async <T>(place: Place, work: () => Promise<T>): Promise<T> => {
    await stand(stage, hand, place);
    const { trouble } = hand;
    hand.trouble = undefined;
    if (trouble?.when === 'before') throw troubleError(trouble);
    const answer = await work();
    if (trouble?.when === 'after') throw troubleError(trouble);
    return answer;
  };
  return {
    take: (lane, milliseconds) =>
      ask('take', async () => {
        const taken = await lanes.take(lane, milliseconds);
        if (taken.kind !== 'taken') return taken;
        hand.hold = taken.hold;
        took(facts, hand, taken.hold);
        return taken;
      }),
    due: (...given) => ask('due', () => lanes.due(...given)),
    claim: (hold, target, due, envelopes) =>
      ask('claim', async () => {
        const since = modelNow(facts);
        const window = await lanes.claim(hold, target, due, envelopes);
        claimed(facts, hand, hold, window.claimed);
        claimedForOthers(facts, hold.lane, due, window, since);
        return window;
      }),
    record: (hold, tries, pause, made) =>
      ask('record', async () => {
        const came = await lanes.record(hold, tries, pause, (lane, version) => {
          const settled = made(lane, version);
          transactionNow()?.examine.push((db) => settledInRows(db, hold.lane, lane, settled));
          return settled;
        });
        recorded(facts, hand, hold, tries, came);
        return came;
      }),
    rest: (hold) =>
      ask('rest', async () => {
        const came = await lanes.rest(hold);
        recorded(facts, hand, hold, [], came);
        return came;
      }),
    leave: (hold) =>
      ask('leave', async () => {
        await lanes.leave(hold);
        left(facts, hand, hold);
      }),
    follow: async (principal) => {
      hand.following += 1;
      await follow(principal).finally(() => {
        hand.following -= 1;
        changed(stage);
      });
    },
    seal: async () => sealed,
    push: async (_target, { deliveryId, principal }, _envelope, attempt, term) => {
      if ((principal === null) !== (term === undefined))
        facts.breaches.push(`delivery ${deliveryId} is pushed for ${principal ?? 'itself'}, and nobody says how long`);
      pushed(facts, deliveryId, attempt);
      if (stage.free && !hand.dead) {
        answered(facts, deliveryId, attempt, 'delivered');
        return outcomes.delivered;
      }
      return new Promise((answer, breaks) => {
        hand.tries.push({ delivery: deliveryId, attempt, answer, breaks });
        hand.open = () => answerAll(stage, hand);
        hand.at = 'push';
        changed(stage);
      });
    },
    probe: async () => {
      await stand(stage, hand, 'probe');
      return stage.free ? 'passed' : probeOutcome(hand.plan[0] ?? 'delivered');
    },
    settle: (lane, tried) => settle(rules, lane, tried, () => 0.5),
    settleProbe: (lane, outcome) => settleProbe(rules, lane, outcome, () => 0.5),
    now: () => hand.clock,
    sleep: async () => undefined,
    slice: minute,
    lease,
    stopping: () => false,
    log: silentLog,
  };
}

function answerAll(stage: Stage, hand: Hand): void {
  const tries = hand.tries.splice(0);
  hand.at = undefined;
  tries.forEach(({ delivery, attempt, answer, breaks }, i) => {
    if (stage.over) return breaks(new Error('the run is over'));
    const outcome = outcomes[hand.plan[i % hand.plan.length] ?? 'delivered'];
    answered(stage.facts, delivery, attempt, outcome.kind);
    return answer(outcome);
  });
}

/** Waits until it is so; fails if it does not become so in twenty seconds. */
export async function until(stage: Stage, what: string, so: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!so()) {
    if (performance.now() > end) throw new Error(`within 20 s it did not happen: ${what}`);
    await Promise.race([
      new Promise<void>((resolve) => {
        stage.waiters.add(resolve);
      }),
      sleep(250, undefined, { ref: false }),
    ]);
  }
}

const standsOrEnded = (hand: Hand): boolean =>
  hand.following === 0 && (hand.ended || hand.dead || hand.at !== undefined);

/** Until every hand stands somewhere and every job that is due has begun. */
export async function quiet(stage: Stage): Promise<void> {
  const end = performance.now() + 20_000;
  for (;;) {
    await until(stage, 'every hand stands somewhere', () => stage.hands.every(standsOrEnded));
    const active = stage.hands.filter(({ ended, job }) => !ended && job === 'active').length;
    if ((await stage.world.quiet(active)) && stage.hands.every(standsOrEnded)) return;
    if (performance.now() > end) throw new Error(`the queue does not come to rest with ${active} jobs under way`);
  }
}

export const living = (stage: Stage): Hand[] => stage.hands.filter((hand) => hand.at !== undefined && !hand.dead);

/** Ends the run, whatever stands where. */
export async function closeStage(stage: Stage): Promise<void> {
  stage.over = true;
  for (const hand of stage.hands) if (hand.at !== undefined) hand.open();
  await until(stage, 'every hand has ended', () => stage.hands.every(({ ended }) => ended)).catch(() => undefined);
  stage.world.ringing = undefined;
  await stage.world.empty();
  await stage.world.pool.query('update lane set wake_at = null, lease_until = null, holder = null where id = any($1)', [
    stage.facts.lanes.map(({ id }) => id),
  ]);
  await stage.world.pool.query('update mandate set begun = true, settled = true where principal = any($1)', [
    stage.principals,
  ]);
  await stage.world.pool.query('delete from outbox');
}
