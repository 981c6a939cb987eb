/** Numbers, messages, documents and first deliveries of a batch. */
import type { FaultCode } from '../../domain/fault.ts';
import { runs } from '../mandate-route.ts';
import type { Db } from '../pool.ts';
import { storableJson } from '../storable.ts';
import { voidFirstNumbers } from '../void-ranges.ts';
import type { CheckedFrame } from './frames.ts';

export interface NewMessage {
  readonly id: string;
  readonly version: number;
  readonly replaces: string | undefined;
  readonly frame: CheckedFrame;
}

export interface StoredState {
  readonly sequence: number;
  readonly state: 'waiting' | 'held';
  readonly reason: FaultCode | undefined;
}

/**
 * Writes the batch's messages in order. Counters are locked in order of organisation number (any other order deadlocks),
 * and before addresses are looked up: an import of a supplier takes the same lock, so none of its messages is missed.
 * @returns the lanes that got something to do, and what each message became.
 */
export async function insertMessages(
  db: Db,
  messages: readonly NewMessage[],
): Promise<{ lanes: number[]; states: Map<string, StoredState> }> {
  if (messages.length === 0) return { lanes: [], states: new Map() };
  const sequences = await takeNumbers(db, messages);
  const ways = await findWays(db, messages);
  const targets = messages.map(ways);
  await writeMessages(db, messages, sequences, targets);
  const states = new Map(
    messages.map(({ id }, i): [string, StoredState] => {
      const target = targets[i] as Way | FaultCode;
      const sequence = sequences[i] as number;
      if (typeof target === 'string') return [id, { sequence, state: 'held', reason: target }];
      return [id, { sequence, state: 'waiting', reason: undefined }];
    }),
  );
  const lanes = new Set(targets.flatMap((target) => (typeof target === 'object' ? target.lane : [])));
  return { lanes: [...lanes].sort((a, b) => a - b), states };
}

/** One number each, in the order of the batch, from its recipient's counter. */
async function takeNumbers(db: Db, messages: readonly NewMessage[]): Promise<number[]> {
  const counts = new Map<string, number>();
  for (const { frame } of messages) counts.set(frame.key.recipient, (counts.get(frame.key.recipient) ?? 0) + 1);
  const { rows } = await db.query<{ organisation_number: string; counter: number }>(
    `insert into recipient as r (organisation_number, counter)
     select * from unnest($1::text[], $2::bigint[]) as t (organisation, taken) order by organisation
     on conflict (organisation_number) do update set counter = r.counter + excluded.counter
     returning organisation_number, counter`,
    [[...counts.keys()], [...counts.values()]],
  );
  const before = (row: { organisation_number: string; counter: number }) =>
    row.counter - (counts.get(row.organisation_number) ?? 0);
  // Of those who never had a number. A counter that a restored database has moved is not 0.
  const first = rows.filter((row) => before(row) === 0).map((row) => row.organisation_number);
  const voided = await voidFirstNumbers(db, first);
  const next = new Map(
    rows.map((row) => [row.organisation_number, before(row) + (voided.get(row.organisation_number) ?? 0)]),
  );
  return messages.map(({ frame }) => {
    const sequence = (next.get(frame.key.recipient) ?? 0) + 1;
    next.set(frame.key.recipient, sequence);
    return sequence;
  });
}

/** Where a message goes. */
interface Way {
  readonly lane: number;
  /** It is an agent's lane, and the message this principal's. */
  readonly principal: string | null;
}

interface WayRow {
  id: number;
  recipient: string;
  environment: string;
  message_types: string[];
  scope: string[] | null;
}

/** For each message its way, or why there is none. In one statement: own addresses, then those of agents whose mandate runs. */
async function findWays(db: Db, messages: readonly NewMessage[]): Promise<(message: NewMessage) => Way | FaultCode> {
  const { rows } = await db.query<WayRow>(
    `(select id, organisation_number as recipient, environment, message_types, null::text[] as scope from address
       where organisation_number = any($1) and retired_at is null order by id)
     union all
     select a.id, x.principal, a.environment, a.message_types, x.message_types
       from mandate x join address a on a.id = x.address_id
      where x.principal = any($1) and ${runs('x')} and a.retired_at is null`,
    [[...new Set(messages.map(({ frame }) => frame.key.recipient))]],
  );
  return ({ frame: { key, environment } }) => {
    const known = rows.filter((row) => row.recipient === key.recipient && row.environment === environment);
    if (known.length === 0) return 'no-address';
    const takes = (types: readonly string[] | null) => types === null || types.includes(key.messageType);
    const found = known.find((row) => takes(row.message_types) && takes(row.scope));
    if (found === undefined) return 'type-not-agreed';
    return { lane: found.id, principal: found.scope === null ? null : key.recipient };
  };
}

/** In one statement: the messages, their documents and their first deliveries, in the order of the batch. */
async function writeMessages(
  db: Db,
  messages: readonly NewMessage[],
  sequences: readonly number[],
  targets: readonly (Way | FaultCode)[],
): Promise<void> {
  const column = <T>(pick: (message: NewMessage) => T): T[] => messages.map(pick);
  const documents = column(({ frame }) => frame.document);
  let end = 1;
  const starts = documents.map(({ length }) => (end += length) - length);
  // The documents go over as one value, in the bytes that they are; as values of an array each would be written out in hex.
  await db.query(
    `with given as (
       select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::int[], $8::uuid[], $9::text[],
                            $10::text[], $11::text[], $12::bytea[], $13::int[], $14::text[], $15::text[], $16::numeric[], $17::text[],
                            $18::text[], $19::text[], $20::text[], $21::int[], $22::bigint[], $23::text[], $25::text[]) with ordinality
              as t (id, organisation, sequence, environment, type, number, version, replaces, format, media, schema, sha256, size,
                    event_time, currency, total, ka, correlation, trace, findings, start, lane, reason, principal, place)),
     written as (
       insert into message (id, organisation_number, sequence, environment, message_type, document_number, version, replaces, format,
                            media_type, data_schema, document_sha256, document_size, event_time, event_at, currency, total,
                            ka_message_id, correlation_id, traceparent, findings)
       select id, organisation, sequence, environment, type, number, version, replaces, format, media, schema, sha256, size,
              event_time, event_time::timestamptz, currency, total, ka, correlation, trace, findings::jsonb
         from given order by place
       returning id, number),
     kept as (
       insert into content (message_id, document) select id, substring($24::bytea from start for size) from given)
     insert into delivery (message_id, message_number, number, lane_id, principal, state, reason, next_try_at)
     select given.id, written.number, 1, given.lane, given.principal, case when given.lane is null then 'held' else 'waiting' end, given.reason,
            case when given.lane is not null then clock_timestamp() end
       from given join written on written.id = given.id order by given.place`,
    [
      column((m) => m.id),
      column((m) => m.frame.key.recipient),
      sequences,
      column((m) => m.frame.environment),
      column((m) => m.frame.key.messageType),
      column((m) => m.frame.key.documentNumber),
      column((m) => m.version),
      column((m) => m.replaces),
      column((m) => m.frame.format),
      column((m) => m.frame.mediaType),
      column((m) => m.frame.dataSchema),
      column((m) => m.frame.bodySha256),
      documents.map(({ length }) => length),
      column((m) => m.frame.eventTime),
      column((m) => m.frame.currency),
      column((m) => m.frame.total),
      column((m) => m.frame.kaMessageId),
      column((m) => m.frame.correlationId),
      column((m) => m.frame.traceparent),
      column(({ frame: { findings = [] } }) => (findings.length > 0 ? storableJson(findings) : null)),
      starts,
      targets.map((target) => (typeof target === 'object' ? target.lane : null)),
      targets.map((target) => (typeof target === 'string' ? target : null)),
      Buffer.concat(documents),
      targets.map((target) => (typeof target === 'object' ? target.principal : null)),
    ],
  );
}
