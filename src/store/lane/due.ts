/** What is due in lanes, with its document and the envelope that it was sealed in before. */
import type { EnvelopeFormat, Environment, MessageType } from '../../domain/message.ts';
import type { OrganisationNumber } from '../../domain/organisation-number.ts';
import type { Db } from '../pool.ts';
import type { LaneTarget } from './target.ts';

/** Documents that are read together, so that windows of large ones do not fill the memory; each lane gets one at least. */
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
  /** The lane leads to this organisation's agent, and may have it while the mandate runs; null: it is the lane's own. */
  readonly principal: string | null;
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

/** Which of what is due: the oldest; for a probe after a mass refusal the least tried, or a bad one would be tried for ever. */
export type DueOrder = 'oldest' | 'least-tried';

export interface DueAsk {
  readonly target: LaneTarget;
  /** Deliveries at most. */
  readonly limit: number;
  readonly order: DueOrder;
}

type DueRow = Omit<DueDelivery, 'envelope'> & {
  /** Of the ask, from 1. */
  readonly place: number;
} & { readonly [K in keyof StoredEnvelope]: StoredEnvelope[K] | null };

/** What each lane has due, oldest first. A strict lane gives its oldest unfinished delivery or, if that one is not due, nothing. */
export async function readDue(db: Db, asks: readonly DueAsk[]): Promise<DueDelivery[][]> {
  const found = new Map<DueAsk, DueDelivery[]>(asks.map((ask) => [ask, []]));
  // Apart: an order that depends on a value cannot be read from an index.
  for (const order of ['oldest', 'least-tried'] as const) {
    const alike = asks.filter((ask) => ask.order === order);
    if (alike.length === 0) continue;
    for (const row of await readRows(db, alike, order, Math.floor(windowBytes / asks.length))) {
      const ask = alike[row.place - 1];
      if (ask) found.get(ask)?.push(dueDelivery(row));
    }
  }
  return [...found.values()];
}

const orders: Readonly<Record<DueOrder, string>> = {
  oldest: 'd.message_number',
  'least-tried': 'd.attempts, d.message_number',
};

async function readRows(db: Db, asks: readonly DueAsk[], order: DueOrder, bytes: number): Promise<DueRow[]> {
  const { rows } = await db.query<DueRow>(
    `with asked as (select * from unnest($1::bigint[], $2::int[], $3::boolean[]) with ordinality as t (lane, most, strict, place)),
          due as (
            select d.*, asked.place
              from asked cross join lateral (
                select d.id, d.message_id, d.message_number, d.principal, d.failures, coalesce(d.reason = 'mass-refusal', false) as refused_before
                  from delivery d
                 where d.lane_id = asked.lane and d.state = 'waiting' and d.next_try_at <= clock_timestamp()
                   and (not asked.strict or not exists (
                     select from delivery e
                      where e.lane_id = asked.lane and e.state = 'waiting' and e.message_number < d.message_number)
                   and not exists (
                     select from delivery e
                      where e.lane_id = asked.lane and e.state in ('refused', 'held') and e.message_number < d.message_number
                        and e.reason is distinct from 'superseded'))
                 order by ${orders[order]}
                 limit asked.most) d),
          sized as (select due.*, sum(m.document_size) over (partition by due.place order by due.message_number) - m.document_size as before
                      from due join message m on m.id = due.message_id)
     select sized.place, sized.id as "deliveryId", sized.failures, sized.refused_before as "refusedBefore", sized.principal, m.id as "messageId",
            m.organisation_number as recipient, m.sequence, m.environment,
            m.message_type as "messageType", m.document_number as "documentNumber", m.event_time as "eventTime",
            m.media_type as "mediaType", m.data_schema as "dataSchema", encode(m.document_sha256, 'hex') as "documentSha256",
            m.correlation_id as "correlationId", m.traceparent, c.document,
            e.format, e.head, e.signature, encode(e.sha256, 'hex') as sha256, e.key_thumbprint as "keyThumbprint"
       from sized join message m on m.id = sized.message_id join content c on c.message_id = m.id
            left join envelope e on e.message_id = m.id
      where sized.before < $4
      order by sized.message_number`,
    [
      asks.map(({ target }) => target.lane),
      asks.map(({ limit }) => limit),
      asks.map(({ target }) => target.strict),
      bytes,
    ],
  );
  return rows;
}

function dueDelivery({ place: _place, format, head, signature, sha256, keyThumbprint, ...due }: DueRow): DueDelivery {
  return {
    ...due,
    envelope:
      format === null || head === null || signature === null || sha256 === null || keyThumbprint === null
        ? undefined
        : { format, head, signature, sha256, keyThumbprint },
  };
}
