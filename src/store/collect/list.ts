/** What lies in a mailbox. */
import type { MessageType } from '../../domain/message.ts';
import type { Db } from '../pool.ts';
import { covered, type Mailbox } from './box.ts';

export interface Listed {
  readonly id: string;
  readonly sequence: number;
  readonly messageType: MessageType;
  readonly documentNumber: string;
  readonly eventTime: string;
  readonly mediaType: string;
  /** Lower-case hex. */
  readonly documentSha256: string;
  /** Bytes of the document. */
  readonly documentSize: number;
}

/**
 * The oldest messages without a receipt that may be fetched: those that wait or are being pushed, and those that were pushed
 * too often. Read from indexes in the order of the numbers, so a page costs as many rows as it has, however full the box is.
 * @param after a sequence number; only what comes after it. Decimal digits: it may be larger than a number can be.
 * @returns one row more than `limit` when there is more
 */
export async function listMailbox(db: Db, box: Mailbox, after: string, limit: number): Promise<Listed[]> {
  // Each message by itself: joined, the condition beside it would tempt PostgreSQL to read all of the organisation's.
  // Numbers are given in the order of acceptance, so the order of `number` is that of a recipient's sequence.
  const { rows } = await db.query<Listed & Record<string, unknown>>(
    `with start as materialized (
       select coalesce((select number from message where organisation_number = $2 and sequence <= $3
                         order by sequence desc limit 1), 0) as number)
     select m.id, m.sequence, m.message_type as "messageType", m.document_number as "documentNumber", m.event_time as "eventTime",
            m.media_type as "mediaType", encode(m.document_sha256, 'hex') as "documentSha256", m.document_size as "documentSize"
       from (select d.message_id, d.message_number
               from unnest($1::bigint[]) as box (lane)
              cross join lateral (${box.agent === true ? oldestForPrincipal : oldestOwn}) d
              order by d.message_number limit $4) page
      cross join lateral (select * from message where id = page.message_id limit 1) m
      where m.organisation_number = $2
      order by page.message_number`,
    [box.addresses, box.organisationNumber, clamped(after), limit + 1],
  );
  return rows;
}

/** SQL: so many as were asked for of what lies in `box.lane`. */
const inOrder = 'd.message_number > (select number from start) order by d.message_number limit $4';

/** SQL: the organisation's own. Its principals' lie among them: those that wait have an index without them. */
const oldestOwn = ["state = 'waiting'", "state = 'sending'", "state = 'held' and reason = 'schedule-spent'"]
  .map(
    (state) =>
      `(select message_id, message_number from delivery d where lane_id = box.lane and ${state} and d.principal is null and ${inOrder})`,
  )
  .join(' union all ');

/**
 * SQL: those of a principal, from an index by principal and state. The state is no literal: else PostgreSQL may hold that reading all that
 * waits in the lane, whoever's it is, costs as little, and at an agent of many it does not.
 */
const oldestForPrincipal = `
  select each.message_id, each.message_number from unnest('{waiting,sending,held}'::text[]) as wanted (state)
   cross join lateral (
     select message_id, message_number from delivery d
      where lane_id = box.lane and d.principal = $2 and d.state = wanted.state and d.state in ('waiting', 'sending', 'held', 'refused')
        and (d.state <> 'held' or d.reason = 'schedule-spent')
        and coalesce((select ${covered('d.lane_id', '$2')} from message m where m.id = d.message_id limit 1), false) and ${inOrder}) each`;

/** No sequence is larger than a bigint. */
function clamped(digits: string): string {
  const most = 2n ** 63n - 1n;
  const number = BigInt(digits);
  return String(number > most ? most : number);
}
