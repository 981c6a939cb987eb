/** What the audit has of a job that is stopped, whoever or whatever stops it. */
import { appendAudit } from '../../store/audit.ts';
import type { Job } from '../../store/operator/jobs.ts';
import type { Db } from '../../store/pool.ts';

/** Last in the transaction that stops it. */
export async function recordStop(
  db: Db,
  job: Job,
  { actor, reason, now }: { readonly actor: string; readonly reason: string; readonly now: Date },
): Promise<void> {
  await appendAudit(db, {
    actor,
    action: 'job.stop',
    subject: `job/${job.id}`,
    reason,
    details: { order: job.orderRow, done: job.done, total: job.total },
    at: now,
  });
}
