/**
 * Messages as the console lists them. Each page looks at so many rows at most, whatever lies in the book: where the filters let
 * little through, it says how far it has looked, and the next page goes on from there.
 */
import type { DeliveryState } from '../../domain/delivery.ts';
import type { MessageType } from '../../domain/message.ts';
import type { MessageRow } from '../messages.ts';
import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';
import { candidatesFit, candidatesOf, given } from './message-candidates.ts';
import { numberAt, sequenceAt } from './number-at.ts';

export interface ListedFilter {
  readonly state?: DeliveryState | undefined;
  readonly messageType?: MessageType | undefined;
  /** Organisation number of the recipient. */
  readonly supplier?: string | undefined;
  /** Why it stands still; of one that waits in a lane that does not flow: why the lane does. */
  readonly fault?: string | undefined;
  readonly documentNumber?: string | undefined;
  /** Accepted at or after, and before. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** As `next` said. */
  readonly after?: number | undefined;
}

export interface ListedPage {
  /** Newest first. */
  readonly rows: readonly ListedMessage[];
  /** What the next page goes on after; undefined: there is no more. */
  readonly next: number | undefined;
  /** The page is not full, and there may be more that is older than this. */
  readonly lookedBackTo: Date | undefined;
}

export interface ListedMessage extends MessageRow {
  /** Of one that waits: whether, and why, its lane does not flow. */
  readonly laneState: string | undefined;
  readonly laneReason: string | undefined;
}

const columns = `m.id, m.number, m.organisation_number as recipient, s.name as supplier, a.name as address, m.sequence, m.environment,
  m.message_type as "messageType", m.document_number as "documentNumber", m.version, m.accepted_at as "acceptedAt",
  d.state, d.reason, d.detail, d.attempts, d.next_try_at as "nextTryAt", d.delivered_at as "deliveredAt",
  l.state as "laneState", l.reason as "laneReason"`;
// Looked up for each number: else a plan may walk the messages, in their order, and look for each among the numbers.
const joined = `cross join lateral (select * from message where number = c.number limit 1) m join delivery d on d.message_id = m.id and d.current
  left join supplier s on s.organisation_number = m.organisation_number left join address a on a.id = d.lane_id
  left join lane l on l.id = d.lane_id`;

/** How many rows a page looks at, at most; but as many as it shows of each lane that has any. */
export const mostLookedAt = 3_000;

/** Above every number. */
const highest = Number.MAX_SAFE_INTEGER;

/** @param limit rows of a page */
export async function listForOperators(db: Db, filter: ListedFilter, limit: number): Promise<ListedPage> {
  const { from, to, messageType, state, supplier, fault, documentNumber, after } = filter;
  const wanted = { state, supplier, fault, documentNumber };
  const exact = candidatesFit(wanted) && [messageType, from, to].every((one) => one === undefined);
  const most = exact ? limit + 1 : mostLookedAt;
  const before = after ?? highest;
  const last = to === undefined ? highest : await numberAt(db, 'message', to, 1);
  const bounded = supplier !== undefined && Math.min(before, last) < highest;
  const { rows } = await db.query<NullsOf<ListedMessage> & Counts>(
    `with candidate as materialized (${candidatesOf(wanted, { most, ofLane: limit + 1 })}),
       far as materialized (select max(number) filter (where last) as floor from candidate),
       c as materialized (select distinct number from candidate where number < ${given.before} and number >= ${given.least}
                             and number <= ${given.most} and number >= coalesce((select floor from far), 0)
                           order by number desc limit ${most}),
       found as (select ${columns} from c ${joined}
                  where ($8::text is null or d.state = $8) and ($9::text is null or m.message_type = $9)
                    and (${given.supplier} is null or m.organisation_number = ${given.supplier} and m.sequence < ${given.sequence})
                    and (${given.document} is null or m.document_number = ${given.document})
                    and ($10::timestamptz is null or m.accepted_at >= $10) and ($11::timestamptz is null or m.accepted_at < $11)
                    and (${given.fault} is null
                         or case when d.state = 'waiting' and l.state <> 'flowing' then l.reason else d.reason end = ${given.fault})
                  order by c.number desc limit $12),
       looked as (select count(*) >= ${most} or (select floor from far) is not null as more, min(number) as last from c)
     select found.*, looked.more, looked.last, (select accepted_at from message where number = looked.last) as "lastAt"
       from looked left join found on true order by found.number desc`,
    [
      before,
      from === undefined ? 0 : await numberAt(db, 'message', from, -1),
      last,
      supplier ?? null,
      fault ?? null,
      documentNumber ?? null,
      bounded ? await sequenceAt(db, supplier, Math.min(before, last + 1)) : highest,
      state ?? null,
      messageType ?? null,
      from ?? null,
      to ?? null,
      limit + 1,
    ],
  );
  const [first] = rows;
  const all = rows.filter(({ id }) => id !== null).map(withoutCounts);
  if (all.length > limit) return { rows: all.slice(0, limit), next: all[limit - 1]?.number, lookedBackTo: undefined };
  // Older ones were not looked at.
  const more = first?.more ?? false;
  return {
    rows: all,
    next: more ? (first?.last ?? undefined) : undefined,
    lookedBackTo: more ? (first?.lastAt ?? undefined) : undefined,
  };
}

interface Counts {
  readonly more: boolean;
  readonly last: number | null;
  readonly lastAt: Date | null;
}

function withoutCounts(row: NullsOf<ListedMessage> & Counts): ListedMessage {
  const { more: _more, last: _last, lastAt: _lastAt, ...rest } = row;
  return withoutNulls<ListedMessage>(rest);
}

/** By its exact document number, newest first; or by how that begins, in its order. */
export async function findByNumber(
  db: Db,
  text: string,
  how: 'exact' | 'begins',
  limit: number,
): Promise<MessageRow[]> {
  const { rows } = await db.query<NullsOf<ListedMessage>>(
    how === 'exact'
      ? `select ${columns} from (select number from message where document_number = $1 order by number desc limit $2) c ${joined}
          order by c.number desc`
      : // Bytes, not letters: the last character that there is stands behind everything that begins so.
        `select ${columns} from (select number from message where document_number ~>=~ $1 and document_number ~<~ $3
            order by document_number using ~<~ limit $2) c ${joined} order by m.document_number, c.number desc`,
    how === 'exact' ? [text, limit] : [text, limit, `${text}\u{10ffff}`],
  );
  return rows.map((row) => withoutNulls<ListedMessage>(row));
}

export interface FoundSupplier {
  readonly organisationNumber: string;
  readonly name: string;
}

/** Suppliers by a part of their name, or their number; those whose name begins so first. */
export async function findSuppliers(db: Db, text: string, limit: number): Promise<FoundSupplier[]> {
  const { rows } = await db.query<FoundSupplier & Record<string, unknown>>(
    `select organisation_number as "organisationNumber", name from supplier
      where position(lower($1) in lower(name)) > 0 or organisation_number = $1
      order by position(lower($1) in lower(name)), name limit $2`,
    [text, limit],
  );
  return rows;
}

/** Whether anything was ever accepted for it, supplier or not. */
export async function isRecipient(db: Db, organisationNumber: string): Promise<boolean> {
  const { rowCount } = await db.query('select 1 from recipient where organisation_number = $1', [organisationNumber]);
  return rowCount > 0;
}
