/** What tries make of attempts and deliveries, and the answers that KA is owed for them. */
import { nextDeliveryState, statesBefore } from '../../domain/delivery.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Settled, SettledDelivery } from '../../domain/settle.ts';
import { unsettleMandates } from '../mandate-clock.ts';
import type { Db } from '../pool.ts';
import { storableText } from '../storable.ts';
import { type AnsweredDelivery, answeredColumns, insertAnswersAbout, insertDeliveryAnswers } from './answers.ts';

export interface Try {
  readonly deliveryId: number;
  readonly attempt: number;
  readonly outcome: Outcome;
}

/** A try with the hold that it was made under. */
export interface HeldTry extends Try {
  readonly lane: number;
  readonly epoch: number;
  /** Others hold the lane by now, and nothing was settled. What was delivered is delivered. */
  readonly lost: boolean;
}

/**
 * The attempts learn what came of them, the deliveries become what that makes of them, and KA is owed the answers. For a
 * transaction that holds the lanes.
 */
export async function settleDeliveries(
  db: Db,
  tries: readonly HeldTry[],
  lanes: readonly { readonly lane: number; readonly settled: Settled }[],
): Promise<void> {
  const all = lanes.flatMap(({ settled }) => settled.deliveries);
  const by = (event: SettledDelivery['event']) => all.filter((one) => one.event === event);
  const delivered = by('pushed').map((one) => one.deliveryId);
  await insertAnswersAbout(db, 'delivered', await writeOutcomes(db, tries, delivered));
  for (const event of ['retry', 'put-back', 'refuse', 'hold'] as const) {
    const to = nextDeliveryState('sending', event);
    const { rows } = await updateDeliveries(db, by(event), to);
    if (event === 'refuse') await insertDeliveryAnswers(db, 'refused', rows);
    if (event === 'hold') await insertDeliveryAnswers(db, 'held', rows);
  }
  for (const { lane, settled } of lanes) if (settled.unrefuse.length > 0) await takeBack(db, lane, settled.unrefuse);
}

/**
 * Refusals that were the supplier's mistake wait again. What is a principal's and has left the lane since, because its mandate is over,
 * cannot wait here: it is held, as what waited was, and goes with the next sweep if there is a way.
 */
async function takeBack(db: Db, lane: number, refused: readonly number[]): Promise<void> {
  const from = statesBefore('unrefuse', 'waiting');
  await db.query(
    `update delivery set state = 'waiting', next_try_at = clock_timestamp(), reason = 'mass-refusal', changed_at = clock_timestamp()
      where id = any($1) and state = any($2) and lane_id = $3 and reason is distinct from 'superseded'`,
    [refused, from, lane],
  );
  const { rows } = await db.query<{ id: number; principal: string }>(
    `update delivery d set state = 'held', reason = 'mandate-ended', detail = 'the agent was ' || a.organisation_number, changed_at = clock_timestamp()
       from message m, address a
      where d.id = any($1) and d.state = any($2) and d.lane_id is null and d.reason is distinct from 'superseded'
        and m.id = d.message_id and a.id = $3
     returning d.id, m.organisation_number as principal`,
    [refused, from, lane],
  );
  await insertDeliveryAnswers(
    db,
    'held',
    rows.map(({ id }) => id),
  );
  await unsettleMandates(db, lane, [...new Set(rows.map(({ principal }) => principal))]);
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

/**
 * In one statement: what came of the tries, and the deliveries that were delivered. An attempt whose lease lapsed may still
 * learn what came of it; one that has an outcome keeps it. An attempt of another lane or epoch is another's, whatever its
 * number: after the database was brought back to an earlier time, a worker from before that names attempts which others have
 * made since, and its late success is nobody's.
 * @returns those that are newly delivered, in the order of acceptance.
 */
async function writeOutcomes(
  db: Db,
  tries: readonly HeldTry[],
  delivered: readonly number[],
): Promise<readonly AnsweredDelivery[]> {
  if (tries.length === 0 && delivered.length === 0) return [];
  const clean = (text: string | undefined): string | undefined => text && storableText(text);
  const records = tries.map(({ deliveryId, attempt, lane, epoch, lost, outcome: { kind, ...wire } }) => ({
    ...wire,
    delivery: deliveryId,
    number: attempt,
    lane,
    epoch,
    lost,
    outcome: kind,
    fault: 'fault' in wire ? wire.fault : undefined,
    detail: 'detail' in wire ? clean(wire.detail) : undefined,
    excerpt: clean(wire.excerpt),
  }));
  // The list of ids beside the JSON is for the planner, which takes any JSON for a hundred rows and would rather read the
  // whole table.
  const { rows } = await db.query<AnsweredDelivery>(
    `with known as (
       update attempt a set finished_at = clock_timestamp(), outcome = t.outcome, fault = t.fault, detail = t.detail, status = t.status,
              excerpt = t.excerpt, tls_version = t."tlsVersion", cipher = t.cipher, peer_fingerprint = t."peerFingerprint",
              connect_ms = t."connectMs", tls_ms = t."tlsMs", first_byte_ms = t."firstByteMs", total_ms = t."totalMs",
              remote_address = t."remoteAddress"
         from json_to_recordset($1::json) as t (
                delivery bigint, number int, lane bigint, epoch bigint, lost boolean, outcome text, fault text, detail text, status int, excerpt text, "tlsVersion" text,
                cipher text, "peerFingerprint" text, "connectMs" float8, "tlsMs" float8, "firstByteMs" float8, "totalMs" float8,
                "remoteAddress" text)
        where a.delivery_id = t.delivery and a.number = t.number and a.lane_id = t.lane and a.epoch = t.epoch
          and (a.outcome is null or a.outcome = 'unknown') and a.delivery_id = any($2)
       returning a.delivery_id, a.outcome, t.lost),
     d as (
       update delivery set state = 'delivered', delivered_at = clock_timestamp(), delivered_by = 'pushed', next_try_at = null,
              reason = null, detail = null, changed_at = clock_timestamp()
        where id = any($3::bigint[] || array(select delivery_id from known where lost and outcome = 'delivered')) and state = any($4)
       returning message_id, reason, detail)
     select ${answeredColumns} from d join message m on m.id = d.message_id order by m.number`,
    [JSON.stringify(records), tries.map((one) => one.deliveryId), delivered, statesBefore('pushed', 'delivered')],
  );
  return rows;
}
