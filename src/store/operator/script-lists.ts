/** Lists that scripts turn the pages of: suppliers, the tries of a message, what the broker does not have yet. */
import type { AttemptRow } from '../messages.ts';
import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';
import { numberFits } from './suppliers.ts';

export interface NamedSupplier {
  readonly organisationNumber: string;
  readonly name: string;
  readonly language: 'sv' | 'en';
  /** The least id of its addresses: by which a person's organisation is named in a path. */
  readonly addressId: number | undefined;
  readonly supplierId: number;
}

/** In the order in which they were registered. @param find part of a name, or the beginning of a number @param opens as in `numberFits` */
export async function pageOfSuppliers(
  db: Db,
  look: {
    readonly find: string | undefined;
    readonly opens: boolean;
    readonly after: number | undefined;
    readonly limit: number;
  },
): Promise<NamedSupplier[]> {
  const { find, opens, after, limit } = look;
  const { rows } = await db.query<NullsOf<NamedSupplier>>(
    `select s.organisation_number as "organisationNumber", s.name, s.language, s.id as "supplierId",
            (select min(a.id) from address a where a.organisation_number = s.organisation_number) as "addressId"
       from supplier s
      where s.id > $1
        and ($2::text is null or position(lower($2) in lower(s.name)) > 0 or ${numberFits('s.organisation_number', '$3', '$5')})
      order by s.id limit $4`,
    [after ?? 0, find ?? null, find?.replaceAll(/[\s-]/g, '') ?? null, limit, opens],
  );
  return rows.map((row) => withoutNulls<NamedSupplier>(row));
}

export interface MessageTry extends AttemptRow {
  /** The number of the delivery, from 1. */
  readonly delivery: number;
}

/** All tries of a message, the newest first. @param after delivery and number of the last one of the page before */
export async function pageOfAttempts(
  db: Db,
  messageId: string,
  after: readonly [delivery: number, number: number] | undefined,
  limit: number,
): Promise<MessageTry[]> {
  const { rows } = await db.query<NullsOf<MessageTry>>(
    `select d.number as delivery, t.delivery_id as "deliveryId", t.number, t.started_at as "startedAt", t.finished_at as "finishedAt",
            t.outcome, t.fault, t.detail, t.status, t.excerpt, t.tls_version as "tlsVersion", t.cipher,
            t.peer_fingerprint as "peerFingerprint", t.connect_ms as "connectMs", t.tls_ms as "tlsMs",
            t.first_byte_ms as "firstByteMs", t.total_ms as "totalMs", t.remote_address as "remoteAddress"
       from delivery d join attempt t on t.delivery_id = d.id
      where d.message_id = $1 and (d.number, t.number) < ($2::bigint, $3::bigint)
      order by d.number desc, t.number desc limit $4`,
    [messageId, after?.[0] ?? Number.MAX_SAFE_INTEGER, after?.[1] ?? Number.MAX_SAFE_INTEGER, limit],
  );
  return rows.map((row) => withoutNulls<MessageTry>(row));
}

export interface Unsent {
  readonly id: number;
  /** `status`: an answer to KA. `dead`: a dead letter. */
  readonly queue: 'status' | 'dead';
  /** Which answer it is: `accepted`, `delivered` … */
  readonly answer: string | undefined;
  readonly documentNumber: string | undefined;
  readonly messageId: string | undefined;
  readonly deadLetterId: string | undefined;
  readonly createdAt: Date;
}

/** What the broker does not have yet, the oldest first; of answers what they are about, no more. */
export async function pageOfOutbox(db: Db, after: number, limit: number): Promise<Unsent[]> {
  const { rows } = await db.query<NullsOf<Unsent>>(
    `select id, queue, headers ->> 'answer' as answer, body::jsonb ->> 'messageId' as "messageId", dead_letter_id as "deadLetterId",
            headers ->> 'documentNumber' as "documentNumber", created_at as "createdAt"
       from outbox where sent_at is null and id > $1 order by id limit $2`,
    [after, limit],
  );
  return rows.map((row) => withoutNulls<Unsent>(row));
}
