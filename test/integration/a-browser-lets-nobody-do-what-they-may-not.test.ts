import { strict as assert } from 'node:assert';
import { jsonSelfInvoice } from '../../src/documents/sample.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import { moveMessage } from '../../src/operations/messages.ts';
import { type Browser, goTo, type Opened, openWindow, seen, startChromium } from '../support/chromium.ts';
import { type Console, openConsole, type SignedIn } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import {
  addressEntry,
  certificate,
  deliveriesOf,
  importValue,
  supplierFile,
  takeMessage,
} from '../support/register.ts';

const firm = '5560160680' as OrganisationNumber;
const evil = '<script>document.title="ran";alert(1)</script><img src=x onerror="alert(2)">';

describe('in a browser', () => {
  let desk: Console;
  let browser: Browser;
  /** Of the console, for sessions that end. */
  let later = 0;
  before(async () => {
    desk = await openConsole({ options: { now: () => new Date(Date.now() + later) } });
    await importValue(desk.pool, supplierFile(firm, [addressEntry({ certificates: [await certificate('Ett')] })]));
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await desk?.stop();
  });
  const windowOf = (who: SignedIn): Promise<Opened> => openWindow(browser, desk.api.origin, { who });

  it('a viewer sees nothing to press, and what they send all the same does nothing', async () => {
    const id = await takeMessage(desk.pool, firm);
    const act = { actor: 'cli:test', reason: 'wait', now: new Date() };
    await moveMessage(desk.pool, { action: 'hold', messageId: id, ...act });
    const { page, close } = await windowOf(await desk.signedIn('vera', 'viewer'));
    for (const path of [`/messages/${id}`, `/suppliers/${firm}`, '/jobs', '/certificates', '/settings', '/']) {
      await goTo(page, path);
      const forms = await page.locator('main form[method="post"], main details.action').count();
      assert.equal(forms, 0, path);
    }
    for (const path of ['/accounts', '/audit', '/jobs/new']) await goTo(page, path, 403);
    // The page is theirs, its hidden field is right: only the role is wanting.
    await goTo(page, `/messages/${id}`);
    const statuses = await page.evaluate<
      number[]
    >(`Promise.all(['/messages/${id}/release', '/messages/${id}/document', '/accounts'].map((path) =>
      fetch(path, { method: 'POST', body: new URLSearchParams({ form: document.querySelector('[name=form]').value, reason: 'x' }) })
        .then(({ status }) => status)))`);
    assert.deepEqual(statuses, [403, 403, 403]);
    assert.equal((await deliveriesOf(desk.pool, id)).at(-1)?.state, 'held');
    await close();
  });

  it('a document with a script in it is text, and a script that got onto a page would not run', async () => {
    const content = jsonSelfInvoice({ recipient: firm, number: 'SF-1', seed: 1, sellerName: evil }).toString();
    const id = await takeMessage(desk.pool, firm, { documentNumber: evil, content });
    const { page, complaints, close } = await windowOf(await desk.signedIn('olle', 'operator'));
    for (const path of ['/messages', `/messages/${id}`, `/search?q=${encodeURIComponent(evil)}`]) {
      await goTo(page, path);
      assert.ok((await seen(page)).includes(evil), path);
    }
    await goTo(page, `/messages/${id}`);
    await page.locator('#act-document summary').click();
    await page.locator('#reason-document').fill(evil);
    await page.locator('#act-document button').click();
    await page.locator('.paper').waitFor();
    const text = await seen(page);
    assert.equal(text.split(evil).length - 1, 2, 'as the party, and in its JSON');
    assert.equal(await page.locator('main script, main img').count(), 0);
    // The reason, in the audit of the message.
    await goTo(page, `/messages/${id}`);
    assert.ok((await seen(page)).includes(evil));
    assert.notEqual(await page.title(), 'ran');
    assert.deepEqual(complaints, []);
    // Were it no text, the policy is there still.
    await page.evaluate(`document.querySelector('main').insertAdjacentHTML('beforeend', '<img src="/none" onerror="document.title=\\'ran\\'">');
      document.querySelector('main').append(Object.assign(document.createElement('script'), { textContent: 'document.title = "ran"' }))`);
    await eventually(
      'both are refused',
      () => complaints.filter((one) => /Content Security Policy/.test(one)).length >= 2,
    );
    assert.notEqual(await page.title(), 'ran');
    await close();
  });

  it('a session that is left alone ends: the page goes to the sign-in, says why, and leads back', async () => {
    const who = await desk.signedIn('petra', 'operator');
    const { page, close } = await windowOf(who);
    const asked: string[] = [];
    await page.goto('/');
    await page.locator('#flow .u-wrap').waitFor();
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    // The page renews itself all the time, which is no sign of a person.
    later = 9 * 3_600_000;
    try {
      await page.waitForURL('**/sign-in?next=%2F');
      await page.getByRole('status').filter({ hasText: 'Din session är slut' }).waitFor();
      assert.equal(asked.at(-1)?.startsWith('/overview'), false, 'nothing is asked for any more');
      // What is sent from a page that was left open does nothing, and says so.
      const id = await takeMessage(desk.pool, firm);
      later = 0;
      const again = await windowOf(await desk.signedIn('pelle', 'operator'));
      await goTo(again.page, `/messages/${id}`);
      await again.page.locator('summary', { hasText: 'Stoppa' }).click();
      await again.page.locator('#reason-hold').fill('för sent');
      later = 9 * 3_600_000;
      await again.page.locator('#act-hold button').click();
      await again.page.getByRole('heading', { name: 'Din session är slut' }).waitFor();
      assert.equal((await deliveriesOf(desk.pool, id)).at(-1)?.state, 'waiting');
      await again.page.getByRole('link', { name: 'Logga in' }).click();
      await again.page.locator('#password').waitFor();
      await again.close();
    } finally {
      later = 0;
    }
    await close();
  });
});
