/** Recording what came of a window of tries: attempts, states, answers and the lane, in one transaction under the epoch. */
import { nextDeliveryState, statesBefore } from '../../domain/delivery.ts';
import type { LaneView } from '../../domain/lane-draft.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Settled, SettledDelivery } from '../../domain/settle.ts';
import type { Db, Pool } from '../pool.ts';
import { storableText } from '../storable.ts';
import {
  type AnsweredDelivery,
  answeredColumns,
  insertAnswersAbout,
  insertDeliveryAnswers,
  insertLaneAnswer,
} from './answers.ts';
import { type Hold, type LaneRow, laneColumns, laneView } from './take.ts';

export interface Try {
  readonly deliveryId: number;
  readonly attempt: number;
  readonly outcome: Outcome;
}

export type Recorded =
  | { readonly kind: 'recorded'; readonly lane: LaneView; readonly wakeIn: number | null | undefined }
  /** Somebody else holds the lane: only the attempts, and what was delivered, went on record. */
  | { readonly kind: 'superseded' };

/**
 * @param pause milliseconds until the address's rate allows the next claim; 0: it has none, or it is kept already.
 * @param settle is given the lane as it is in the row now: an operator may have paused it meanwhile.
 * Power lost before the commit: the lease runs out and the attempts become “outcome unknown”; the supplier drops the repeat by id.
 */
export async function recordTries(
  pool: Pool,
  hold: Hold,
  tries: readonly Try[],
  pause: number,
  settle: (lane: LaneView) => Settled,
): Promise<Recorded> {
  return pool.transaction(async (db): Promise<Recorded> => {
    const { rows } = await db.query<LaneRow & { unshown: boolean }>(
      `select ${laneColumns},
              exists (select from address_certificate c where c.address_id = lane.id and c.first_shown_at is null) as unshown
         from lane join address on address.id = lane.id
        where lane.id = $1 and lane.epoch = $2 and lane.holder = $3 for no key update of lane`,
      [hold.lane, hold.epoch, hold.holder],
    );
    await recordAttempts(db, tries);
    const row = rows[0];
    if (!row) {
      const delivered = tries.filter((one) => one.outcome.kind === 'delivered').map((one) => one.deliveryId);
      await insertAnswersAbout(db, 'delivered', await markDelivered(db, delivered));
      return { kind: 'superseded' };
    }
    const { unshown, ...view } = row;
    const settled = settle(laneView(view));
    await settleDeliveries(db, hold.lane, settled);
    await updateLane(db, hold, settled, pause);
    if (settled.announceHeld) await insertLaneAnswer(db, hold.lane);
    if (unshown) await markShown(db, hold.lane, tries);
    return { kind: 'recorded', lane: settled.lane, wakeIn: settled.wakeIn };
  });
}

/** An attempt whose lease lapsed may still learn what came of it; one that has an outcome keeps it. */
async function recordAttempts(db: Db, tries: readonly Try[]): Promise<void> {
  if (tries.length === 0) return;
  const clean = (text: string | undefined): string | undefined => text && storableText(text);
  const records = tries.map(({ deliveryId, attempt, outcome: { kind, ...wire } }) => ({
    ...wire,
    delivery: deliveryId,
    number: attempt,
    outcome: kind,
    fault: 'fault' in wire ? wire.fault : undefined,
    detail: 'detail' in wire ? clean(wire.detail) : undefined,
    excerpt: clean(wire.excerpt),
  }));
  // One statement for the window. The list of ids beside it is for the planner, which takes any JSON for a hundred rows and
  // would rather read the whole table.
  await db.query(
    `update attempt a set finished_at = clock_timestamp(), outcome = t.outcome, fault = t.fault, detail = t.detail, status = t.status,
            excerpt = t.excerpt, tls_version = t."tlsVersion", cipher = t.cipher, peer_fingerprint = t."peerFingerprint",
            connect_ms = t."connectMs", tls_ms = t."tlsMs", first_byte_ms = t."firstByteMs", total_ms = t."totalMs",
            remote_address = t."remoteAddress"
       from json_to_recordset($1::json) as t (
              delivery bigint, number int, outcome text, fault text, detail text, status int, excerpt text, "tlsVersion" text,
              cipher text, "peerFingerprint" text, "connectMs" float8, "tlsMs" float8, "firstByteMs" float8, "totalMs" float8,
              "remoteAddress" text)
      where a.delivery_id = t.delivery and a.number = t.number and (a.outcome is null or a.outcome = 'unknown')
        and a.delivery_id = any($2)`,
    [JSON.stringify(records), tries.map((one) => one.deliveryId)],
  );
}

async function settleDeliveries(db: Db, lane: number, settled: Settled): Promise<void> {
  const by = (event: SettledDelivery['event']) => settled.deliveries.filter((one) => one.event === event);
  await insertAnswersAbout(
    db,
    'delivered',
    await markDelivered(
      db,
      by('pushed').map((one) => one.deliveryId),
    ),
  );
  for (const event of ['retry', 'put-back', 'refuse', 'hold'] as const) {
    const to = nextDeliveryState('sending', event);
    const { rows } = await updateDeliveries(db, by(event), to);
    if (event === 'refuse') await insertDeliveryAnswers(db, 'refused', rows);
    if (event === 'hold') await insertDeliveryAnswers(db, 'held', rows);
  }
  if (settled.unrefuse.length === 0) return;
  await db.query(
    `update delivery set state = 'waiting', next_try_at = clock_timestamp(), reason = 'mass-refusal', changed_at = clock_timestamp()
      where id = any($1) and state = any($2) and lane_id = $3 and reason is distinct from 'superseded'`,
    [settled.unrefuse, statesBefore('unrefuse', 'waiting'), lane],
  );
}

async function updateDeliveries(db: Db, changes: readonly SettledDelivery[], to: string): Promise<{ rows: number[] }> {
  if (changes.length === 0) return { rows: [] };
  const { rows } = await db.query<{ id: number }>(
    `update delivery d set state = $6, reason = t.reason, detail = t.detail, failures = t.failures, changed_at = clock_timestamp(),
            next_try_at = case when $6 = 'waiting' then clock_timestamp() + t.wait * interval '1 millisecond' end
       from unnest($1::bigint[], $2::text[], $3::text[], $4::int[], $5::float8[]) as t (id, reason, detail, failures, wait)
      where d.id = t.id and d.state = 'sending'
     returning d.id`,
    [
      changes.map((one) => one.deliveryId),
      changes.map((one) => one.reason),
      changes.map((one) => one.detail && storableText(one.detail)),
      changes.map((one) => one.failures),
      changes.map((one) => one.wait),
      to,
    ],
  );
  return { rows: rows.map((row) => row.id) };
}

async function markDelivered(db: Db, ids: readonly number[]): Promise<AnsweredDelivery[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<AnsweredDelivery>(
    `with d as (
       update delivery set state = 'delivered', delivered_at = clock_timestamp(), delivered_by = 'pushed', next_try_at = null,
              reason = null, detail = null, changed_at = clock_timestamp()
        where id = any($1) and state = any($2) returning message_id, reason, detail)
     select ${answeredColumns} from d join message m on m.id = d.message_id order by m.number`,
    [ids, statesBefore('pushed', 'delivered')],
  );
  return rows;
}

async function updateLane(db: Db, hold: Hold, settled: Settled, pause: number): Promise<void> {
  const { lane, wakeIn } = settled;
  await db.query(
    `update lane set reason = $3, detail = $4, failures = $5, ramp = $6, failed_run = $7, refused_run = $8,
            since = case when state = $2 then since else clock_timestamp() end, state = $2,
            lease_until = clock_timestamp() + $9 * interval '1 millisecond',
            not_before = case when $12 > 0 then clock_timestamp() + $12 * interval '1 millisecond' end,
            wake_at = case when $2 = 'paused' or $10 = 'never' then null
                           when $10 = 'flows' then wake_at
                           else clock_timestamp() + $11 * interval '1 millisecond' end
      where id = $1`,
    [
      hold.lane,
      lane.state,
      lane.reason,
      lane.detail && storableText(lane.detail),
      lane.failures,
      lane.ramp,
      lane.failedRun,
      lane.refusedRun,
      hold.lease,
      wakeIn === null ? 'never' : wakeIn === undefined ? 'flows' : 'at',
      wakeIn ?? 0,
      pause,
    ],
  );
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
