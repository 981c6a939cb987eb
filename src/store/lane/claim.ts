/** Claiming what is due in a lane: read, seal, and one write that makes the attempts count before anything is on the wire. */
import type { EnvelopeFormat, Environment, MessageType } from '../../domain/message.ts';
import type { OrganisationNumber } from '../../domain/organisation-number.ts';
import type { Db, Pool } from '../pool.ts';
import type { Hold } from './take.ts';

/** Documents of one claim together, so that a window of large ones does not fill the memory; one is always taken. */
const windowBytes = 32 * 1024 * 1024;

export interface StoredEnvelope {
  readonly format: EnvelopeFormat;
  readonly head: string;
  readonly signature: string;
  /** Hex, of the whole envelope. */
  readonly sha256: string;
  readonly keyThumbprint: string;
}

export interface DueDelivery {
  readonly deliveryId: number;
  readonly failures: number;
  /** It was refused before, in a mass refusal that was taken back. */
  readonly refusedBefore: boolean;
  readonly messageId: string;
  readonly recipient: OrganisationNumber;
  readonly sequence: number;
  readonly environment: Environment;
  readonly messageType: MessageType;
  readonly documentNumber: string;
  readonly eventTime: string;
  readonly mediaType: string;
  readonly dataSchema: string;
  readonly documentSha256: string;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
  readonly document: Buffer;
  readonly envelope: StoredEnvelope | undefined;
}

/** Where the lane leads, as the register has it now. */
export interface LaneTarget {
  readonly lane: number;
  readonly url: string;
  /** For what is sealed from now on. */
  readonly envelopeFormat: EnvelopeFormat;
  readonly version: number;
  readonly concurrency: number;
  readonly ratePerSecond: number | null;
  readonly strict: boolean;
  readonly certificates: readonly { readonly fingerprint: string; readonly withdrawn: boolean }[];
  /** The newest registered certificate that the endpoint has shown, else the newest registered. */
  readonly certificate: string | undefined;
}

export interface Claimed {
  readonly deliveryId: number;
  readonly attempt: number;
}

/** @returns undefined when the address is not pushed to (any longer). */
export async function readTarget(db: Db, lane: number): Promise<LaneTarget | undefined> {
  const { rows } = await db.query<{
    url: string;
    envelope_format: EnvelopeFormat;
    version: number;
    concurrency: number;
    rate_per_second: number | null;
    ordering: string;
    certificates: LaneTarget['certificates'];
  }>(
    `select url, envelope_format, version, concurrency, rate_per_second, ordering,
            (select coalesce(json_agg(json_build_object('fingerprint', c.fingerprint, 'withdrawn', c.withdrawn_at is not null)
                      order by (c.withdrawn_at is not null), (a.first_shown_at is null), a.registered_at desc, c.fingerprint), '[]')
               from address_certificate a join certificate c using (fingerprint) where a.address_id = address.id) as certificates
       from address where id = $1 and delivery = 'push' and retired_at is null`,
    [lane],
  );
  const row = rows[0];
  if (!row) return undefined;
  const { certificates } = row;
  const strict = row.ordering === 'strict';
  return {
    lane,
    url: row.url,
    envelopeFormat: row.envelope_format,
    version: row.version,
    concurrency: strict ? 1 : row.concurrency,
    ratePerSecond: row.rate_per_second,
    strict,
    certificates,
    certificate: certificates.find((one) => !one.withdrawn)?.fingerprint,
  };
}

/** Which of what is due: the oldest; for a probe after a mass refusal the least tried, or a bad one would be tried for ever. */
export type DueOrder = 'oldest' | 'least-tried';

/** What is due, oldest first. A strict lane gives its oldest unfinished delivery or, if that one is not due, nothing. */
const dueIds = `
  select d.id, d.message_id, d.message_number, d.failures, d.attempts, coalesce(d.reason = 'mass-refusal', false) as refused_before
    from delivery d
   where d.lane_id = $1 and d.state = 'waiting' and d.next_try_at <= clock_timestamp()
     and (not $3 or not exists (
       select from delivery e
        where e.lane_id = $1 and e.state in ('waiting', 'refused', 'held') and e.message_number < d.message_number
          and e.reason is distinct from 'superseded'))
   order by case when $5 then d.attempts end, d.message_number
   limit $2`;

export async function readDue(
  db: Db,
  target: LaneTarget,
  limit: number,
  order: DueOrder = 'oldest',
): Promise<DueDelivery[]> {
  const { rows } = await db.query<
    Omit<DueDelivery, 'envelope'> & { [K in keyof StoredEnvelope]: StoredEnvelope[K] | null }
  >(
    `with due as (${dueIds}),
          sized as (select due.*, sum(m.document_size) over (order by due.message_number) - m.document_size as before
                      from due join message m on m.id = due.message_id)
     select sized.id as "deliveryId", sized.failures, sized.refused_before as "refusedBefore", m.id as "messageId", m.organisation_number as recipient, m.sequence, m.environment,
            m.message_type as "messageType", m.document_number as "documentNumber", m.event_time as "eventTime",
            m.media_type as "mediaType", m.data_schema as "dataSchema", encode(m.document_sha256, 'hex') as "documentSha256",
            m.correlation_id as "correlationId", m.traceparent, c.document,
            e.format, e.head, e.signature, encode(e.sha256, 'hex') as sha256, e.key_thumbprint as "keyThumbprint"
       from sized join message m on m.id = sized.message_id join content c on c.message_id = m.id
            left join envelope e on e.message_id = m.id
      where sized.before < $4
      order by sized.message_number`,
    [target.lane, limit, target.strict, windowBytes, order === 'least-tried'],
  );
  return rows.map(({ format, head, signature, sha256, keyThumbprint, ...due }) => ({
    ...due,
    envelope:
      format === null || head === null || signature === null || sha256 === null || keyThumbprint === null
        ? undefined
        : { format, head, signature, sha256, keyThumbprint },
  }));
}

/**
 * One transaction: the deliveries are sending, their attempts counted, their envelopes kept. The lane must still be held by
 * this epoch and lead where it led; else nothing is claimed. Power lost before the commit: nothing was sent. After it: the
 * attempt is on record and becomes “outcome unknown” when the lease runs out.
 * @param sealed new envelopes by message id; one that exists already wins over them.
 */
export async function writeClaim(
  pool: Pool,
  hold: Hold,
  target: LaneTarget,
  due: readonly DueDelivery[],
  sealed: ReadonlyMap<string, StoredEnvelope>,
): Promise<{ claimed: Claimed[]; envelopes: Map<string, StoredEnvelope> }> {
  return pool.transaction(async (db) => {
    // First the lock, then with a new snapshot where it leads: who changes an address holds its lane's row meanwhile.
    await db.query('select 1 from lane where id = $1 for no key update', [hold.lane]);
    const { rowCount: held } = await db.query(
      `update lane set lease_until = clock_timestamp() + $4 * interval '1 millisecond'
        from address
       where lane.id = $1 and lane.epoch = $2 and lane.holder = $3 and lane.state <> 'paused'
         and lane.lease_until > clock_timestamp()
         and address.id = lane.id and address.version = $5 and address.delivery = 'push' and address.retired_at is null`,
      [hold.lane, hold.epoch, hold.holder, hold.lease, target.version],
    );
    if (held === 0) return { claimed: [], envelopes: new Map() };
    const claimed = await makeSending(db, hold, due, [...sealed]);
    const sealedBefore = claimed.flatMap(({ messageId, kept }) => (!kept && sealed.has(messageId) ? [messageId] : []));
    const envelopes = new Map([...sealed, ...(await readEnvelopes(db, sealedBefore))]);
    return { claimed: claimed.map(({ deliveryId, attempt }) => ({ deliveryId, attempt })), envelopes };
  });
}

/** In one statement: the deliveries are sending, their attempts begun, and those of the sealed envelopes kept that have none yet. */
async function makeSending(
  db: Db,
  hold: Hold,
  due: readonly DueDelivery[],
  sealed: readonly (readonly [messageId: string, envelope: StoredEnvelope])[],
): Promise<(Claimed & { readonly messageId: string; readonly kept: boolean })[]> {
  const { rows } = await db.query<Claimed & { messageId: string; kept: boolean }>(
    `with claimed as (
       update delivery set state = 'sending', next_try_at = null, attempts = attempts + 1, changed_at = clock_timestamp()
        where id = any($1) and state = 'waiting' and lane_id = $2
       returning id, attempts, message_id),
     begun as (
       insert into attempt (delivery_id, number, lane_id, epoch, started_at)
       select id, attempts, $2, $3, clock_timestamp() from claimed),
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
      due.map((one) => one.deliveryId),
      hold.lane,
      hold.epoch,
      sealed.map(([id]) => id),
      sealed.map(([, one]) => one.format),
      sealed.map(([, one]) => one.head),
      sealed.map(([, one]) => one.signature),
      sealed.map(([, one]) => one.sha256),
      sealed.map(([, one]) => one.keyThumbprint),
    ],
  );
  return rows;
}

/** The envelopes that are on record for these messages. */
async function readEnvelopes(db: Db, messageIds: readonly string[]): Promise<[string, StoredEnvelope][]> {
  if (messageIds.length === 0) return [];
  const { rows } = await db.query<{ id: string } & StoredEnvelope>(
    `select message_id as id, format, head, signature, encode(sha256, 'hex') as sha256, key_thumbprint as "keyThumbprint" from envelope where message_id = any($1)`,
    [messageIds],
  );
  return rows.map(({ id, ...one }) => [id, one]);
}
