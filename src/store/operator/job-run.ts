/** Carrying out an order for many messages: one process at a time is at it, for as long as it says so. */
import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';
import { type Job, type JobState, jobColumns, type NotMovedExample } from './jobs.ts';

/** Who is at it, and for how many milliseconds from each word on. */
export interface Hold {
  readonly jobId: number;
  readonly holder: string;
  readonly lease: number;
}

/** The oldest that nobody is at; those that everybody else is taking just now are passed over. */
export async function takeJob(db: Db, holder: string, lease: number, now: Date): Promise<Job | undefined> {
  const { rows } = await db.query<NullsOf<Job>>(
    `update job set holder = $1, lease_until = clock_timestamp() + $2 * interval '1 millisecond',
                    state = case state when 'queued' then 'running' else state end, began_at = coalesce(began_at, $3)
      where id = (select id from job where state in ('queued', 'running', 'stopping')
                     and (lease_until is null or lease_until < clock_timestamp())
                   order by id limit 1 for update skip locked)
     returning ${jobColumns}`,
    [holder, lease, now],
  );
  return rows[0] && withoutNulls<Job>(rows[0]);
}

export interface NextMessage {
  readonly place: number;
  readonly messageId: string;
  readonly delivery: number;
}

/** What is still before us, in its order. */
export async function nextMessages(db: Db, jobId: number, after: number, limit: number): Promise<NextMessage[]> {
  const { rows } = await db.query<NextMessage & Record<string, unknown>>(
    `select place, message_id as "messageId", delivery from job_message where job_id = $1 and place > $2 order by place limit $3`,
    [jobId, after, limit],
  );
  return rows;
}

const held = 'holder = $2 and lease_until > clock_timestamp()';
const longer = `lease_until = clock_timestamp() + $3 * interval '1 millisecond'`;

/** We are still at it. @returns its state; undefined: somebody else has it, or it ended */
export async function beat(db: Db, { jobId, holder, lease }: Hold): Promise<JobState | undefined> {
  const { rows } = await db.query<{ state: JobState }>(
    `update job set ${longer} where id = $1 and ${held} and state in ('running', 'stopping') returning state`,
    [jobId, holder, lease],
  );
  return rows[0]?.state;
}

/**
 * In the transaction that moves the message at this place: both, or neither.
 * @returns false: it is to stop, is not ours any more, or this place is behind it already; whatever was done must be taken back
 */
export async function passMoved(db: Db, { jobId, holder, lease }: Hold, place: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update job set done = $4, moved = moved + 1, ${longer} where id = $1 and ${held} and state = 'running' and done = $4 - 1`,
    [jobId, holder, lease, place],
  );
  return rowCount === 1;
}

/** Examples that are kept. */
const mostExamples = 50;

/** The message at this place cannot be moved. @returns false: as of `passMoved` */
export async function passNotMoved(
  db: Db,
  { jobId, holder, lease }: Hold,
  place: number,
  example: Pick<NotMovedExample, 'messageId' | 'code'>,
): Promise<boolean> {
  const { rows } = await db.query<{ documentNumber: string; sequence: number }>(
    'select document_number as "documentNumber", sequence from message where id = $1',
    [example.messageId],
  );
  const { rowCount } = await db.query(
    `update job set done = $4, not_moved = not_moved + 1, ${longer},
                    examples = case when jsonb_array_length(examples) < $6 then examples || $5::jsonb else examples end
      where id = $1 and ${held} and state = 'running' and done = $4 - 1`,
    [jobId, holder, lease, place, JSON.stringify([{ ...rows[0], ...example }]), mostExamples],
  );
  return rowCount === 1;
}

/** @param detail what went wrong, for `failed` */
export async function endJob(
  db: Db,
  { jobId, holder }: Hold,
  state: 'stopped' | 'done' | 'failed',
  now: Date,
  detail?: string,
): Promise<void> {
  await db.query(
    `update job set state = $3, ended_at = $4, detail = left($5, 1000), holder = null, lease_until = null
      where id = $1 and holder = $2 and state in ('running', 'stopping')`,
    [jobId, holder, state, now, detail ?? null],
  );
}

/** This process ends: another goes on at once. */
export async function letGo(db: Db, { jobId, holder }: Hold): Promise<void> {
  await db.query('update job set holder = null, lease_until = null where id = $1 and holder = $2', [jobId, holder]);
}
