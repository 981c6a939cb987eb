/** A browser before the console of an invented book, and somebody who may do everything. */
import { join } from 'node:path';
import { operatorRoles } from '../../src/operations/access/permissions.ts';
import type { OperatorApi } from '../../src/roles/operator-api.ts';
import type { Pool } from '../../src/store/pool.ts';
import { seedSmallBook } from './book.ts';
import { type Browser, startChromium } from './chromium.ts';
import { type Console, openConsole, type SignedIn } from './console.ts';
import { consolePages, type ShownPage } from './console-pages.ts';
import { freshDatabase, freshPrefix } from './servers.ts';

export interface Desk {
  readonly api: OperatorApi;
  readonly pool: Pool;
  readonly console: Console;
  readonly browser: Browser;
  readonly who: SignedIn;
  readonly pages: readonly ShownPage[];
  readonly close: () => Promise<void>;
}

export interface DeskOptions {
  readonly databaseUrl?: string;
  /** Everybody's clock. */
  readonly now?: Date;
  readonly messages?: number;
  readonly suppliers?: number;
  readonly progress?: (messages: number) => void;
}

/** Nobody listens there: what the pages say then is theirs too. */
const provider = {
  KUVERT_OIDC_ISSUER: 'https://127.0.0.1:9/staff',
  KUVERT_OIDC_CLIENT_ID: 'kuvert',
  KUVERT_OIDC_CLIENT_SECRET: 'not a secret',
  KUVERT_OIDC_ROLES: 'operators=operator',
  KUVERT_OIDC_NAME: 'Nordlogin',
};

export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const { now, progress, messages = 2_500, suppliers = 80 } = options;
  const databaseUrl = options.databaseUrl ?? (await freshDatabase());
  const folder = join('.kuvert/test', `desk-${freshPrefix()}`);
  await seedSmallBook({
    databaseUrl,
    folder,
    now: now ?? new Date(),
    messages,
    suppliers,
    ...(progress === undefined ? {} : { progress }),
  });
  const shown = await openConsole({
    databaseUrl,
    settings: provider,
    ...(now === undefined ? {} : { options: { now: () => now } }),
  });
  const browser = await startChromium();
  const who = await shown.signedIn('anna', ...operatorRoles);
  await shown.signedIn('erik', 'viewer', 'auditor');
  const { secret } = await shown.invited('vera', 'viewer');
  return {
    api: shown.api,
    pool: shown.pool,
    console: shown,
    browser,
    who,
    pages: await consolePages(shown.pool, who, secret),
    close: async () => {
      await browser.close();
      await shown.stop();
    },
  };
}
