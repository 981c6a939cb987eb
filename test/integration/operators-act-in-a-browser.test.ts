import { strict as assert } from 'node:assert';
import { moveMessage } from '../../src/operations/messages.ts';
import { listAudit } from '../../src/store/audit.ts';
import { type Browser, openWindow, type Page, seen, startChromium } from '../support/chromium.ts';
import { type Console, openConsole, type SignedIn } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  putInState,
  supplierFile,
  takeMessage,
} from '../support/register.ts';

const firm = '5560160680';

describe('in a browser an operator', () => {
  let desk: Console;
  let browser: Browser;
  let olle: SignedIn;
  before(async () => {
    desk = await openConsole();
    await importValue(desk.pool, supplierFile(firm, [addressEntry({ certificates: [await certificate('Ett')] })]));
    olle = await desk.signedIn('olle', 'operator');
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await desk?.stop();
  });

  const open = (more: Parameters<typeof openWindow>[2] = {}) =>
    openWindow(browser, desk.api.origin, { who: olle, ...more });
  const heldMessage = async (documentNumber: string): Promise<string> => {
    const messageId = await takeMessage(desk.pool, firm, { documentNumber });
    await moveMessage(desk.pool, { action: 'hold', messageId, actor: 'cli:test', reason: 'wait', now: new Date() });
    return messageId;
  };
  const stateOf = async (id: string) => (await deliveriesOf(desk.pool, id)).at(-1)?.state;

  for (const scripts of [true, false])
    it(`finds a held message by its document number and releases it${scripts ? '' : ', without scripts too'}`, async () => {
      const number = `SF-2026-00${scripts ? 1 : 2}`;
      const id = await heldMessage(number);
      const { page, complaints, close } = await open(scripts ? {} : { scripts: false });
      await page.goto('/');
      await page.getByRole('searchbox').fill(number);
      await page.getByRole('searchbox').press('Enter');
      await page.getByRole('heading', { name: number }).waitFor();
      assert.match(await seen(page), /stoppat/i);
      await page.locator('summary', { hasText: 'Släpp fram' }).click();
      const form = page.locator('#act-release');
      await form.getByRole('textbox', { name: 'Skäl' }).fill('leverantören är redo');
      await form.getByRole('button', { name: 'Släpp fram' }).click();
      await page.getByRole('status').filter({ hasText: 'Framsläppt' }).waitFor();
      assert.equal(await stateOf(id), 'waiting');
      const [row] = await listAudit(desk.pool, { action: 'message.release', subject: `message/${id}`, limit: 1 });
      assert.deepEqual([row?.actor, row?.reason], ['operator:olle', 'leverantören är redo']);
      assert.match(await seen(page), /leverantören är redo/, 'it stands in the story');
      assert.deepEqual(complaints, []);
      await close();
    });

  it('has an overview that asks for nothing while nobody sees it, and is fresh when it is seen again', async () => {
    const { page, complaints, close } = await open();
    const streams: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/overview/live')) streams.push('opened');
    });
    page.on('requestfailed', (request) => {
      if (request.url().endsWith('/overview/live')) streams.push('closed');
    });
    const turn = (hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await page.goto('/');
    await eventually('it is followed', async () => streams.join() === 'opened');
    await turn(true);
    await eventually('it is not followed', async () => streams.join() === 'opened,closed');
    await page.evaluate("document.querySelector('[data-live]').textContent = 'what was seen before'");
    await turn(false);
    await page.locator('[data-live] h2').first().waitFor();
    assert.deepEqual(streams, ['opened', 'closed', 'opened']);
    assert.doesNotMatch(await seen(page), /what was seen before/);
    assert.deepEqual(complaints, []);
    await close();
  });

  it('releases a held lane with the keyboard alone, and sees at each step where the keyboard is', async () => {
    const lane = await laneOf();
    await desk.pool.query(
      `update lane set state = 'held', reason = 'endpoint-rejects-us', detail = 'the endpoint answered 403', since = now(),
              wake_at = now() + interval '40 minutes' where id = $1`,
      [lane],
    );
    const { page, close } = await open();
    await page.goto('/');
    // 1 past the menu, to the lane that stands still.
    await tabTo(page, 'a.skip');
    await page.keyboard.press('Enter');
    await tabTo(page, `main a[href="/suppliers/${firm}"]`);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/suppliers/${firm}`);
    // 2 the action, its reason, and the button.
    await tabTo(page, 'a.skip');
    await page.keyboard.press('Enter');
    await tabTo(page, `details[id^="act-"]:has(form[action$="/${lane}/release"]) > summary`);
    await page.keyboard.press('Enter');
    await tabTo(page, `form[action$="/${lane}/release"] textarea`);
    await page.keyboard.type('de har bytt tillbaka');
    await tabTo(page, `form[action$="/${lane}/release"] button`);
    await page.keyboard.press('Enter');
    await page.getByRole('status').waitFor();
    const { rows } = await desk.pool.query<{ state: string }>('select state from lane where id = $1', [lane]);
    assert.equal(rows[0]?.state, 'flowing');
    const [row] = await listAudit(desk.pool, { action: 'lane.release', limit: 1 });
    assert.deepEqual([row?.actor, row?.reason], ['operator:olle', 'de har bytt tillbaka']);
    await close();
  });

  it('sees before a bulk resend what it would be, then how far it has come, and stops it', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 30; i++) ids.push(await takeMessage(desk.pool, firm, { messageType: 'purchase-order' }));
    for (const id of ids) await putInState(desk.pool, id, 'delivered');
    const again = async () => {
      const all = await Promise.all(ids.map((id) => deliveriesOf(desk.pool, id)));
      return all.filter((deliveries) => deliveries.length > 1).length;
    };
    const { page, complaints, close } = await open();
    await page.goto('/jobs/new');
    await page.locator('#action-resend').check();
    await page.locator('#recipient').fill(firm);
    await page.locator('#type').selectOption('purchase-order');
    await page.locator('#from').fill('1');
    await page.locator('#rate').fill('1');
    await page.locator('#reason').fill('deras databas är återläst');
    await page.getByRole('button', { name: 'Visa vad det skulle bli' }).click();
    await page.locator('#dry', { hasText: `30 meddelanden till Exempel ${firm} AB` }).waitFor();
    assert.equal(await again(), 0, 'a dry run does nothing');
    await page.getByRole('button', { name: 'Skicka om 30 meddelanden' }).click();
    // It moves by itself: the page is not loaded anew.
    await page.locator('#progress').waitFor();
    const loaded = await page.evaluate('performance.timeOrigin');
    await page.locator('progress:not([value="0"])').waitFor();
    assert.equal(await page.evaluate('performance.timeOrigin'), loaded);
    await page.locator('summary', { hasText: 'Stoppa jobbet' }).click();
    await page.locator('#reason-stop').fill('fel leverantör');
    await page.locator('#act-stop button').click();
    await page.locator('.tag.job-stopped').waitFor();
    const moved = await again();
    assert.ok(moved >= 1 && moved < 30, String(moved));
    assert.match(await seen(page), new RegExp(`${moved} av 30`));
    const [stop] = await listAudit(desk.pool, { action: 'job.stop', limit: 1 });
    assert.equal(stop?.reason, 'fel leverantör');
    assert.deepEqual(complaints, []);
    await close();
  });

  async function laneOf(): Promise<number> {
    const { rows } = await desk.pool.query<{ id: number }>('select id from address where organisation_number = $1', [
      firm,
    ]);
    return rows[0]?.id ?? 0;
  }
});

/** Presses Tab until that has the keyboard. Whatever has it on the way is to be seen: an outline, within the window. */
async function tabTo(page: Page, wanted: string): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate<Focus>(focused(wanted));
    assert.ok(focus.seen, `the keyboard is at ${focus.what}, and nothing shows it`);
    if (focus.there) return;
  }
  assert.fail(`the keyboard does not come to ${wanted}`);
}

interface Focus {
  readonly what: string;
  readonly there: boolean;
  readonly seen: boolean;
}

/** In the page. */
const focused = (wanted: string): string => `(() => {
  const one = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const { top, bottom, left, right } = one.getBoundingClientRect();
  const inside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  const seen = one === document.body || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 && inside);
  return { what: one.outerHTML.slice(0, 120), there: one.matches(${JSON.stringify(wanted)}), seen };
})()`;
