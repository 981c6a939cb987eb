/**
 * Recording what came of windows of tries, and leaving the lanes that have nothing more due: attempts, states, answers and
 * lanes, in one transaction under their epochs.
 */
import type { LaneView } from '../../domain/lane-draft.ts';
import type { Settled } from '../../domain/settle.ts';
import type { Db } from '../pool.ts';
import { storableText } from '../storable.ts';
import { moveAlarms } from '../wake.ts';
import { insertLaneAnswer } from './answers.ts';
import { settleDeliveries, type Try } from './outcomes.ts';
import { nextDue, restOf } from './rest.ts';
import { type Hold, type LaneRow, laneColumns, laneView } from './take.ts';
import { type LaneTarget, readTargets } from './target.ts';

export interface RecordAsk {
  readonly hold: Hold;
  readonly tries: readonly Try[];
  /** Milliseconds until the address's rate allows the next claim; 0: it has none, or it is kept already. */
  readonly pause: number;
  /** The holder waits for the end of the pause with the lane in its hand. */
  readonly waits: boolean;
  /**
   * Is given the lane as it is in the row now, for an operator may have paused it meanwhile, and the version of its address, for the
   * register may have changed. Undefined: nothing was tried.
   */
  readonly settle: SettleNow | undefined;
}

export type SettleNow = (lane: LaneView, version: number) => Settled;

export type Recorded =
  /** On record. Something is due: the lane is still held, go on. */
  | { readonly kind: 'more'; readonly lane: LaneView; readonly target: LaneTarget }
  /** On record, and the lane is left; its alarm is so many milliseconds away. */
  | { readonly kind: 'armed'; readonly wait: number }
  /** On record, and left; nothing to do until somebody moves its alarm. */
  | { readonly kind: 'idle' }
  /** Somebody else holds the lane: only the attempts, and what was delivered, went on record. */
  | { readonly kind: 'superseded' };

/** An ask whose lane is still in the hand that asks. */
interface Live {
  readonly ask: RecordAsk;
  readonly settled: Settled;
  /** Milliseconds; null: none. */
  readonly wake: number | null;
  readonly pause: number;
  readonly unshown: boolean;
}

/**
 * Two steps under the lanes' row locks: first the locks, then, with a new snapshot, what is due. An intake transaction takes
 * the same locks after it wrote its deliveries: either they are seen here, or it finds the alarms that are written here.
 * Power lost before the commit: the leases run out and the attempts become “outcome unknown”; the supplier drops the repeat
 * by id.
 * @param heldProbe milliseconds until a held lane without anything to send is looked at again.
 */
export async function recordTries(db: Db, asks: readonly RecordAsk[], heldProbe: number): Promise<Recorded[]> {
  const lives = await lockLanes(db, asks);
  const tries = asks.flatMap((ask) => {
    const { lane, epoch } = ask.hold;
    return ask.tries.map((one) => ({ ...one, lane, epoch, lost: !lives.has(ask) }));
  });
  const settled = [...lives.values()].map((live) => ({ lane: live.ask.hold.lane, settled: live.settled }));
  await settleDeliveries(db, tries, settled);
  await moveAlarms(db, lateSuccesses(asks, lives));
  const lefts = await leaveOrGoOn(db, [...lives.values()], heldProbe);
  await updateLanes(db, lefts);
  for (const { ask, settled: own, unshown } of lives.values()) {
    if (own.announceHeld) await insertLaneAnswer(db, ask.hold.lane);
    if (unshown) await markShown(db, ask.hold.lane, ask.tries);
  }
  const more = lefts.flatMap(({ rest, live }) => (rest === 'more' ? [live.ask.hold.lane] : []));
  const targets = await readTargets(db, more);
  const answers = new Map(lefts.map((left) => [left.live.ask, recorded(left, targets)]));
  return asks.map((ask) => answers.get(ask) ?? { kind: 'superseded' });
}

/**
 * The lanes of others on which something was delivered late. What a strict lane waited with behind it is due from now, and
 * nobody else knows that.
 */
function lateSuccesses(asks: readonly RecordAsk[], lives: ReadonlyMap<RecordAsk, Live>): number[] {
  return asks.flatMap((ask) =>
    !lives.has(ask) && ask.tries.some(({ outcome }) => outcome.kind === 'delivered') ? [ask.hold.lane] : [],
  );
}

/** Those that have their lanes, with the lane settled. */
async function lockLanes(db: Db, asks: readonly RecordAsk[]): Promise<Map<RecordAsk, Live>> {
  const { rows } = await db.query<
    LaneRow & {
      id: number;
      epoch: number;
      holder: string | null;
      wait: number | null;
      pause: number | null;
      unshown: boolean;
    }
  >(
    `select ${laneColumns}, lane.id, lane.epoch, lane.holder,
            extract(epoch from lane.wake_at - clock_timestamp())::float8 * 1000 as wait,
            extract(epoch from lane.not_before - clock_timestamp())::float8 * 1000 as pause,
            coalesce((select true from address_certificate c where c.address_id = lane.id and c.first_shown_at is null limit 1), false) as unshown
       from lane join address on address.id = lane.id
      where lane.id = any($1) order by lane.id for no key update of lane`,
    [asks.map(({ hold }) => hold.lane)],
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  const versions = await versionsOf(db, asks);
  const lives = asks.flatMap((ask): [RecordAsk, Live][] => {
    const row = found.get(ask.hold.lane);
    if (row?.epoch !== ask.hold.epoch || row.holder !== ask.hold.holder) return [];
    const { id: _id, epoch: _epoch, holder: _holder, wait, pause, unshown, ...own } = row;
    const lane = laneView(own);
    if (!ask.settle) {
      const settled = { deliveries: [], unrefuse: [], lane, wakeIn: undefined, announceHeld: false };
      return [[ask, { ask, settled, wake: wait, pause: pause ?? 0, unshown }]];
    }
    const version = versions.get(row.id);
    const settled = version === undefined ? settledAside(ask.settle(lane, 0), lane) : ask.settle(lane, version);
    const wake = settled.wakeIn === undefined ? wait : settled.wakeIn;
    return [[ask, { ask, settled, wake, pause: ask.waits ? 0 : ask.pause, unshown }]];
  });
  return new Map(lives);
}

/**
 * Of the addresses that are pushed to. With a new snapshot: the one before may have waited for somebody who changed the address, and has the lane's row as it is
 * now, but the address as it was.
 */
async function versionsOf(db: Db, asks: readonly RecordAsk[]): Promise<ReadonlyMap<number, number>> {
  const lanes = asks.flatMap(({ hold, settle }) => (settle ? [hold.lane] : []));
  if (lanes.length === 0) return new Map();
  const { rows } = await db.query<{ id: number; version: number }>(
    "select id, version from address where id = any($1) and delivery = 'push' and retired_at is null",
    [lanes],
  );
  return new Map(rows.map(({ id, version }) => [id, version]));
}

/**
 * Of a lane that is no longer pushed to, while its last pushes were in flight: they end as they do, and what that would mean for
 * the lane is about an endpoint that is not its own any more.
 */
const settledAside = (settled: Settled, lane: LaneView): Settled => ({
  ...settled,
  lane,
  wakeIn: null,
  announceHeld: false,
});

interface Left {
  readonly live: Live;
  /** As it is written. */
  readonly lane: LaneView;
  readonly rest: ReturnType<typeof restOf>;
}

async function leaveOrGoOn(db: Db, lives: readonly Live[], heldProbe: number): Promise<Left[]> {
  const going = lives.filter(({ settled: { lane } }) => lane.state === 'flowing' || lane.state === 'backing-off');
  const next = await nextDue(
    db,
    going.map(({ ask }) => ask.hold.lane),
  );
  return lives.map((live) => {
    const { ask, settled, wake, pause } = live;
    const { lane } = settled;
    const rest = restOf({ state: lane.state, wake, pause, next: next.get(ask.hold.lane) ?? null, heldProbe });
    const rang = wake !== null && wake <= 0;
    if (lane.state !== 'backing-off' || !rang) return { live, rest, lane };
    return { live, rest, lane: { ...lane, state: 'flowing', ramp: 1, reason: null, detail: null } };
  });
}

/** The lanes that are left have no holder; the others a lease that begins anew. */
async function updateLanes(db: Db, lefts: readonly Left[]): Promise<void> {
  if (lefts.length === 0) return;
  const records = lefts.map(({ live: { ask, settled }, lane, rest }) => ({
    id: ask.hold.lane,
    state: lane.state,
    reason: lane.reason,
    detail: lane.detail && storableText(lane.detail),
    failures: lane.failures,
    ramp: lane.ramp,
    failedRun: lane.failedRun,
    refusedRun: lane.refusedRun,
    rated: ask.settle !== undefined,
    pause: ask.pause,
    lease: rest === 'more' ? ask.hold.lease : null,
    // A lane that flows on keeps its alarm.
    rings: rest !== 'more' || settled.wakeIn !== undefined,
    wake: rest === 'more' ? settled.wakeIn : rest.wait,
  }));
  await db.query(
    `update lane set state = t.state, reason = t.reason, detail = t.detail, failures = t.failures, ramp = t.ramp,
            failed_run = t."failedRun", refused_run = t."refusedRun",
            since = case when lane.state = t.state then since else clock_timestamp() end,
            holder = case when t.lease is not null then holder end,
            lease_until = clock_timestamp() + t.lease * interval '1 millisecond',
            not_before = case when not t.rated then not_before
                              when t.pause > 0 then clock_timestamp() + t.pause * interval '1 millisecond' end,
            wake_at = case when t.rings then clock_timestamp() + t.wake * interval '1 millisecond' else wake_at end
       from json_to_recordset($1::json) as t (
              id bigint, state text, reason text, detail text, failures int, ramp int, "failedRun" bigint[], "refusedRun" bigint[],
              rated boolean, pause float8, lease float8, rings boolean, wake float8)
      where lane.id = t.id and lane.id = any($2)`,
    [JSON.stringify(records), lefts.map(({ live }) => live.ask.hold.lane)],
  );
}

function recorded({ live, lane, rest }: Left, targets: ReadonlyMap<number, LaneTarget>): Recorded {
  if (rest !== 'more') return rest.wait === null ? { kind: 'idle' } : { kind: 'armed', wait: Math.ceil(rest.wait) };
  const target = targets.get(live.ask.hold.lane);
  // Whoever changes an address holds its lane's row, as we do: it is still where `nextDue` found it.
  return target ? { kind: 'more', lane, target } : { kind: 'superseded' };
}

/** The first time that an endpoint shows a registered certificate. */
async function markShown(db: Db, lane: number, tries: readonly Try[]): Promise<void> {
  const shown = [
    ...new Set(tries.flatMap(({ outcome }) => (outcome.kind === 'delivered' ? (outcome.peerFingerprint ?? []) : []))),
  ];
  if (shown.length === 0) return;
  await db.query(
    'update address_certificate set first_shown_at = clock_timestamp() where address_id = $1 and fingerprint = any($2) and first_shown_at is null',
    [lane, shown],
  );
}
