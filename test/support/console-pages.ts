/** Every page of the console on a seeded book, and what one does on it to see all of it. For tests and for pictures. */
import type { Pool } from '../../src/store/pool.ts';
import { troubled } from './book.ts';
import { goTo, type Page } from './chromium.ts';
import type { SignedIn } from './console.ts';

export interface ShownPage {
  /** Of its picture. */
  readonly name: string;
  /** The route's path, as it stands in the program. */
  readonly route: string;
  readonly path: string;
  readonly status?: number;
  /** Somebody who is not signed in sees it. */
  readonly outside?: true;
  /** What one does on it, such as opening a document. */
  readonly does?: (page: Page) => Promise<void>;
}

export const visit = async (page: Page, shown: ShownPage): Promise<void> => {
  await goTo(page, shown.path, shown.status);
  await shown.does?.(page);
};

/** @param who may do everything; a job that is not started yet, and one that is done, are made in their name */
export async function consolePages(pool: Pool, who: SignedIn, link: string): Promise<readonly ShownPage[]> {
  const one = async (sql: string): Promise<string> => {
    const { rows } = await pool.query<{ key: string | number }>(sql);
    const [row] = rows;
    if (row === undefined) throw new Error(`the book has nothing such: ${sql}`);
    return String(row.key);
  };
  const message = (state: string, more = ''): Promise<string> =>
    one(`select m.id as key from delivery d join message m on m.id = d.message_id left join lane l on l.id = d.lane_id
          where d.current and d.state = '${state}' ${more}
          order by coalesce(l.reason, '') <> 'endpoint-certificate' desc, m.number desc limit 1`);
  const delivered = await message('delivered', "and d.delivered_by = 'pushed' and d.attempts > 1");
  const certificate = await one(
    'select fingerprint as key from certificate where type is not null order by not_after limit 1',
  );
  const order = await one('select transfer_id as key from certificate_order order by ordered_at desc limit 1');
  const deadLetter = await one(
    'select id as key from dead_letter where jsonb_array_length(findings) > 0 order by jsonb_array_length(findings) desc, taken_at desc limit 1',
  );
  const audit = await one("select max(id) as key from audit where details <> '{}'");
  const pull = await one("select organisation_number as key from address where delivery = 'pull' order by id limit 1");
  const busiest = await one(
    `select m.organisation_number as key from delivery d join message m on m.id = d.message_id
      where d.current and d.delivered_by = 'pushed' group by 1 order by count(*) desc, 1 limit 1`,
  );
  const draft = await draftJob(who, { recipient: busiest, from: '1', reason: 'their database was restored' });
  const done = await draftJob(who, { recipient: busiest, from: '2', to: '4', reason: 'ticket 4711' });
  await who.post(`${done}/start`, {});
  const page = (name: string, route: string, path = route): ShownPage => ({ name, route, path });
  return [
    { ...page('sign-in', '/sign-in'), outside: true },
    { ...page('sign-in-link', '/sign-in/link/:secret', `/sign-in/link/${link}`), outside: true },
    { ...page('sign-in-link-spent', '/sign-in/link/:secret', '/sign-in/link/none'), outside: true, status: 410 },
    { ...page('sign-in-provider-away', '/sign-in/oidc'), outside: true, status: 503 },
    {
      ...page('sign-in-provider-too-old', '/sign-in/oidc/callback', '/sign-in/oidc/callback?state=x'),
      outside: true,
      status: 400,
    },
    { ...page('overview', '/'), does: drawn },
    page('messages', '/messages'),
    page('messages-held', '/messages', '/messages?state=held'),
    page('messages-none', '/messages', '/messages?document=0000'),
    page('search', '/search', '/search?q=IO-2026'),
    page('search-none', '/search', '/search?q=0000-0000'),
    page('message-waiting', '/messages/:id', `/messages/${await message('waiting', 'and d.attempts > 0')}`),
    page('message-held', '/messages/:id', `/messages/${await message('held')}`),
    page('message-refused', '/messages/:id', `/messages/${await message('refused')}`),
    { ...page('message-delivered', '/messages/:id', `/messages/${delivered}`), does: unfolded },
    { ...page('message-document', '/messages/:id', `/messages/${delivered}`), does: opened('.paper') },
    page('message-envelope', '/messages/:id/envelope', `/messages/${delivered}/envelope`),
    page('suppliers', '/suppliers'),
    page('suppliers-standing', '/suppliers', '/suppliers?lane=standing'),
    page('supplier-held', '/suppliers/:supplier', `/suppliers/${troubled.organisationNumber}`),
    page('supplier-fetches', '/suppliers/:supplier', `/suppliers/${pull}`),
    page('certificates', '/certificates'),
    page('certificates-own', '/certificates/own'),
    page('certificate', '/certificates/:fingerprint', `/certificates/${certificate}`),
    page(
      'certificate-revoke',
      '/certificates/:fingerprint/revoke',
      `/certificates/${certificate}/revoke?as=superseded`,
    ),
    page('certificate-orders', '/certificates/orders'),
    page('certificate-order', '/certificates/orders/:order', `/certificates/orders/${order}`),
    page('dead-letters', '/dead-letters'),
    page('dead-letter', '/dead-letters/:id', `/dead-letters/${deadLetter}`),
    {
      ...page('dead-letter-document', '/dead-letters/:id', `/dead-letters/${deadLetter}`),
      does: opened('pre.document'),
    },
    page('jobs', '/jobs'),
    page('job-new', '/jobs/new'),
    page('job-dry-run', '/jobs/:id', draft),
    page('job', '/jobs/:id', done),
    page('audit', '/audit'),
    page('audit-row', '/audit/:id', `/audit/${audit}`),
    page('settings', '/settings'),
    page('accounts', '/accounts'),
    page('account-of-another', '/accounts/:name', '/accounts/erik'),
    page('account-new', '/new-account'),
    page('account', '/account'),
    { ...page('fault', '/jobs/:id', '/jobs/0'), status: 404 },
  ];
}

async function draftJob(who: SignedIn, wanted: Readonly<Record<string, string>>): Promise<string> {
  await who.get('/jobs/new');
  const { status, headers } = await who.post('/jobs', { action: 'resend', state: 'delivered', rate: '20', ...wanted });
  if (status !== 303) throw new Error(`the dry run was answered ${status}`);
  return String(headers['location']);
}

/** The chart comes after the page. */
const drawn = async (page: Page): Promise<void> => {
  await page.locator('#flow .u-wrap').waitFor();
};

const unfolded = async (page: Page): Promise<void> => {
  for (const one of await page.locator('main details > summary').all()) await one.click();
};

/** Its document, opened with a reason. */
const opened =
  (what: string) =>
  async (page: Page): Promise<void> => {
    const form = page.locator('#act-document');
    await form.locator('summary').click();
    await form.locator('textarea').fill('ticket 4711');
    await form.locator('button').click();
    await page.locator(what).waitFor();
  };
