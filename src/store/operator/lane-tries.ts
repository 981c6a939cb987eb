/** What was tried over a lane, what will be, and who did what with it: for the page of one supplier. */
import type { AttemptRow } from '../messages.ts';
import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';

export interface LaneTry extends AttemptRow {
  readonly laneId: number;
  readonly messageId: string;
  readonly documentNumber: string;
}

const columns = `t.delivery_id as "deliveryId", t.number, t.lane_id as "laneId", t.started_at as "startedAt", t.finished_at as "finishedAt",
  t.outcome, t.fault, t.detail, t.status, t.excerpt, t.tls_version as "tlsVersion", t.cipher, t.peer_fingerprint as "peerFingerprint",
  t.connect_ms as "connectMs", t.tls_ms as "tlsMs", t.first_byte_ms as "firstByteMs", t.total_ms as "totalMs",
  t.remote_address as "remoteAddress", m.id as "messageId", m.document_number as "documentNumber"`;

/**
 * The newest tries over a lane, newest first: those that failed, by their index, those under way, and those of the newest messages of
 * the organisation, which are the ones that went well. (No index finds what went well by lane: it would cost each delivery.)
 */
export async function readTries(
  db: Db,
  laneId: number,
  {
    organisationNumber,
    since,
    limit,
  }: { readonly organisationNumber: string; readonly since: Date; readonly limit: number },
): Promise<LaneTry[]> {
  const { rows } = await db.query<NullsOf<LaneTry>>(
    `with failed as (
       select delivery_id, number from attempt
        where lane_id = $1 and outcome is not null and outcome <> 'delivered' and finished_at > $3 order by finished_at desc limit $4),
     open as (select delivery_id, number from attempt where lane_id = $1 and outcome is null limit $4),
     newest as (select id from message where organisation_number = $2 order by sequence desc limit $4),
     well as (
       select t.delivery_id, t.number from newest n join delivery d on d.message_id = n.id and d.current
         join attempt t on t.delivery_id = d.id
        where t.lane_id = $1 and t.outcome = 'delivered' and t.started_at > $3),
     all_of_them as (select * from failed union select * from open union select * from well)
     select ${columns}
       from all_of_them x join attempt t on t.delivery_id = x.delivery_id and t.number = x.number
       join delivery d on d.id = t.delivery_id join message m on m.id = d.message_id
      order by t.started_at desc, t.delivery_id desc limit $4`,
    [laneId, organisationNumber, since, limit],
  );
  return rows.map(withoutNulls<LaneTry>);
}

/** When messages of a lane are to be tried next, each time once, the soonest first: those with a time of their own ahead. */
export async function readPlanned(db: Db, laneId: number, after: Date, limit: number): Promise<Date[]> {
  const { rows } = await db.query<{ at: Date }>(
    `select next_try_at as at from delivery where lane_id = $1 and state = 'waiting' and next_try_at > $2
      order by next_try_at limit $3`,
    [laneId, after, limit],
  );
  return rows.map(({ at }) => at);
}

export interface WaitingMessage {
  readonly id: string;
  readonly documentNumber: string;
  readonly messageType: string;
  readonly sequence: number;
  readonly acceptedAt: Date;
  readonly attempts: number;
  readonly nextTryAt: Date | undefined;
}

/** The oldest that wait in a lane. */
export async function readWaiting(db: Db, laneId: number, limit: number): Promise<WaitingMessage[]> {
  const { rows } = await db.query<Omit<WaitingMessage, 'nextTryAt'> & { nextTryAt: Date | null }>(
    `select m.id, m.document_number as "documentNumber", m.message_type as "messageType", m.sequence, m.accepted_at as "acceptedAt",
            d.attempts, d.next_try_at as "nextTryAt"
       from delivery d join message m on m.number = d.message_number
      where d.lane_id = $1 and d.state = 'waiting' order by d.message_number limit $2`,
    [laneId, limit],
  );
  return rows.map((row) => ({ ...row, nextTryAt: row.nextTryAt ?? undefined }));
}

export interface HistoryRow {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | undefined;
}

/** What people did to a supplier, its addresses, orders and certificates, newest first. */
export async function readHistory(db: Db, organisationNumber: string, limit: number): Promise<HistoryRow[]> {
  const { rows } = await db.query<Omit<HistoryRow, 'reason'> & { reason: string | null }>(
    // “0” is what follows “/”: all below the supplier, by the index of subjects.
    `select id, at, actor, action, subject, reason from audit
      where subject ~>=~ $1 and subject ~<~ ($1 || '0') and (subject = $1 or starts_with(subject, $1 || '/'))
      order by id desc limit $2`,
    [`supplier/${organisationNumber}`, limit],
  );
  return rows.map((row) => ({ ...row, reason: row.reason ?? undefined }));
}
