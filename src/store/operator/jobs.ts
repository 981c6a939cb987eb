/** Orders for many messages: drafted, started, stopped. What carries them out is in job-run.ts. */
import type { DeliveryState } from '../../domain/delivery.ts';
import type { FaultCode } from '../../domain/fault.ts';
import type { MessageType } from '../../domain/message.ts';
import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';

export type JobKind = 'resend' | 'release';
export type JobState = 'draft' | 'queued' | 'running' | 'stopping' | 'stopped' | 'done' | 'failed';

/** One of those selected, to recognise them by. Times as ISO. */
export interface JobSample {
  readonly documentNumber: string;
  readonly sequence: number;
  readonly since: string;
}

/** What was asked for, and what the dry run found. */
export interface JobWanted {
  readonly recipient: string;
  readonly supplier: string | undefined;
  readonly state: DeliveryState;
  readonly messageType: MessageType | undefined;
  readonly fromSequence: number | undefined;
  readonly toSequence: number | undefined;
  readonly since: string | undefined;
  /** Fit as well, but an earlier order for the same reason has moved them. */
  readonly movedBefore: number;
  /** How many are to each address; undefined: to none that is known. */
  readonly addresses: readonly { readonly name: string | undefined; readonly messages: number }[];
  readonly types: readonly { readonly type: MessageType; readonly messages: number }[];
  readonly oldest: JobSample | undefined;
  readonly newest: JobSample | undefined;
}

export interface NotMovedExample {
  readonly messageId: string;
  readonly documentNumber: string;
  readonly sequence: number;
  readonly code: FaultCode;
}

export interface Job {
  readonly id: number;
  readonly kind: JobKind;
  readonly wanted: JobWanted;
  readonly accountId: number;
  readonly actor: string;
  readonly reason: string;
  /** Messages a second. */
  readonly rate: number;
  readonly state: JobState;
  readonly total: number;
  /** Behind us: moved and not moved. */
  readonly done: number;
  readonly moved: number;
  readonly notMoved: number;
  readonly examples: readonly NotMovedExample[];
  /** The audit's row of the order. */
  readonly orderRow: number | undefined;
  readonly detail: string | undefined;
  readonly madeAt: Date;
  readonly beganAt: Date | undefined;
  readonly endedAt: Date | undefined;
  /** Of one that is queued: the job before it, which is not over yet. */
  readonly behind: number | undefined;
}

export const jobColumns = `id, kind, wanted, account_id as "accountId", actor, reason, rate, state, total, done, moved,
  not_moved as "notMoved", examples, order_row as "orderRow", detail, made_at as "madeAt", began_at as "beganAt", ended_at as "endedAt",
  case when state = 'queued' then (select b.id from job b where b.id < job.id and b.state in ('queued', 'running', 'stopping')
                                    order by b.id desc limit 1) end as behind`;

export interface Draft extends Pick<Job, 'kind' | 'wanted' | 'accountId' | 'actor' | 'reason' | 'rate' | 'madeAt'> {
  readonly messages: readonly { readonly id: string; readonly delivery: number }[];
}

/** @returns the job's number */
export async function insertDraft(db: Db, draft: Draft): Promise<number> {
  const { kind, wanted, accountId, actor, reason, rate, madeAt, messages } = draft;
  const { rows } = await db.query<{ id: number }>(
    `insert into job (kind, wanted, account_id, actor, reason, rate, total, made_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
    [kind, JSON.stringify(wanted), accountId, actor, reason, rate, messages.length, madeAt],
  );
  const id = rows[0]?.id ?? 0;
  await db.query(
    `insert into job_message (job_id, place, message_id, delivery)
     select $1::bigint, place, message, delivery from unnest($2::uuid[], $3::integer[]) with ordinality as t (message, delivery, place)`,
    [id, messages.map((one) => one.id), messages.map(({ delivery }) => delivery)],
  );
  return id;
}

export async function readJob(db: Db, id: number): Promise<Job | undefined> {
  const { rows } = await db.query<NullsOf<Job>>(`select ${jobColumns} from job where id = $1`, [id]);
  return rows[0] && withoutNulls<Job>(rows[0]);
}

/** Until the end of the transaction nobody else changes it. */
export async function lockJob(db: Db, id: number): Promise<Job | undefined> {
  const { rows } = await db.query<NullsOf<Job>>(`select ${jobColumns} from job where id = $1 for no key update`, [id]);
  return rows[0] && withoutNulls<Job>(rows[0]);
}

/** Those that were started, newest first, before the one with the number `after`. */
export async function listJobs(db: Db, after: number | undefined, limit: number): Promise<Job[]> {
  const { rows } = await db.query<NullsOf<Job>>(
    `select ${jobColumns} from job where state <> 'draft' and id < $1 order by id desc limit $2`,
    [after ?? Number.MAX_SAFE_INTEGER, limit],
  );
  return rows.map(withoutNulls<Job>);
}

export interface JobMessage {
  readonly place: number;
  readonly messageId: string;
  readonly sequence: number;
  readonly documentNumber: string;
  readonly messageType: MessageType;
}

/** What was selected, in its order. @param after go on after this place */
export async function listJobMessages(db: Db, id: number, limit: number, after = 0): Promise<JobMessage[]> {
  const { rows } = await db.query<JobMessage & Record<string, unknown>>(
    `select j.place, m.id as "messageId", m.sequence, m.document_number as "documentNumber", m.message_type as "messageType"
       from (select place, message_id from job_message where job_id = $1 and place > $3 order by place limit $2) j
       join message m on m.id = j.message_id order by j.place`,
    [id, limit, after],
  );
  return rows;
}

/** From a draft to an order, of whoever starts it. */
export async function queueJob(
  db: Db,
  id: number,
  { actor, accountId, orderRow }: { readonly actor: string; readonly accountId: number; readonly orderRow: number },
): Promise<void> {
  await db.query(
    "update job set state = 'queued', actor = $2, account_id = $3, order_row = $4 where id = $1 and state = 'draft'",
    [id, actor, accountId, orderRow],
  );
}

/** What nobody is at ends now; whoever is at it ends it after the message that is being moved. */
export async function haltJob(db: Db, id: number, now: Date): Promise<void> {
  await db.query(`${halt} where id = $1 and state in ('queued', 'running')`, [id, now]);
}

const halt = `update job set state = case state when 'queued' then 'stopped' else 'stopping' end,
                    ended_at = case state when 'queued' then $2::timestamptz end`;

/** All of an account. @returns those that were not halted before */
export async function haltJobsOf(db: Db, accountId: number, now: Date): Promise<Job[]> {
  const { rows } = await db.query<NullsOf<Job>>(
    `${halt} where account_id = $1 and state in ('queued', 'running') returning ${jobColumns}`,
    [accountId, now],
  );
  return rows.map(withoutNulls<Job>);
}

export async function deleteDraft(db: Db, id: number): Promise<void> {
  await db.query('delete from job_message where job_id = $1', [id]);
  await db.query("delete from job where id = $1 and state = 'draft'", [id]);
}

/** Drafts that nobody started. @returns how many went; call again until none does */
export async function forgetDrafts(db: Db, before: Date): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    "select id from job where state = 'draft' and made_at < $1 order by made_at limit 20 for update skip locked",
    [before],
  );
  for (const { id } of rows) await deleteDraft(db, id);
  return rows.length;
}
