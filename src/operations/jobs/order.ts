/** An operator's order for many messages: a dry run first, then it is started as it was shown, and can be stopped. */
import { Fault } from '../../domain/fault.ts';
import { appendAudit } from '../../store/audit.ts';
import { type Selected, type SelectedMessage, type Selection, selectMessages } from '../../store/messages-selected.ts';
import { operate } from '../../store/operate.ts';
import {
  deleteDraft,
  haltJob,
  insertDraft,
  type Job,
  type JobSample,
  type JobWanted,
  lockJob,
  queueJob,
} from '../../store/operator/jobs.ts';
import type { Pool } from '../../store/pool.ts';
import type { Act } from '../access/accounts.ts';
import { auditAction, type ManyAction } from '../many-messages.ts';
import { recordStop } from './stop-record.ts';

/** More than this are done in parts. */
export const mostSelected = 100_000;
export const usualRate = 20;
export const mostRate = 1_000;
export const leastRate = 0.01;
/** Seconds. A process does one job at a time: those behind it wait no longer. */
const longest = 86_400;

/** The least rate at which so many messages take no longer than a job may. */
export const rateFor = (messages: number): number => Math.ceil((messages / longest) * 100) / 100;

export interface JobOrder extends Act {
  readonly action: ManyAction;
  readonly selection: Omit<Selection, 'notYet'>;
  readonly accountId: number;
  /** Messages a second. */
  readonly rate: number;
}

/**
 * Looks what the order means, and writes it down as a draft; nothing is moved.
 * @param sums a pool that may read whole tables
 * @returns the draft's number; undefined: nothing fits, or so many that they would take longer than a day
 * @throws Fault `argument-invalid` when there are too many
 */
export async function draftJob(
  pool: Pool,
  sums: Pool,
  order: JobOrder,
): Promise<{ readonly id: number | undefined; readonly movedBefore: number; readonly tooMany?: number }> {
  const { action, selection, reason, actor, accountId, rate, now } = order;
  const notYet = { action: auditAction(action), reason };
  const selected = await selectMessages(sums, { ...selection, notYet }, mostSelected + 1);
  const { messages, movedBefore } = selected;
  if (messages.length + movedBefore > mostSelected)
    throw new Fault('argument-invalid', `more than ${mostSelected} messages fit`);
  if (messages.length === 0) return { id: undefined, movedBefore };
  if (rate < rateFor(messages.length)) return { id: undefined, movedBefore, tooMany: messages.length };
  const wanted = wantedOf(order, selected);
  const draft = { kind: action, wanted, accountId, actor, reason, rate, madeAt: now, messages };
  const id = await operate(pool, false, (db) => insertDraft(db, draft));
  return { id, movedBefore };
}

function wantedOf({ selection }: JobOrder, { supplier, messages, movedBefore }: Selected): JobWanted {
  const { recipient, state, messageType, fromSequence, toSequence, since } = selection;
  const groups = <K>(of: (message: SelectedMessage) => K) =>
    [...Map.groupBy(messages, of)].map(([key, members]) => [key, members.length] as const);
  const bySince = messages.toSorted((a, b) => a.since.getTime() - b.since.getTime());
  return {
    recipient,
    supplier,
    state,
    messageType,
    fromSequence,
    toSequence,
    since: since?.toISOString(),
    movedBefore,
    addresses: groups(({ address }) => address).map(([name, n]) => ({ name, messages: n })),
    types: groups((one) => one.messageType).map(([type, n]) => ({ type, messages: n })),
    oldest: sampleOf(bySince.at(0)),
    newest: sampleOf(bySince.at(-1)),
  };
}

const sampleOf = (message: SelectedMessage | undefined): JobSample | undefined =>
  message && {
    documentNumber: message.documentNumber,
    sequence: message.sequence,
    since: message.since.toISOString(),
  };

/**
 * Starts what the dry run showed, for the reason that was given there.
 * @throws Fault `not-found` · `not-possible-now` when it was started before
 */
export async function startJob(
  pool: Pool,
  id: number,
  { actor, accountId, now }: Omit<Act, 'reason'> & { readonly accountId: number },
): Promise<void> {
  await operate(pool, false, async (db) => {
    const job = mustBe(await lockJob(db, id), ['draft']);
    const { recipient, state, messageType, fromSequence, toSequence, since } = job.wanted;
    // Its number is what the rows of the messages name, so it is written before the job has it: nobody sees one without the other.
    const row = await appendAudit(db, {
      actor,
      action: `${auditAction(job.kind)}-many`,
      subject: `supplier/${recipient}`,
      reason: job.reason,
      details: {
        job: id,
        messages: job.total,
        state,
        messageType,
        fromSequence,
        toSequence,
        since,
        ratePerSecond: job.rate,
      },
      at: now,
    });
    await queueJob(db, id, { actor, accountId, orderRow: row });
  });
}

/** After the message that is being moved just now. @throws Fault `not-found` · `not-possible-now` when it is over */
export async function stopJob(pool: Pool, id: number, { actor, reason, now }: Act): Promise<void> {
  await operate(pool, false, async (db) => {
    const job = mustBe(await lockJob(db, id), ['queued', 'running', 'stopping']);
    if (job.state === 'stopping') return;
    await haltJob(db, id, now);
    await recordStop(db, job, { actor, reason, now });
  });
}

/** The dry run is thrown away. @throws Fault `not-found` · `not-possible-now` when it was started */
export async function discardJob(pool: Pool, id: number): Promise<void> {
  await operate(pool, false, async (db) => {
    mustBe(await lockJob(db, id), ['draft']);
    await deleteDraft(db, id);
  });
}

function mustBe(job: Job | undefined, states: readonly Job['state'][]): Job {
  if (job === undefined) throw new Fault('not-found', 'there is no such job');
  if (!states.includes(job.state)) throw new Fault('not-possible-now', `the job is ${job.state}`);
  return job;
}
