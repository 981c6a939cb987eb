/** Jobs: many messages resent or released, after a dry run, at a rate, and stopped at a word. */
import type { Response } from 'express';
import { Fault } from '../../../domain/fault.ts';
import { type Job, listJobMessages, listJobs, readJob } from '../../../store/operator/jobs.ts';
import type { Pool } from '../../../store/pool.ts';
import { count, duration, moment } from '../../console/moments.ts';
import { view } from '../../console/views.ts';
import { word } from '../../console/words.ts';
import {
  discardJob,
  draftJob,
  mostRate,
  mostSelected,
  rateFor,
  startJob,
  stopJob,
  usualRate,
} from '../../jobs/order.ts';
import { statesFor } from '../../many-messages.ts';
import { type ActionForm, act, mostActionBytes, type Told, toldBy } from '../actions.ts';
import { againFor, askedJob, type JobForm, rateSaid, readJobForm } from '../job-form.ts';
import { pathByNumber, shownNumber, shownTexts } from '../masking.ts';
import { type Pages, show } from '../pages.ts';
import { afterOf, pageRows, pagingOf, queryOf } from '../paging.ts';
import type { Asked, GuardedRoute, OperatorRoute } from '../route.ts';

export interface JobsParts {
  readonly pool: Pool;
  /** Over connections that may read whole tables. */
  readonly sums: Pool;
  readonly pages: Pages;
  /** A job was started: whoever runs them need not wait for its next look. */
  readonly started: () => void;
}

type AskedBy = Parameters<GuardedRoute['handle']>[0];

/** Of what was selected, shown one by one. */
const shownMessages = 20;

export function jobsRoutes(parts: JobsParts): readonly OperatorRoute[] {
  const { pool, pages } = parts;
  return [
    {
      method: 'GET',
      path: '/jobs',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => {
        const query = queryOf(asked.request);
        const jobs = await listJobs(pool, afterOf(query), pageRows + 1);
        const next = jobs.length > pageRows ? jobs[pageRows - 1]?.id : undefined;
        show(pages, asked, response, {
          view: 'jobs',
          title: word(asked.language, 'nav.jobs'),
          place: 'jobs',
          data: {
            jobs: jobs.slice(0, pageRows).map((job) => shownJob(job, asked)),
            paging: pagingOf('/jobs', query, next),
            told: toldBy(asked),
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/jobs/new',
      needs: 'act',
      shows: 'page',
      // Other pages lead here with the fields filled in.
      handle: (asked, response) =>
        showForm(pages, asked, response, askedJob(new URLSearchParams([...queryOf(asked.request)])), undefined),
    },
    {
      method: 'POST',
      path: '/jobs',
      needs: 'act',
      shows: 'page',
      mostBodyBytes: mostActionBytes,
      handle: (asked, response) => draft(parts, asked, response),
    },
    {
      method: 'GET',
      path: '/jobs/:id',
      needs: 'view',
      shows: 'page',
      handle: async (asked, response) => showJob(parts, asked, response, toldBy(asked)),
    },
    {
      method: 'GET',
      // Its own first word: what is below `/jobs` is pages, faults too.
      path: '/job-progress/:id',
      needs: 'view',
      shows: 'data',
      passive: true,
      handle: async (asked, response) => {
        const job = await jobOf(pool, asked);
        // With its end more of the page changes than this part.
        if (!isOpen(job)) response.set('hx-refresh', 'true');
        response
          .type('text/html; charset=utf-8')
          .send(
            Buffer.from(view('job-progress', asked.language, { job: shownTexts(asked.who, shownJob(job, asked)) })),
          );
      },
    },
    ...actionRoutes(parts),
  ];
}

function actionRoutes(parts: JobsParts): readonly OperatorRoute[] {
  const { pool, started } = parts;
  const route = (name: string, handle: GuardedRoute['handle']): OperatorRoute => ({
    method: 'POST',
    path: `/jobs/:id/${name}`,
    needs: 'act',
    shows: 'page',
    mostBodyBytes: mostActionBytes,
    handle,
  });
  return [
    // Its reason was given with the dry run.
    route('start', async (asked, response) => {
      const id = idOf(asked);
      const { actor, accountId } = asked.who;
      await startJob(pool, id, { actor, accountId, now: asked.now });
      started();
      response.redirect(303, `/jobs/${id}`);
    }),
    route('discard', async (asked, response) => {
      await discardJob(pool, idOf(asked));
      response.redirect(303, '/jobs?done=job-discarded');
    }),
    route('stop', (asked, response) => {
      const id = idOf(asked);
      return act(asked, response, {
        name: 'stop',
        back: `/jobs/${id}`,
        run: async (reason) => {
          await stopJob(pool, id, { actor: asked.who.actor, reason, now: asked.now });
          return 'job-stop';
        },
        again: (told, status, failed) => showJob(parts, asked, response, told, status, failed),
      });
    }),
  ];
}

async function showJob(
  { pool, pages }: JobsParts,
  asked: AskedBy,
  response: Response,
  told?: Told,
  status = 200,
  failed?: { readonly reason: string },
): Promise<void> {
  const { language, who } = asked;
  const job = await jobOf(pool, asked);
  const stop: ActionForm = {
    name: 'stop',
    path: `/jobs/${job.id}/stop`,
    label: word(language, 'jobs.stop'),
    says: word(language, 'jobs.stop-says'),
    ...(failed === undefined ? {} : { open: true, reason: failed.reason }),
  };
  show(pages, asked, response, {
    view: 'job',
    title: `${word(language, `jobs.title-${job.kind}`)} · ${job.wanted.supplier ?? shownNumber(who, job.wanted.recipient)}`,
    place: 'jobs',
    status,
    data: {
      job: shownJob(job, asked),
      messages: await listJobMessages(pool, job.id, shownMessages),
      more: Math.max(0, job.total - shownMessages),
      actions: who.may.has('act') && isOpen(job) && job.state !== 'stopping' ? [stop] : [],
      again: job.state === 'stopped' && who.may.has('act') && pathByNumber(job.wanted.recipient) && againFor(job),
      told,
    },
  });
}

/** The dry run: what it would be, on a page of its own. */
async function draft({ pool, sums, pages }: JobsParts, asked: AskedBy, response: Response): Promise<void> {
  const { form, who, now, language } = asked;
  const fields = askedJob(form);
  const read = readJobForm(fields, now);
  const again = (wrong: string) => showForm(pages, asked, response, fields, wrong);
  if ('wrong' in read) return again(word(language, read.wrong, { most: mostRate }));
  try {
    const order = { ...read, actor: who.actor, accountId: who.accountId, now };
    const { id, movedBefore, tooMany } = await draftJob(pool, sums, order);
    if (id !== undefined) return response.redirect(303, `/jobs/${id}`);
    if (tooMany !== undefined) {
      const rate = rateSaid(rateFor(tooMany), language);
      return again(word(language, 'jobs.too-slow', { n: count(tooMany, language), rate }));
    }
    const before = movedBefore === 0 ? '' : ` ${word(language, 'jobs.before', { n: count(movedBefore, language) })}`;
    again(word(language, 'jobs.none') + before);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'argument-invalid') throw error;
    again(word(language, 'jobs.too-many', { most: count(mostSelected, language) }));
  }
}

const showForm = (pages: Pages, asked: Asked, response: Response, fields: JobForm, wrong: string | undefined) =>
  show(pages, asked, response, {
    view: 'job-new',
    title: word(asked.language, 'jobs.new'),
    place: 'jobs',
    status: wrong === undefined ? 200 : 422,
    data: { fields: { ...fields, rate: fields.rate || String(usualRate) }, wrong, states: statesFor.release, mostRate },
  });

async function jobOf(pool: Pool, asked: Asked): Promise<Job> {
  const job = await readJob(pool, idOf(asked));
  if (job === undefined) throw new Fault('not-found', 'there is no such job');
  return job;
}

function idOf({ request }: Asked): number {
  const id = String(request.params['id']);
  if (!/^\d{1,15}$/.test(id)) throw new Fault('not-found', 'there is no such job');
  return Number(id);
}

const isOpen = ({ state }: Job): boolean => state === 'queued' || state === 'running' || state === 'stopping';

function shownJob(job: Job, { language, now, who }: AskedBy) {
  const { wanted, total, done, rate } = job;
  const n = (number: number) => count(number, language);
  const iso = (text: string | undefined) => (text === undefined ? undefined : moment(new Date(text), now).html);
  return {
    ...job,
    open: isOpen(job),
    recipient: shownNumber(who, wanted.recipient),
    supplierPath: pathByNumber(wanted.recipient),
    n,
    percent: total === 0 ? 100 : Math.floor((done / total) * 100),
    left: total - done,
    takes: duration((Math.max(0, total - done) / rate) * 1_000, language),
    madeAt: moment(job.madeAt, now).html,
    beganAt: moment(job.beganAt, now).html,
    endedAt: moment(job.endedAt, now).html,
    since: iso(wanted.since),
    oldest: wanted.oldest && { ...wanted.oldest, at: iso(wanted.oldest.since) },
    newest: wanted.newest && { ...wanted.newest, at: iso(wanted.newest.since) },
    rate: rateSaid(rate, language),
  };
}
