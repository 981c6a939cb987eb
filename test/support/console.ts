/** The operators' listener for tests, and somebody who has signed in to it. */
import { addAccount } from '../../src/operations/access/accounts.ts';
import type { OperatorRole } from '../../src/operations/access/permissions.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { type OperatorApi, operatorApiSettings, startOperatorApi } from '../../src/roles/operator-api.ts';
import type { Pool } from '../../src/store/pool.ts';
import { type Visitor, visitor } from './browser.ts';
import { testLog } from './gateway-log.ts';

export interface SignedIn extends Visitor {
  /** As it stands in the audit. */
  readonly actor: string;
}

export interface Console {
  readonly api: OperatorApi;
  /** A new account with these roles, in English. */
  signedIn(...roles: readonly OperatorRole[]): Promise<SignedIn>;
  stop(): Promise<void>;
}

let accounts = 0;

export async function openConsole(
  pool: Pool,
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Console> {
  const written = { KUVERT_ENVIRONMENT: 'test', DATABASE_URL: databaseUrl, KUVERT_OPERATOR_PORT: '0', ...settings };
  const api = await startOperatorApi(readSettings([...operatorApiSettings], written), testLog());
  return {
    api,
    signedIn: async (...roles) => {
      const name = `anna${++accounts}`;
      const act = { actor: 'cli:test', reason: 'a test', now: new Date() };
      const link = await addAccount(pool, { name, displayName: 'Anna Ek', roles }, 60_000, act);
      const browser = visitor(api.origin);
      const { status } = await browser.post(`/sign-in/link/${link.secret}`, {});
      if (status !== 303) throw new Error(`the link of ${name} was answered ${status}`);
      browser.cookies.set('kuvert-language', 'en');
      return { ...browser, actor: `operator:${name}` };
    },
    stop: () => api.stop(),
  };
}
