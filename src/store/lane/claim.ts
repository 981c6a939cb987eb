/** Claiming what is due in lanes: one write that makes the attempts count before anything is on the wire. */
import { mandatesLeft } from '../mandate-route.ts';
import type { Db } from '../pool.ts';
import type { DueDelivery, StoredEnvelope } from './due.ts';
import type { Hold } from './take.ts';
import type { LaneTarget } from './target.ts';

export interface Claimed {
  readonly deliveryId: number;
  readonly attempt: number;
}

export interface ClaimAsk {
  readonly hold: Hold;
  readonly target: LaneTarget;
  readonly due: readonly DueDelivery[];
  /** New envelopes by message id; one that exists already wins over them. */
  readonly sealed: ReadonlyMap<string, StoredEnvelope>;
}

export interface ClaimedWindow {
  readonly claimed: readonly Claimed[];
  /** Of those claimed for a principal: milliseconds until the agent may not have it any more, by delivery. */
  readonly left: ReadonlyMap<number, number>;
  /** Principals of which something was due here that no mandate covers now. Not claimed: it must go elsewhere. */
  readonly astray: readonly string[];
  /** Those of the sealed messages, as they are on record. */
  readonly envelopes: ReadonlyMap<string, StoredEnvelope>;
}

/**
 * In one transaction: the deliveries are sending, their attempts counted, their envelopes kept. Each lane must still be held by
 * its epoch and lead where it led; else nothing of it is claimed. Who ends a mandate holds the agent's lane meanwhile, so what
 * is read of mandates here is true until the commit, but for the hour. Power lost before the commit: nothing was sent. After it:
 * the attempts are on record and become “outcome unknown” when the lease runs out.
 */
export async function writeClaims(db: Db, asks: readonly ClaimAsk[]): Promise<ClaimedWindow[]> {
  const held = await stillHeld(db, asks);
  const live = asks.filter(({ hold }) => held.has(hold.holder));
  const foreign = await readForeign(db, live);
  const rows = await makeSending(
    db,
    live.map((ask) => ({ ...ask, due: ask.due.filter(({ deliveryId }) => !foreign.stray.has(deliveryId)) })),
  );
  const sealedBefore = rows.flatMap(({ messageId, kept }) =>
    !kept && asks.some(({ sealed }) => sealed.has(messageId)) ? [messageId] : [],
  );
  const onRecord = await readEnvelopes(db, sealedBefore);
  const attempts = new Map(rows.map(({ deliveryId, attempt }) => [deliveryId, attempt]));
  return asks.map(({ hold, due, sealed }) => {
    if (!held.has(hold.holder)) return { claimed: [], left: new Map(), astray: [], envelopes: new Map() };
    const strays = due.flatMap(({ deliveryId }) => foreign.stray.get(deliveryId) ?? []);
    return {
      left: foreign.left,
      astray: [...new Set(strays)],
      claimed: due.flatMap(({ deliveryId }) => {
        const attempt = attempts.get(deliveryId);
        return attempt === undefined ? [] : [{ deliveryId, attempt }];
      }),
      envelopes: new Map([...sealed].map(([id, envelope]) => [id, onRecord.get(id) ?? envelope])),
    };
  });
}

/** The holders, each its own, that have their lanes; the leases begin anew. */
async function stillHeld(db: Db, asks: readonly ClaimAsk[]): Promise<Set<string>> {
  const lanes = asks.map(({ hold }) => hold.lane);
  // First the locks, then with a new snapshot where the lanes lead: who changes an address holds its lane's row meanwhile.
  await db.query('select 1 from lane where id = any($1) order by id for no key update', [lanes]);
  const { rows } = await db.query<{ holder: string }>(
    `update lane set lease_until = clock_timestamp() + asked.lease * interval '1 millisecond'
       from unnest($1::bigint[], $2::bigint[], $3::text[], $4::float8[], $5::bigint[]) as asked (lane, epoch, holder, lease, version), address
      where lane.id = asked.lane and lane.epoch = asked.epoch and lane.holder = asked.holder and lane.state <> 'paused'
        and lane.lease_until > clock_timestamp()
        and address.id = lane.id and address.version = asked.version and address.delivery = 'push' and address.retired_at is null
     returning lane.holder`,
    [
      lanes,
      asks.map(({ hold }) => hold.epoch),
      asks.map(({ hold }) => hold.holder),
      asks.map(({ hold }) => hold.lease),
      asks.map(({ target }) => target.version),
    ],
  );
  return new Set(rows.map(({ holder }) => holder));
}

interface Foreign {
  /** Milliseconds, by delivery. */
  readonly left: ReadonlyMap<number, number>;
  /** The principal, by delivery. */
  readonly stray: ReadonlyMap<number, string>;
}

/** What of others lies in these windows, and how long it may be sent. One statement, and none for windows without such. */
async function readForeign(db: Db, asks: readonly ClaimAsk[]): Promise<Foreign> {
  const foreign = asks.flatMap(({ hold: { lane }, due }) =>
    due.flatMap(({ deliveryId, principal, messageType }) =>
      principal === null ? [] : [{ deliveryId, lane, principal, messageType }],
    ),
  );
  const left = new Map<number, number>();
  const stray = new Map<number, string>();
  for (const [index, milliseconds] of (await mandatesLeft(db, foreign)).entries()) {
    const { deliveryId, principal } = foreign[index] as (typeof foreign)[number];
    if (milliseconds === undefined) stray.set(deliveryId, principal);
    else left.set(deliveryId, milliseconds);
  }
  return { left, stray };
}

type Sending = Claimed & { readonly messageId: string; readonly kept: boolean };

/** In one statement: the deliveries are sending, their attempts begun, and those of the sealed envelopes kept that have none yet. */
async function makeSending(db: Db, asks: readonly ClaimAsk[]): Promise<Sending[]> {
  if (asks.length === 0) return [];
  const due = asks.flatMap((ask) => ask.due.map(({ deliveryId }) => ({ deliveryId, hold: ask.hold })));
  const sealed = asks.flatMap((ask) => [...ask.sealed]);
  const { rows } = await db.query<Sending>(
    `with asked as (select * from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as t (delivery, lane, epoch)),
     claimed as (
       update delivery set state = 'sending', next_try_at = null, attempts = attempts + 1, changed_at = clock_timestamp()
         from asked
        where delivery.id = any($1) and delivery.id = asked.delivery and delivery.state = $10 and delivery.lane_id = asked.lane
       returning delivery.id, delivery.attempts, delivery.message_id, delivery.lane_id, asked.epoch),
     begun as (
       insert into attempt (delivery_id, number, lane_id, epoch, started_at)
       select id, attempts, lane_id, epoch, clock_timestamp() from claimed),
     kept as (
       insert into envelope (message_id, format, head, signature, sha256, key_thumbprint)
       select message_id, format, head, signature, decode(sha256, 'hex'), thumbprint
         from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
              as t (message_id, format, head, signature, sha256, thumbprint)
        where message_id in (select message_id from claimed)
       on conflict do nothing
       returning message_id)
     select id as "deliveryId", attempts as attempt, message_id as "messageId",
            message_id in (select message_id from kept) as kept from claimed`,
    [
      due.map(({ deliveryId }) => deliveryId),
      due.map(({ hold }) => hold.lane),
      due.map(({ hold }) => hold.epoch),
      sealed.map(([id]) => id),
      sealed.map(([, one]) => one.format),
      sealed.map(([, one]) => one.head),
      sealed.map(([, one]) => one.signature),
      sealed.map(([, one]) => one.sha256),
      sealed.map(([, one]) => one.keyThumbprint),
      // Not a word of the statement: a plan made while little waits would go through all that waits, for it knows an index of that.
      'waiting',
    ],
  );
  return rows;
}

/** The envelopes that are on record for these messages. */
async function readEnvelopes(db: Db, messageIds: readonly string[]): Promise<Map<string, StoredEnvelope>> {
  if (messageIds.length === 0) return new Map();
  const { rows } = await db.query<{ id: string } & StoredEnvelope>(
    `select message_id as id, format, head, signature, encode(sha256, 'hex') as sha256, key_thumbprint as "keyThumbprint" from envelope where message_id = any($1)`,
    [messageIds],
  );
  return new Map(rows.map(({ id, ...one }) => [id, one]));
}
