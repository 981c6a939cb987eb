import { strict as assert } from 'node:assert';
import { revocationReasons } from '../../src/domain/revocation.ts';
import type { Language } from '../../src/operations/catalogue.ts';
import { type Opened, openWindow, type WindowOptions } from '../support/chromium.ts';
import { type ShownPage, visit } from '../support/console-pages.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { foreignWords } from '../support/tongues.ts';

describe('every page of the console', () => {
  let desk: Desk;
  let data: readonly string[];
  before(async () => {
    desk = await openDesk();
    data = await writtenByPeople();
  });
  after(() => desk?.close());

  /** What was written by people and programs, and is not ours to translate; the longest first. */
  async function writtenByPeople(): Promise<string[]> {
    const { rows } = await desk.pool.query<{ said: string }>(
      `select name as said from supplier union select name from address union select reason from audit where reason is not null
        union select excerpt from attempt where excerpt is not null union select detail from lane where state = 'paused'
        union select description from certificate where description is not null union select display_name from operator_account
        union select actor from audit union select name from technical_contact union select description from certificate_order
        union select subject from certificate union select reason from job union select subject from audit
        union select details ->> 'why' from incident where details ? 'why'`,
    );
    return [...rows.map(({ said }) => said), ...revocationReasons]
      .filter((said) => said.length > 3)
      .sort((a, b) => b.length - a.length);
  }

  /** Each page, one after another, each kind of person in a window. */
  async function onEachPage(options: WindowOptions, look: (shown: ShownPage, window: Opened) => Promise<void>) {
    for (const outside of [false, true]) {
      const window = await openWindow(desk.browser, desk.api.origin, {
        ...options,
        ...(outside ? {} : { who: desk.who }),
      });
      for (const shown of desk.pages.filter((one) => (one.outside === true) === outside)) {
        await visit(window.page, shown);
        await look(shown, window);
      }
      await window.close();
    }
  }

  for (const language of ['sv', 'en'] as const satisfies readonly Language[])
    it(`has no word of the other language, in ${language}; asks nothing from elsewhere, and the browser has no complaint`, async () => {
      const found: string[] = [];
      const complaints: string[] = [];
      await onEachPage({ language }, async (shown, window) => {
        found.push(...(await foreignWords(window.page, language, data)).map((line) => `${shown.name}: ${line}`));
        complaints.push(...window.complaints.splice(0).map((line) => `${shown.name}: ${line}`));
      });
      assert.deepEqual(found, []);
      assert.deepEqual(complaints, []);
    });

  it('fits a telephone: nothing has to be moved sideways, and the menu leads everywhere', async () => {
    const wide: string[] = [];
    await onEachPage({ width: 390, height: 800 }, async (shown, { page }) => {
      const { scrollWidth, innerWidth, culprit } = await page.evaluate<Sideways>(sideways);
      if (scrollWidth > innerWidth) wide.push(`${shown.name}: ${scrollWidth} of ${innerWidth} pixels, ${culprit}`);
    });
    assert.deepEqual(wide, []);
    const { page, close } = await openWindow(desk.browser, desk.api.origin, { who: desk.who, width: 390 });
    await page.goto('/');
    const places = await page.locator('.places a').count();
    assert.ok(places >= 9);
    for (let i = 0; i < places; i++) {
      const link = page.locator('.places a').nth(i);
      const name = await link.innerText();
      await link.click();
      await page.locator('.places [aria-current]', { hasText: name }).waitFor();
    }
    await close();
  });

  it('is read in the other language by one press, on the page where one is, and the choice stays', async () => {
    const { page, close } = await openWindow(desk.browser, desk.api.origin, { who: desk.who });
    await page.goto('/messages?state=held');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Messages' }).waitFor();
    assert.match(page.url(), /\/messages\?state=held$/);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await page.goto('/suppliers');
    await page.getByRole('heading', { name: 'Suppliers', level: 1 }).waitFor();
    await close();
  });
});

interface Sideways {
  readonly scrollWidth: number;
  readonly innerWidth: number;
  readonly culprit: string;
}

/** In the page. */
const sideways = `(() => {
  const { scrollWidth } = document.documentElement;
  const over = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.parentElement.closest('.scroll, .places, .parts'));
  return { scrollWidth, innerWidth, culprit: over.slice(0, 3).map((one) => one.tagName + '.' + one.className).join(' ') };
})()`;
