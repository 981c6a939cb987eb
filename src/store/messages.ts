/** Messages as operators look at them. */
import type { DeliveryState } from '../domain/delivery.ts';
import type { Finding } from '../domain/fault.ts';
import type { MessageType } from '../domain/message.ts';
import { type NullsOf, withoutNulls } from './nulls.ts';
import type { Db } from './pool.ts';

export interface MessageFilter {
  readonly recipient?: string | undefined;
  readonly state?: DeliveryState | undefined;
  readonly messageType?: MessageType | undefined;
  readonly documentNumber?: string | undefined;
  /** Accepted at or after. */
  readonly since?: Date | undefined;
  /** Go on after the message with this number: the last one of the page before. */
  readonly after?: number | undefined;
  readonly limit: number;
}

export interface MessageRow {
  readonly id: string;
  /** The order of acceptance over all recipients; what pages go by. */
  readonly number: number;
  readonly recipient: string;
  readonly supplier: string | undefined;
  readonly address: string | undefined;
  readonly sequence: number;
  readonly environment: string;
  readonly messageType: MessageType;
  readonly documentNumber: string;
  readonly version: number;
  readonly acceptedAt: Date;
  readonly state: DeliveryState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly attempts: number;
  readonly nextTryAt: Date | undefined;
  readonly deliveredAt: Date | undefined;
}

const listed = `
  select m.id, m.number, m.organisation_number as recipient, s.name as supplier, a.name as address, m.sequence, m.environment,
         m.message_type as "messageType", m.document_number as "documentNumber", m.version, m.accepted_at as "acceptedAt",
         d.state, d.reason, d.detail, d.attempts, d.next_try_at as "nextTryAt", d.delivered_at as "deliveredAt"
    from message m join delivery d on d.message_id = m.id and d.current
    left join supplier s on s.organisation_number = m.organisation_number left join address a on a.id = d.lane_id`;

/** Newest first. A page is full when it has `limit` rows. */
export async function listMessages(db: Db, filter: MessageFilter): Promise<MessageRow[]> {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const where = (condition: string, value: unknown) => {
    if (value !== undefined) conditions.push(condition.replace('?', `$${values.push(value)}`));
  };
  where('m.organisation_number = ?', filter.recipient);
  where('d.state = ?', filter.state);
  where('m.message_type = ?', filter.messageType);
  where('m.document_number = ?', filter.documentNumber);
  where('m.accepted_at >= ?', filter.since);
  where('m.number < ?', filter.after);
  const { rows } = await db.query<NullsOf<MessageRow>>(
    `${listed} ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''} order by m.number desc limit $${values.push(filter.limit)}`,
    values,
  );
  return rows.map(withoutNulls<MessageRow>);
}

/** The messages that a person means: one id, or every version and type under a document number, oldest first. */
export async function findMessages(db: Db, reference: string, limit: number): Promise<MessageRow[]> {
  const isId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(reference);
  const { rows } = await db.query<NullsOf<MessageRow>>(
    `${listed} where ${isId ? 'm.id = $1' : 'm.document_number = $1'} order by m.number limit $2`,
    [reference, limit],
  );
  return rows.map(withoutNulls<MessageRow>);
}

export interface MessageDetails {
  readonly format: string;
  readonly mediaType: string;
  readonly documentSha256: string;
  readonly documentSize: number;
  readonly eventTime: string;
  readonly kaMessageId: string | undefined;
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
  /** An operator entered it, for this dead letter. */
  readonly enteredFor?: string | undefined;
  readonly replaces: string | undefined;
  readonly replacedBy: string | undefined;
  /** Breaches of business rules that were noted, not rejected. */
  readonly findings: readonly Finding[] | undefined;
  readonly envelope:
    | { readonly format: string; readonly sha256: string; readonly keyThumbprint: string; readonly sealedAt: Date }
    | undefined;
  /** Who was given its bytes, each certificate once, oldest first. */
  readonly collections: readonly CollectionRow[];
  /** Oldest first. */
  readonly deliveries: readonly DeliveryRow[];
}

export interface CollectionRow {
  readonly fingerprint: string;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly times: number;
  readonly remoteAddress: string | undefined;
}

export interface DeliveryRow {
  readonly id: number;
  readonly number: number;
  readonly current: boolean;
  readonly state: DeliveryState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly nextTryAt: Date | undefined;
  readonly deliveredAt: Date | undefined;
  readonly deliveredBy: string | undefined;
  /** The certificate that the receipt came with, and from where. */
  readonly receiptFingerprint: string | undefined;
  readonly receiptFrom: string | undefined;
  /** When its bytes were last fetched, since this delivery began. */
  readonly fetchedAt: Date | undefined;
  readonly address: string | undefined;
  /** Whose address it is, when it is not the recipient's own. */
  readonly agent?: string | undefined;
  readonly laneState: string | undefined;
  readonly laneReason: string | undefined;
  readonly laneDetail: string | undefined;
  readonly laneWakeAt: Date | undefined;
  readonly strict: boolean | undefined;
  readonly delivery: string | undefined;
  readonly attempts: readonly AttemptRow[];
}

export interface AttemptRow {
  readonly deliveryId: number;
  readonly number: number;
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
  readonly outcome: string | undefined;
  readonly fault: string | undefined;
  readonly detail: string | undefined;
  readonly status: number | undefined;
  readonly excerpt: string | undefined;
  readonly tlsVersion: string | undefined;
  readonly cipher: string | undefined;
  readonly peerFingerprint: string | undefined;
  /** Milliseconds from the start of the attempt to TCP (or a tunnel), TLS, the answer's first byte, and its end. */
  readonly connectMs: number | undefined;
  readonly tlsMs: number | undefined;
  readonly firstByteMs: number | undefined;
  readonly totalMs: number | undefined;
  readonly remoteAddress: string | undefined;
}

/** Everything that is on record about one message, but the document itself. The newest 200 attempts of each delivery. */
export async function readMessage(db: Db, id: string): Promise<MessageDetails | undefined> {
  const { rows } = await db.query<
    NullsOf<Omit<MessageDetails, 'envelope' | 'collections' | 'deliveries'> & EnvelopeColumns>
  >(
    `select m.format, m.media_type as "mediaType", encode(m.document_sha256, 'hex') as "documentSha256",
            m.document_size as "documentSize", m.event_time as "eventTime", m.ka_message_id as "kaMessageId",
            m.correlation_id as "correlationId", m.traceparent, m.findings, m.replaces,
            (select substring(f.broker_message_id from '^operator:([0-9a-f-]{36})') from frame f
              where f.message_id = m.id and f.verdict = 'message') as "enteredFor", r.id as "replacedBy",
            e.format as "envelopeFormat", encode(e.sha256, 'hex') as sha256, e.key_thumbprint as "keyThumbprint", e.sealed_at as "sealedAt"
       from message m left join envelope e on e.message_id = m.id left join message r on r.replaces = m.id where m.id = $1`,
    [id],
  );
  if (rows[0] === undefined) return undefined;
  const { envelopeFormat, sha256, keyThumbprint, sealedAt, ...rest } = withoutNulls<
    Omit<MessageDetails, 'envelope' | 'collections' | 'deliveries'> & EnvelopeColumns
  >(rows[0]);
  const envelope =
    envelopeFormat && sha256 && keyThumbprint && sealedAt
      ? { format: envelopeFormat, sha256, keyThumbprint, sealedAt }
      : undefined;
  return { ...rest, envelope, collections: await readCollections(db, id), deliveries: await readDeliveries(db, id) };
}

interface EnvelopeColumns {
  readonly envelopeFormat: string | undefined;
  readonly sha256: string | undefined;
  readonly keyThumbprint: string | undefined;
  readonly sealedAt: Date | undefined;
}

async function readCollections(db: Db, messageId: string): Promise<CollectionRow[]> {
  const { rows } = await db.query<NullsOf<CollectionRow>>(
    `select fingerprint, first_at as "firstAt", last_at as "lastAt", times, remote_address as "remoteAddress"
       from collection where message_id = $1 order by first_at, fingerprint`,
    [messageId],
  );
  return rows.map(withoutNulls<CollectionRow>);
}

async function readDeliveries(db: Db, messageId: string): Promise<DeliveryRow[]> {
  const { rows } = await db.query<NullsOf<Omit<DeliveryRow, 'attempts'>>>(
    `select d.id, d.number, d.current, d.state, d.reason, d.detail, d.created_at as "createdAt", d.changed_at as "changedAt",
            d.next_try_at as "nextTryAt", d.delivered_at as "deliveredAt", d.delivered_by as "deliveredBy", a.name as address,
            case when d.principal is not null then a.organisation_number end as agent, a.delivery, a.ordering = 'strict' as strict, l.state as "laneState", l.reason as "laneReason", l.detail as "laneDetail",
            l.wake_at as "laneWakeAt", r.fingerprint as "receiptFingerprint", r.remote_address as "receiptFrom",
            (select max(c.last_at) from collection c where c.message_id = d.message_id and c.last_at >= d.created_at) as "fetchedAt"
       from delivery d left join lane l on l.id = d.lane_id left join address a on a.id = d.lane_id
            left join receipt r on r.delivery_id = d.id
      where d.message_id = $1 order by d.number`,
    [messageId],
  );
  const { rows: tries } = await db.query<NullsOf<AttemptRow>>(
    `select * from (
       select delivery_id as "deliveryId", number, started_at as "startedAt", finished_at as "finishedAt", outcome, fault, detail,
              status, excerpt, tls_version as "tlsVersion", cipher, peer_fingerprint as "peerFingerprint",
              connect_ms as "connectMs", tls_ms as "tlsMs", first_byte_ms as "firstByteMs", total_ms as "totalMs",
              remote_address as "remoteAddress", row_number() over (partition by delivery_id order by number desc) as back
         from attempt where delivery_id = any($1)) t where back <= 200 order by "deliveryId", number`,
    [rows.map((row) => row.id)],
  );
  const attempts = tries.map(withoutNulls<AttemptRow>);
  return rows.map((row) => ({
    ...withoutNulls<Omit<DeliveryRow, 'attempts'>>(row),
    attempts: attempts.filter(({ deliveryId }) => deliveryId === row.id),
  }));
}
