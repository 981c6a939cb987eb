/** The operators' listener for tests, and people who have signed in to it. */
import { addAccount } from '../../src/operations/access/accounts.ts';
import type { OperatorRole } from '../../src/operations/access/permissions.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import type { Log } from '../../src/platform/log.ts';
import {
  type OperatorApi,
  type OperatorApiOptions,
  operatorApiSettings,
  startOperatorApi,
} from '../../src/roles/operator-api.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { type Visitor, visitor } from './browser.ts';
import { testLog } from './gateway-log.ts';
import { freshDatabase } from './servers.ts';

export interface SignedIn extends Visitor {
  /** As it stands in the audit. */
  readonly actor: string;
}

export interface Console {
  readonly api: OperatorApi;
  readonly pool: Pool;
  readonly databaseUrl: string;
  /** One more process on the same store. */
  another(options?: OperatorApiOptions): Promise<OperatorApi>;
  /** A new account with these roles, and the link that signs it in. */
  invited(name: string, ...roles: readonly OperatorRole[]): Promise<{ readonly secret: string }>;
  /** The same, who followed it. */
  signedIn(name: string, ...roles: readonly OperatorRole[]): Promise<SignedIn>;
  stop(): Promise<void>;
}

/** Without a store it makes its own, and closes it with itself. */
export async function openConsole(
  given: {
    readonly store?: { readonly pool: Pool; readonly databaseUrl: string };
    /** Its own store, but not a fresh one. */
    readonly databaseUrl?: string;
    readonly settings?: Readonly<Record<string, string>>;
    readonly options?: OperatorApiOptions;
    readonly log?: Log;
  } = {},
): Promise<Console> {
  const databaseUrl = given.store?.databaseUrl ?? given.databaseUrl ?? (await freshDatabase());
  const pool = given.store?.pool ?? createPool({ url: databaseUrl, connections: 3, name: 'test' });
  const settings = readSettings([...operatorApiSettings], {
    KUVERT_ENVIRONMENT: 'test',
    DATABASE_URL: databaseUrl,
    KUVERT_OPERATOR_PORT: '0',
    ...given.settings,
  });
  const api = await startOperatorApi(settings, given.log ?? testLog(), given.options);
  const now = given.options?.now ?? (() => new Date());
  const invited = (name: string, ...roles: readonly OperatorRole[]) =>
    addAccount(pool, { name, displayName: name, roles }, 3_600_000, {
      actor: 'cli:test',
      reason: 'a test',
      now: now(),
    });
  return {
    api,
    pool,
    databaseUrl,
    invited,
    another: (options) => startOperatorApi(settings, testLog(), options),
    signedIn: async (name, ...roles) => {
      const link = await invited(name, ...roles);
      const browser = visitor(api.origin);
      const { status } = await browser.post(`/sign-in/link/${link.secret}`, {});
      if (status !== 303) throw new Error(`the link of ${name} was answered ${status}`);
      await browser.get('/account');
      return { ...browser, actor: `operator:${name}` };
    },
    stop: async () => {
      await api.stop();
      if (given.store === undefined) await pool.close();
    },
  };
}
