/** What operators wait for when the book is full, and whether a full book slows the line. */
import { readFileSync } from 'node:fs';
import { seedBook } from '../../../src/cli/seed/seed.ts';
import { loadSigner } from '../../../src/envelope/signer.ts';
import { addAccount } from '../../../src/operations/access/accounts.ts';
import { operatorRoles } from '../../../src/operations/access/permissions.ts';
import { loadIssuer } from '../../../src/pki/authority.ts';
import { readSettings } from '../../../src/platform/config/read.ts';
import { silentLog } from '../../../src/platform/log.ts';
import { type OperatorApi, operatorApiSettings, startOperatorApi } from '../../../src/roles/operator-api.ts';
import { type Visitor, visitor } from '../../support/browser.ts';
import { percentile } from '../clock.ts';
import type { Result, Row } from '../report.ts';
import { type Bench, until } from '../stage.ts';
import { drainScenario } from './drain.ts';
import { filteredPaths } from './filters.ts';
import { findPages } from './pages.ts';

/** Messages of one measurement of the line, before its warm-up. */
const drained = 10_000;
const mostSuppliers = 3_000;
/** Requests for one page, after the first. */
const looks = 30;
/** Of a list with a filter. */
const filteredLooks = 5;
/** Document numbers that are searched for. */
const searches = 30;

/** @param messages of the seeded book */
export async function consoleScenario(bench: Bench, messages: number): Promise<Result> {
  const drain = Math.min(drained, messages);
  // Not settled: what has been analysed while it was empty is planned as if it stayed so, and the line pays for it until it is analysed again.
  const empty = await drainScenario(bench, drain);
  await fill(bench, messages);
  const rows = [...(await size(bench)), ...(await pages(bench))];
  await settle(bench);
  await bench.countFromNow();
  const full = await drainScenario(bench, drain);
  return { rows: [...rows, ...compared(empty.rows, full.rows)] };
}

async function fill(bench: Bench, messages: number): Promise<void> {
  const { environment } = bench.stage;
  const file = (name: string): string => readFileSync(environment[name] ?? '', 'utf8');
  const { source, senderOrganisation } = bench.stage.settings;
  const issuer = loadIssuer(
    { keyPem: file('KUVERT_CA_KEY_FILE'), certificatePem: file('KUVERT_CA_CERTIFICATE_FILE') },
    new Date(),
  );
  const signingPem = file('KUVERT_SIGNING_CERTIFICATE_FILE');
  const signer = loadSigner(file('KUVERT_SIGNING_KEY_FILE'), signingPem);
  const progress = (n: number) => bench.progress(`${n} of ${messages} messages are in the book`);
  const never = () => false;
  await seedBook(
    {
      pool: bench.pool,
      issuer,
      signer,
      signingPem,
      source,
      sender: senderOrganisation,
      now: () => new Date(),
      stopped: never,
      progress,
    },
    {
      messages,
      suppliers: Math.max(10, Math.min(mostSuppliers, Math.floor(messages / 100))),
      documentBytes: 1_024,
      seed: 1,
    },
  );
  // Those of the empty book say nothing of this one; and what is made anew while pages are asked for is not made in the drain that follows.
  await bench.pool.query('delete from snapshot');
}

/** What PostgreSQL would do of itself some time later, at the cost of what is measured then. */
async function settle({ pool, progress }: Bench): Promise<void> {
  progress('vacuum and checkpoint');
  await pool.query('vacuum (analyze)');
  await pool.query('checkpoint');
}

async function size({ pool }: Bench): Promise<Row[]> {
  const { rows } = await pool.query<{ messages: number; bytes: number }>(
    'select (select count(*) from message) as messages, pg_database_size(current_database()) as bytes',
  );
  return [
    { what: 'messages in the book', value: rows[0]?.messages ?? 0, unit: '' },
    { what: 'the book', value: (rows[0]?.bytes ?? 0) / 2 ** 20, unit: 'MB' },
  ];
}

/** Every page that the listener has, found as an operator finds it: by the links. */
async function pages(bench: Bench): Promise<Row[]> {
  const settings = readSettings([...operatorApiSettings], { ...bench.stage.environment, KUVERT_OPERATOR_PORT: '0' });
  const api = await startOperatorApi(settings, silentLog);
  try {
    bench.progress('the sums of the overview');
    await until('the sums of the overview', 300_000, async () => (await sums(bench)).length >= 3);
    const browser = await signedIn(bench, api);
    const dry = await dryRun(bench, browser);
    bench.progress('finding pages');
    const { found, missed } = await findPages(browser, api.routes, [dry.job]);
    const rows: Row[] = [];
    for (const { route, path } of found) rows.push(...(await timed(bench, browser, route, () => path, looks)));
    for (const path of await filteredPaths(bench.pool))
      rows.push(...(await timed(bench, browser, path, () => path, filteredLooks)));
    for (const route of missed) rows.push({ what: `${route}: no link leads there`, value: Number.NaN, unit: '' });
    return [...rows, dry.row, ...(await search(bench, browser)), ...(await sums(bench))];
  } finally {
    await api.stop();
  }
}

/** Somebody who may do everything, and so is shown everything. */
async function signedIn({ pool }: Bench, api: OperatorApi): Promise<Visitor> {
  const act = { actor: 'cli:bench', reason: 'a bench', now: new Date() };
  const { secret } = await addAccount(
    pool,
    { name: 'bench', displayName: 'Bench', roles: operatorRoles },
    600_000,
    act,
  );
  const browser = visitor(api.origin);
  const { status } = await browser.post(`/sign-in/link/${secret}`, {});
  if (status !== 303) throw new Error(`the sign-in answered ${status}`);
  return browser;
}

/** An order for all that one recipient has had, as its dry run. */
async function dryRun({ pool, progress }: Bench, browser: Visitor): Promise<{ row: Row; job: string }> {
  progress('a dry run');
  const { rows } = await pool.query<{ recipient: string; counter: number }>(
    'select organisation_number as recipient, counter from recipient order by counter desc limit 1',
  );
  const [{ recipient, counter } = { recipient: '', counter: 0 }] = rows;
  await browser.get('/jobs/new');
  const begun = performance.now();
  const fields = {
    action: 'resend',
    recipient,
    state: 'refused',
    type: '',
    from: '1',
    to: String(counter),
    since: '',
    rate: '1',
  };
  const { status, headers, body } = await browser.post('/jobs', { ...fields, reason: 'a bench' });
  if (status !== 303) throw new Error(`the dry run was answered ${status}: ${/role="alert">([^<]*)/.exec(body)?.[1]}`);
  const job = String(headers['location']);
  await browser.get(job);
  return { row: { what: `a dry run for ${counter} messages`, value: performance.now() - begun, unit: 'ms' }, job };
}

async function timed(
  bench: Bench,
  browser: Visitor,
  what: string,
  path: (look: number) => string,
  most: number,
): Promise<Row[]> {
  bench.progress(what);
  const times: number[] = [];
  for (let look = 0; look <= most; look++) {
    const begun = performance.now();
    const { status, headers } = await browser.get(path(look));
    const to = headers['location'];
    if (status === 303 && typeof to === 'string') await browser.get(to);
    else if (status !== 200) throw new Error(`${path(look)} answered ${status}`);
    times.push(performance.now() - begun);
  }
  const [cold = Number.NaN, ...warm] = times;
  return [
    { what: `${what}: first`, value: cold, unit: 'ms' },
    { what: `${what}: p50`, value: percentile(warm, 0.5), unit: 'ms' },
    { what: `${what}: p95`, value: percentile(warm, 0.95), unit: 'ms' },
  ];
}

/** By document number, each another, with the form that every page has. */
async function search(bench: Bench, browser: Visitor): Promise<Row[]> {
  const { body } = await browser.get('/');
  const [, form = ''] = /<form[^>]*role="search"([\s\S]*?)<\/form>/.exec(body) ?? [];
  const [, action] = /action="([^"]+)"/.exec(form) ?? [];
  const [, name] = /<input[^>]*name="([^"]+)"/.exec(form) ?? [];
  if (action === undefined || name === undefined)
    return [{ what: 'search: no page has a form for it', value: Number.NaN, unit: '' }];
  const { rows } = await bench.pool.query<{ number: string }>(
    `select m.document_number as number
       from (select min(number) as least, max(number) as most from message) ends, generate_series(0, $1) n,
            lateral (select document_number from message where number >= least + (most - least) * n / $1 order by number limit 1) m`,
    [searches],
  );
  const path = (look: number) => `${action}?${name}=${encodeURIComponent(rows[look % rows.length]?.number ?? '')}`;
  return timed(bench, browser, 'search by document number', path, searches);
}

/** What the background works out for the overview. */
async function sums({ pool }: Bench): Promise<Row[]> {
  const { rows } = await pool.query<{ kind: string; took: number }>(
    'select kind, took_ms as took from snapshot order by kind',
  );
  return rows.map(({ kind, took }) => ({ what: `in the background: ${kind}`, value: took, unit: 'ms' }));
}

const compare = ['steady (10–90 %)', 'gateway CPU', 'postgresql CPU'];

function compared(empty: readonly Row[], full: readonly Row[]): Row[] {
  const valueOf = (rows: readonly Row[], what: string): number =>
    rows.find((row) => row.what === what)?.value ?? Number.NaN;
  return compare.flatMap((what) => {
    const unit = full.find((row) => row.what === what)?.unit ?? '';
    const [before, after] = [valueOf(empty, what), valueOf(full, what)];
    return [
      { what: `drain, empty book: ${what}`, value: before, unit },
      { what: `drain, full book: ${what}`, value: after, unit },
      { what: `drain, change: ${what}`, value: (after / before - 1) * 100, unit: '%' },
    ];
  });
}
