import { strict as assert } from 'node:assert';
import { Client } from 'pg';
import type { Local } from '../../src/platform/local/local.ts';
import { type Browser, openWindow, type Page, startChromium } from '../support/chromium.ts';
import { type Console, openConsole, type SignedIn } from '../support/console.ts';
import { addressEntry, certificate, importValue, supplierFile, takeMessage } from '../support/register.ts';
import { freshDatabase, ownServers } from '../support/servers.ts';

const firm = '5560160680';
const well = 'Allt är som det ska';

describe('the overview, open in a browser', () => {
  let servers: Local;
  let desk: Console;
  let browser: Browser;
  let vera: SignedIn;
  before(async () => {
    servers = await ownServers({ postgres: true });
    desk = await openConsole({ databaseUrl: await freshDatabase(servers.postgres?.url) });
    await importValue(desk.pool, supplierFile(firm, [addressEntry({ certificates: [await certificate('Ett')] })]));
    // Processes that are well, and stay so.
    for (const [role, value] of [
      ['intake', { redis: 1, broker: { connectedTo: 'broker:61613', away: null, oldest: null } }],
      ['delivery', { redis: 1 }],
    ] as const)
      await desk.pool.query(
        "insert into pulse (role, process, at, value) values ($1, gen_random_uuid(), clock_timestamp() + interval '1 day', $2)",
        [role, JSON.stringify(value)],
      );
    vera = await desk.signedIn('vera', 'viewer');
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await desk?.stop();
    await servers?.stop();
  });

  const firstLine = (page: Page, says: string) =>
    page.locator('#standing:not(.stale) #verdict', { hasText: says }).waitFor();
  const staleSince = (page: Page) =>
    page.locator('#away', { hasText: /Så här var det \d\d:\d\d\. Sedan dess har inget hörts/ }).waitFor();
  /** Runs with the overview open and well; at the end it is still the page that was loaded. */
  async function open(use: (page: Page) => Promise<void>, before?: (page: Page) => Promise<void>): Promise<void> {
    const { page, close } = await openWindow(browser, desk.api.origin, { who: vera });
    await before?.(page);
    await page.goto('/');
    const loaded = await page.evaluate('performance.timeOrigin');
    await firstLine(page, well);
    await use(page);
    await firstLine(page, well);
    assert.equal(await page.locator('#away').innerText(), '');
    assert.equal(await page.evaluate('performance.timeOrigin'), loaded, 'nobody loaded it anew');
    await close();
  }
  const checkAnew = () => desk.pool.query("delete from snapshot where kind = 'laws'");

  it('shows a lane that becomes held, and its cause, and that it flows again', () =>
    open(async (page) => {
      await desk.pool.query(
        "update lane set state = 'held', reason = 'endpoint-rejects-us', detail = 'the endpoint answered 403', since = now()",
      );
      await firstLine(page, 'Något behöver ses över');
      await page.locator(`main a[href="/suppliers/${firm}"]`).waitFor();
      await page.locator('td.why', { hasText: '403' }).waitFor();
      await desk.pool.query("update lane set state = 'flowing', reason = null, detail = null, since = now()");
    }));

  it('shows that something is due and nobody takes it, and that an answer to KA is not sent', () =>
    open(async (page) => {
      const id = await takeMessage(desk.pool, firm, {});
      await desk.pool.query("update delivery set next_try_at = now() - interval '10 minutes' where message_id = $1", [
        id,
      ]);
      await firstLine(page, 'Något behöver ses över');
      await page
        .locator('.late', {
          hasText: /något ska skickas nu men ingen tar det: 1, den längst försenade sedan \d\d:\d\d/,
        })
        .waitFor();
      await desk.pool.query('update outbox set sent_at = now() where sent_at is null');
      await desk.pool.query("update delivery set next_try_at = now() + interval '1 day' where message_id = $1", [id]);
      await firstLine(page, well);
      const { rows } = await desk.pool.query<{ id: number }>(
        "update outbox set sent_at = null, created_at = now() - interval '10 minutes' where id = (select min(id) from outbox) returning id",
      );
      assert.equal(rows.length, 1);
      await firstLine(page, 'Något behöver ses över');
      await page.locator('.late', { hasText: /äldsta svaret till KA är inte skickat sedan \d\d:\d\d/ }).waitFor();
      await desk.pool.query('update outbox set sent_at = now() where sent_at is null');
    }));

  it('shows a law of conservation that does not hold', () =>
    open(async (page) => {
      const bend = (by: number) =>
        desk.pool.transaction(async (db) => {
          await db.query("set local session_replication_role = 'replica'");
          await db.query('update recipient set counter = counter + $1', [by]);
        });
      await takeMessage(desk.pool, firm, {});
      await desk.pool.query("update delivery set next_try_at = now() + interval '1 day'");
      await desk.pool.query('update outbox set sent_at = now() where sent_at is null');
      await bend(1);
      await checkAnew();
      await firstLine(page, 'Det finns meddelanden som inte är redovisade');
      assert.notEqual(await page.locator('.breach').innerText(), '');
      await bend(-1);
      await checkAnew();
    }));

  it('says how old its picture is when PostgreSQL is killed, and comes back with it', () =>
    open(async (page) => {
      await servers.postgres?.kill();
      await staleSince(page);
      await page.locator('#standing.stale').waitFor();
      await servers.postgres?.restart();
    }));

  it('says so too when PostgreSQL hangs', () =>
    open(async (page) => {
      const other = new Client({ connectionString: desk.databaseUrl });
      await other.connect();
      await other.query('begin');
      await other.query('lock table snapshot in access exclusive mode');
      await staleSince(page);
      await other.end();
    }));

  it('asks again after it was turned away', () =>
    open(
      async () => undefined,
      async (page) => {
        await page.route('**/overview/live', (route) => route.fulfill({ status: 503 }), { times: 1 });
      },
    ));

  it('is ended in its own time when its gateway stops', async () => {
    const one = await desk.another();
    const { page, close } = await openWindow(browser, one.origin, { who: vera });
    const ended = page.waitForEvent('requestfinished', (request) => request.url().endsWith('/overview/live'));
    const begun = page.waitForResponse('**/overview/live');
    await page.goto('/');
    await begun;
    await one.stop();
    await ended;
    await close();
  });
});
