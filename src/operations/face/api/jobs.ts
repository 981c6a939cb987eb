/** Jobs for scripts: a dry run, started as it was shown, watched, stopped. */
import { Fault } from '../../../domain/fault.ts';
import { type Job, listJobMessages, listJobs, readJob } from '../../../store/operator/jobs.ts';
import type { Pool } from '../../../store/pool.ts';
import { discardJob, draftJob, rateFor, startJob, stopJob, usualRate } from '../../jobs/order.ts';
import { type JobMistake, selectionOf, type WantedJob } from '../../jobs/wanted.ts';
import { shownNumber } from '../masking.ts';
import type { OperatorRoute } from '../route.ts';
import { type AskedBy, acts, goes, looks, namedIn, timeOf } from './ask.ts';
import { keyIn, limitIn, pageOf } from './paging.ts';

export interface JobsApiParts {
  readonly pool: Pool;
  /** Over connections that may read whole tables. */
  readonly sums: Pool;
  readonly started: () => void;
}

type JobBody = Partial<Omit<WantedJob, 'since'>> &
  Pick<WantedJob, 'action' | 'recipient'> & { readonly since?: string; readonly rate?: number };

const mistakes: Readonly<Record<JobMistake, string>> = {
  state: '/body/state is none that the action can begin with',
  order: '/body/fromSequence is above /body/toSequence',
  since: '/body/since lies ahead',
  all: 'everything that was ever delivered is hardly ever meant: say fromSequence, toSequence or since',
};

export function jobsApi({ pool, sums, started }: JobsApiParts): readonly OperatorRoute[] {
  const seen = async (asked: AskedBy, id = Number(namedIn(asked, 'job'))) => {
    const job = await readJob(pool, id);
    if (job === undefined) throw new Fault('not-found', 'there is no such job');
    return jobOf(job, asked);
  };
  return [
    looks('/jobs', 'view', async (asked) => {
      const limit = limitIn(asked);
      const [after] = keyIn(asked, ['number']) ?? [];
      const rows = await listJobs(pool, after, limit + 1);
      return pageOf(
        rows,
        limit,
        ({ id }) => [id],
        (job) => jobOf(job, asked),
      );
    }),
    acts<JobBody>('/jobs', 'act', async (asked, { body, actor, reason, now }) => {
      const { action, recipient, state, messageType, fromSequence, toSequence, rate = usualRate } = body;
      const since = body.since === undefined ? undefined : timeOf(body.since, '/body/since');
      const wanted = { action, recipient, state, messageType, fromSequence, toSequence, since };
      const selection = selectionOf(wanted, now);
      if (typeof selection === 'string') throw new Fault('request-malformed', mistakes[selection]);
      const { accountId } = asked.who;
      const drafted = await draftJob(pool, sums, { action, selection, rate, actor, reason, now, accountId });
      if (drafted.tooMany !== undefined)
        throw new Fault(
          'not-possible-now',
          `${drafted.tooMany} messages would take longer than a day; /body/rate must be at least ${rateFor(drafted.tooMany)}`,
        );
      if (drafted.id === undefined) {
        const before =
          drafted.movedBefore === 0 ? '' : `, but for ${drafted.movedBefore} that were moved for it before`;
        throw new Fault('not-possible-now', `no message fits${before}`);
      }
      return { status: 201, location: `/jobs/${drafted.id}`, value: await seen(asked, drafted.id) };
    }),
    looks('/jobs/:job', 'view', (asked) => seen(asked)),
    looks('/jobs/:job/messages', 'view', async (asked) => {
      const { id } = await seen(asked);
      const limit = limitIn(asked);
      const [after] = keyIn(asked, ['number']) ?? [];
      const rows = await listJobMessages(pool, id, limit + 1, after);
      return pageOf(
        rows,
        limit,
        ({ place }) => [place],
        (row) => row,
      );
    }),
    // Its reason was given with the dry run.
    goes('POST', '/jobs/:job/start', 'act', async (asked) => {
      const { actor, accountId } = asked.who;
      await startJob(pool, Number(namedIn(asked, 'job')), { actor, accountId, now: asked.now });
      started();
      return { status: 202, value: await seen(asked) };
    }),
    acts('/jobs/:job/stop', 'act', async (asked, act) => {
      await stopJob(pool, Number(namedIn(asked, 'job')), act);
      return { status: 202, value: await seen(asked) };
    }),
    goes('DELETE', '/jobs/:job', 'act', async (asked) => {
      await discardJob(pool, Number(namedIn(asked, 'job')));
      return undefined;
    }),
  ];
}

function jobOf({ kind, wanted, accountId: _account, orderRow, ...job }: Job, { who }: AskedBy) {
  const { recipient, supplier: name, ...selected } = wanted;
  return {
    ...job,
    action: kind,
    organisationNumber: shownNumber(who, recipient),
    name,
    selected,
    auditRow: orderRow,
  };
}
