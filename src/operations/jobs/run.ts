/** Carries out orders for many messages, one after the other: each message is a transaction of its own, and none is moved twice. */
import { Fault } from '../../domain/fault.ts';
import { errorText, type Log } from '../../platform/log.ts';
import { operate } from '../../store/operate.ts';
import { readAccount } from '../../store/operator/accounts.ts';
import {
  beat,
  endJob,
  type Hold,
  letGo,
  nextMessages,
  passMoved,
  passNotMoved,
  takeJob,
} from '../../store/operator/job-run.ts';
import { type Job, lockJob } from '../../store/operator/jobs.ts';
import { type Db, isServerTrouble, type Pool } from '../../store/pool.ts';
import { type OperatorRole, permissionsOf } from '../access/permissions.ts';
import { ownFaults } from '../many-messages.ts';
import { moveMessage } from '../messages.ts';
import { recordStop } from './stop-record.ts';

export interface JobDeps {
  readonly pool: Pool;
  readonly log: Log;
  readonly now: () => Date;
  /** Of this process, and no other. */
  readonly holder: string;
  /** Milliseconds that others wait for a word of ours before one of them takes the job. */
  readonly lease: number;
  /** Resolves after that time, or at once when this process ends. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** This process ends: the message that is being moved is the last one. */
  readonly ending: () => boolean;
}

/** It was stopped, or somebody else goes on with it: what was done for this message is rolled back. */
const lost = new Error('the job is stopped, or not ours any more');
/** Its account is disabled or may not act any more. */
const barred = new Error('nobody stands for the job any more');
/** Read at once. */
const some = 200;
/** Milliseconds between two looks whether somebody has stopped it. */
const lookEvery = 500;

/** @returns false when there is nothing to do. */
export async function runNextJob(deps: JobDeps): Promise<boolean> {
  const { pool, holder, lease, now, log } = deps;
  const job = await takeJob(pool, holder, lease, now());
  if (job === undefined) return false;
  const hold: Hold = { jobId: job.id, holder, lease };
  try {
    const how = await carryOut(deps, hold, job);
    if (how === 'ending') await letGo(pool, hold);
    else if (how === 'barred') await stopBarred(deps, hold, job);
    else if (how !== 'lost') await endJob(pool, hold, how, now());
    log.info('job', { job: job.id, kind: job.kind, how });
  } catch (error) {
    // The database is in trouble: when it is back, whoever is first goes on.
    if (isServerTrouble(error)) throw error;
    log.error('a job failed', { job: job.id, error: errorText(error) });
    await endJob(pool, hold, 'failed', now(), errorText(error));
  }
  return true;
}

/** As if somebody had stopped it, in our name. */
async function stopBarred({ pool, now }: JobDeps, hold: Hold, { id }: Job): Promise<void> {
  await operate(pool, false, async (db) => {
    const job = await lockJob(db, id);
    if (job === undefined) return;
    await endJob(db, hold, 'stopped', now());
    const reason = 'the account that it stands for is disabled or may not act any more';
    await recordStop(db, job, { actor: 'operator-api', reason, now: now() });
  });
}

async function mayGoOn(db: Db, { accountId }: Job): Promise<boolean> {
  const account = await readAccount(db, accountId);
  return account?.disabledAt === undefined && permissionsOf((account?.roles ?? []) as OperatorRole[]).has('act');
}

async function carryOut(
  deps: JobDeps,
  hold: Hold,
  job: Job,
): Promise<'done' | 'stopped' | 'barred' | 'ending' | 'lost'> {
  const { pool, now, wait, ending } = deps;
  const between = 1_000 / job.rate;
  for (let { done } = job; ; ) {
    const messages = await nextMessages(pool, job.id, done, some);
    if (messages.length === 0) return 'done';
    for (const message of messages) {
      if (ending()) return 'ending';
      const until = now().getTime() + between;
      // Stopped: not one more is moved.
      const how = await moveOne(deps, hold, job, message);
      if (how === 'barred') return how;
      if (how === 'not-ours') return (await beat(pool, hold)) === 'stopping' ? 'stopped' : 'lost';
      done = message.place;
      if (done === job.total) return 'done';
      // Never faster than the rate; what was slow is not caught up. Whoever stops a slow one need not wait for its next message.
      for (let left = until - now().getTime(); left > 0 && !ending(); left = until - now().getTime()) {
        await wait(Math.min(left, lookEvery));
        if (left > lookEvery && (await beat(pool, hold)) !== 'running') break;
      }
    }
  }
}

/** @returns `not-ours` when it was stopped or somebody else has it, `barred` when nobody stands for it; nothing was done then */
async function moveOne(
  { pool, now }: JobDeps,
  hold: Hold,
  job: Job,
  { place, messageId, delivery }: { readonly place: number; readonly messageId: string; readonly delivery: number },
): Promise<'behind' | 'barred' | 'not-ours'> {
  try {
    await moveMessage(pool, {
      action: job.kind,
      messageId,
      actor: job.actor,
      reason: job.reason,
      now: now(),
      only: { order: job.orderRow ?? 0, delivery, state: job.wanted.state },
      alongside: async (db) => {
        if (!(await passMoved(db, hold, place))) throw lost;
        // After its row is ours: who takes the account's rights away and stops it comes before this, or after the whole.
        if (!(await mayGoOn(db, job))) throw barred;
      },
    });
    return 'behind';
  } catch (error) {
    if (error === lost) return 'not-ours';
    if (error === barred) return 'barred';
    if (!(error instanceof Fault) || !ownFaults.has(error.code)) throw error;
    return (await passNotMoved(pool, hold, place, { messageId, code: error.code })) ? 'behind' : 'not-ours';
  }
}
