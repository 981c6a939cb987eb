/** The audit as it is looked through: newest first, by who, what, and to what. */
import type { AuditFilter, AuditRow } from '../audit.ts';
import type { Db } from '../pool.ts';
import { numberAt } from './number-at.ts';

export interface AuditLook extends AuditFilter {
  readonly actor?: string | undefined;
  /** Before. */
  readonly until?: Date | undefined;
}

export type AuditListed = Omit<AuditRow, 'details'>;
type Row = Omit<AuditListed, 'reason'> & { readonly reason: string | null };

const columns = 'id, at, actor, action, subject, reason';

/** What the statements below are given, in their order; null: whatever it is. */
const given = {
  actor: '$1::text',
  action: '$2::text',
  subject: '$3::text',
  since: '$4::timestamptz',
  until: '$5::timestamptz',
  least: '$6::bigint',
  before: '$7::bigint',
  limit: '$8::bigint',
} as const;

const inTime = `(${given.since} is null or at >= ${given.since}) and (${given.until} is null or at < ${given.until})`;
const inNumbers = `id >= ${given.least} and id < ${given.before}`;
const ofActor = `(${given.actor} is null or actor = ${given.actor} or starts_with(actor, ${given.actor} || ':')
  or split_part(split_part(actor, ':', 2), '/', 1) = ${given.actor})`;
const ofAction = `(${given.action} is null or action = ${given.action} or starts_with(action, ${given.action} || '.'))`;
/** What a subject is: `supplier` of `supplier/5560160680`. The index has it so. */
const kindOf = (row: string): string => `split_part(${row}.subject, '/', 1)`;

/**
 * The newest of each what, who and deed that there is: these are few, and found one after the other. So the rare ones are found at
 * once too, in any number of rows. Compared as a row, and in that order, they can be read from their index and from no other: else a
 * plan for any of them would rather go through all rows from the newest on.
 */
const byGroup = `with recursive groups as (
    (select ${kindOf('a')} as kind, actor, action from audit a order by ${kindOf('a')}, actor, action limit 1)
    union all
    select n.kind, n.actor, n.action from groups g cross join lateral
      (select ${kindOf('a')} as kind, a.actor, a.action from audit a
        where (${kindOf('a')}, a.actor, a.action) > (g.kind, g.actor, g.action)
        order by ${kindOf('a')}, a.actor, a.action limit 1) n)
  select found.* from (select kind, actor, action from groups
      where ${ofActor} and ${ofAction} and (${given.subject} is null or kind = ${given.subject})) g
    cross join lateral (select ${columns} from audit a
      where (${kindOf('a')}, a.actor, a.action, a.id) >= (g.kind, g.actor, g.action, ${given.least})
        and (${kindOf('a')}, a.actor, a.action, a.id) < (g.kind, g.actor, g.action, ${given.before}) and ${inTime}
      order by ${kindOf('a')} desc, a.actor desc, a.action desc, a.id desc limit ${given.limit}) found
   order by id desc limit ${given.limit}`;

/** Of one thing, and what is below it: a few rows, which the sum keeps from being looked for by their number. */
const bySubject = `with below as materialized (select ${columns} from audit
      where subject ~>=~ (${given.subject} || '/') and subject ~<~ (${given.subject} || '0')
        and id + 0 >= ${given.least} and id + 0 < ${given.before} and ${inTime} and ${ofActor} and ${ofAction})
  select ${columns} from (
      (select ${columns} from audit where subject = ${given.subject} and ${inNumbers} and ${inTime} and ${ofActor} and ${ofAction}
        order by id desc limit ${given.limit})
      union all
      (select ${columns} from below)) found
   order by id desc limit ${given.limit}`;

const byNumber = `select ${columns} from audit where ${inNumbers} and ${inTime} and ${ofActor} and ${ofAction} and ${given.subject} is null
   order by id desc limit ${given.limit}`;

/**
 * Newest first, `limit` rows. `actor`: exactly, or all of one kind (`operator`, `cli`), or all of one name, whatever it came by;
 * the others as in `listAudit`.
 */
export async function listAuditFor(db: Db, look: AuditLook): Promise<AuditListed[]> {
  const { actor, action, subject, since, until, after = Number.MAX_SAFE_INTEGER, limit } = look;
  const least = since === undefined ? 0 : await numberAt(db, 'audit', since, -1);
  const most = until === undefined ? after : await numberAt(db, 'audit', until, 1);
  const { rows } = await db.query<Row>(statementFor(look), [
    actor ?? null,
    action ?? null,
    subject ?? null,
    since ?? null,
    until ?? null,
    least,
    Math.min(after, most),
    limit,
  ]);
  return rows.map((row) => ({ ...row, reason: row.reason ?? undefined }));
}

function statementFor({ actor, action, subject }: AuditLook): string {
  if (subject?.includes('/') === true) return bySubject;
  return actor === undefined && action === undefined && subject === undefined ? byNumber : byGroup;
}

export interface AuditOne extends AuditRow {
  /** Lower-case hex. */
  readonly hash: string;
  readonly previous: string;
}

export async function readAuditRow(db: Db, id: number): Promise<AuditOne | undefined> {
  const { rows } = await db.query<Omit<AuditOne, 'reason'> & { readonly reason: string | null }>(
    `select ${columns}, details, encode(hash, 'hex') as hash, encode(previous, 'hex') as previous from audit where id = $1`,
    [id],
  );
  return rows[0] && { ...rows[0], reason: rows[0].reason ?? undefined };
}
