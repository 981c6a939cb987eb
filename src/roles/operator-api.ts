/** The operator-api role: the listener of operators, for their console and their scripts. */

import { readFileSync } from 'node:fs';
import { Fault } from '../domain/fault.ts';
import { sayIncident } from '../enrolment/incident-words.ts';
import type { SignInRules } from '../operations/access/sign-in.ts';
import { operatorContract } from '../operations/face/api/contract.ts';
import { cookieRules, operatorApp, whoAsks } from '../operations/face/app.ts';
import { assetRoute } from '../operations/face/assets.ts';
import { createLive } from '../operations/face/live.ts';
import { oidcRoutes } from '../operations/face/oidc.ts';
import { accountRoutes } from '../operations/face/pages/account.ts';
import { accountsRoutes } from '../operations/face/pages/accounts.ts';
import { auditRoutes } from '../operations/face/pages/audit.ts';
import { deadLetterRoutes } from '../operations/face/pages/dead-letter.ts';
import { deadLettersRoutes } from '../operations/face/pages/dead-letters.ts';
import { jobsRoutes } from '../operations/face/pages/jobs.ts';
import { messageRoutes } from '../operations/face/pages/message.ts';
import { messageDocumentRoutes } from '../operations/face/pages/message-document.ts';
import { messagesRoutes } from '../operations/face/pages/messages.ts';
import { overviewRoutes } from '../operations/face/pages/overview.ts';
import { settingsRoutes } from '../operations/face/pages/settings.ts';
import { faultPage, type Pages } from '../operations/face/pages.ts';
import type { OperatorRoute } from '../operations/face/route.ts';
import { signInRoutes } from '../operations/face/sign-in.ts';
import { createTries } from '../operations/face/tries.ts';
import { startRunner } from '../operations/jobs/runner.ts';
import { readStanding } from '../operations/standing.ts';
import { readCertificates } from '../pki/certificate.ts';
import { describeProcess } from '../platform/config/process.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import { createGuesses } from '../platform/http/guesses.ts';
import type { Log } from '../platform/log.ts';
import { version } from '../platform/version.ts';
import { createPool } from '../store/pool.ts';
import { loadCredentials } from './credentials.ts';
import type { Observe } from './meters.ts';
import { oidcSettings, providerOf } from './oidc.ts';
import type { OperatorApiCredentials } from './operator-credentials.ts';
import { listenForOperators } from './operator-listener.ts';
import { startRounds } from './operator-rounds.ts';
import { scriptRoutes } from './operator-scripts.ts';
import { openStore, type Running } from './parts.ts';
import { createEntrance, reentrySettings } from './re-entry.ts';
import { registerDeeds, registerPagesSettings, registerRoutes } from './register-pages.ts';

export const operatorApiSettings = [
  'environment',
  'databaseUrl',
  'databaseConnections',
  'operatorHost',
  'operatorPort',
  'operatorKeyFile',
  'operatorCertificateFile',
  'operatorUrl',
  'sessionIdle',
  'sessionLifetime',
  'signInTries',
  'signInLock',
  'wrongGuesses',
  'readyDeliveryLate',
  'readyOutboxLate',
  'signingOldCertificatesFile',
  'credentialsReload',
  ...oidcSettings,
  ...registerPagesSettings,
  ...reentrySettings,
] as const satisfies readonly SettingKey[];
export type OperatorApiSettings = Pick<Settings, (typeof operatorApiSettings)[number]>;

export interface OperatorApiOptions {
  /** Left out: read from the files that the settings name. */
  readonly credentials?: OperatorApiCredentials | undefined;
  /** Counts what the listener answers. */
  readonly observe?: Observe | undefined;
  /** For tests. */
  readonly now?: () => Date;
  /** For tests: milliseconds that a job waits for a process that says nothing, and between two looks for jobs. */
  readonly jobs?: { readonly lease: number; readonly every: number };
}

export interface OperatorApi extends Running {
  /** Where browsers reach it. */
  readonly origin: string;
  /** For the test of who may what. */
  readonly routes: readonly OperatorRoute[];
}

/** @throws Fault when PostgreSQL does not answer, a file of the settings is not right or the address cannot be had */
export async function startOperatorApi(
  settings: OperatorApiSettings,
  log: Log,
  options: OperatorApiOptions = {},
): Promise<OperatorApi> {
  const now = options.now ?? (() => new Date());
  const { listener: tls, oidcCa } =
    options.credentials ?? loadCredentials(settings, ['operator-api'], now())['operator-api'];
  requireTlsOutside(settings, tls !== undefined);
  const { signingOldCertificatesFile: oldFile } = settings;
  const signing = oldFile === undefined ? [] : [readCertificates(readFileSync(oldFile, 'utf8'), oldFile)];
  const begun = new AsyncDisposableStack();
  try {
    const pool = begun.adopt(await openStore(settings, 'operator-api', log), (one) => one.close());
    let origin = '';
    const pages: Pages = { environment: settings.environment };
    const patience = { delivery: settings.readyDeliveryLate, outbox: settings.readyOutboxLate };
    const overview = (at: Date) => readStanding(pool, patience, at);
    const door = { log, pool, origin: () => origin, idle: settings.sessionIdle, now };
    const live = createLive({
      log,
      read: () => overview(now()),
      readerNow: async ({ request }) => {
        const who = await whoAsks(door, request, true);
        return who?.may.has('view') === true ? who : undefined;
      },
      every: 5_000,
      most: 100,
      mostOfOne: 10,
    });
    const sums = begun.adopt(
      createPool({ url: settings.databaseUrl, connections: 3, name: 'kuvert operator-api sums' }),
      (one) => one.close(),
    );
    const entrance = begun.adopt(createEntrance(settings, pool, log, now), (one) => one.close());
    const runner = startRunner({ pool, log, now, ...(options.jobs ?? usualJobs) });
    begun.defer(() => runner.stop());
    const provider = providerOf(settings, oidcCa, log);
    const entry = {
      pool,
      pages,
      provider,
      rules: rulesOf(settings),
      cookies: () => cookieRules(origin),
      tries: createTries(createGuesses(settings.wrongGuesses, () => performance.now())),
    };
    const deeds = registerDeeds(settings, pool);
    const prover = { signing: () => signing, version: version() };
    const { documentBytes } = settings;
    const started = () => runner.wake();
    const describe = describeProcess;
    const accounts = { pool, pages, origin: () => origin, idle: settings.sessionIdle };
    const routes: readonly OperatorRoute[] = [
      assetRoute,
      ...overviewRoutes({ pool, pages, live, overview, sayIncident }),
      ...messagesRoutes({ pool, pages }),
      ...messageRoutes({ pool, pages }),
      ...messageDocumentRoutes({ pool, pages, ...prover }),
      ...registerRoutes(deeds, pool, pages, sums),
      ...jobsRoutes({ pool, sums, pages, started }),
      ...deadLettersRoutes({ pool, pages }),
      ...deadLetterRoutes({ pool, pages, entrance, documentBytes }),
      ...auditRoutes({ pool, pages }),
      ...settingsRoutes({ pages, describe }),
      ...accountsRoutes(accounts),
      ...accountRoutes(accounts),
      ...scriptRoutes({
        pool,
        overview,
        sayIncident,
        sums,
        started,
        describe,
        entrance,
        documentBytes,
        ...deeds,
        ...prover,
      }),
      ...signInRoutes(entry),
      ...(provider === undefined ? [] : oidcRoutes({ ...entry, provider, origin: () => origin })),
    ];
    const observe = options.observe ?? ((_listener, handler) => handler);
    const app = operatorApp(
      {
        ...door,
        contract: operatorContract,
        faultPage: (problem, fault, asked) => faultPage(pages, problem, fault, asked),
      },
      routes,
    );
    const observed = observe('operator-api', app);
    begun.use(startRounds(settings.databaseUrl, log, now));
    const listener = await listenForOperators(settings, tls, { log, now }, observed);
    begun.defer(() => listener.close());
    // Before the listener closes: it would wait for pages that are open.
    begun.defer(() => live.stop());
    const { operatorHost: host } = settings;
    origin = settings.operatorUrl ?? originOf(host, listener.port, tls !== undefined);
    log.info('the operators listener runs', { host, port: listener.port, origin });
    const { reload } = listener;
    return { origin, routes, stop: () => begun.disposeAsync(), ...(reload === undefined ? {} : { reload }) };
  } catch (error) {
    await begun.disposeAsync();
    throw error;
  }
}

const usualJobs = { lease: 15_000, every: 1_000 };

const rulesOf = (settings: OperatorApiSettings): SignInRules => ({
  wrongPasswords: settings.signInTries,
  lockFor: settings.signInLock,
  sessionFor: settings.sessionLifetime,
});

/** Passwords and documents go in the clear over nobody's network. */
function requireTlsOutside({ operatorHost: host }: OperatorApiSettings, tls: boolean): void {
  if (tls || /^(localhost|127(\.\d+){3}|::1)$/.test(host)) return;
  throw new Fault(
    'setting-invalid',
    `KUVERT_OPERATOR_HOST (${host}) can be reached from outside this machine: KUVERT_OPERATOR_KEY_FILE and KUVERT_OPERATOR_CERTIFICATE_FILE must be set`,
  );
}

const originOf = (host: string, port: number, tls: boolean): string =>
  `${tls ? 'https' : 'http'}://${host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
