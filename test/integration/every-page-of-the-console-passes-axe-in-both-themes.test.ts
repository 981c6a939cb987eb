import { strict as assert } from 'node:assert';
import { axeViolations } from '../support/axe.ts';
import { openWindow } from '../support/chromium.ts';
import { visit } from '../support/console-pages.ts';
import { type Desk, openDesk } from '../support/desk.ts';

describe('every page of the console', () => {
  let desk: Desk;
  before(async () => {
    desk = await openDesk();
  });
  after(() => desk?.close());

  it('is among those that are looked at here', () => {
    const shown = desk.api.routes.filter(({ method, shows }) => method === 'GET' && shows === 'page');
    assert.ok(shown.length > 20);
    assert.deepEqual(
      shown.map(({ path }) => path).filter((path) => !desk.pages.some(({ route }) => route === path)),
      [],
      'pages that nobody looks at: test/support/console-pages.ts',
    );
  });

  it('has nothing that axe objects to, light and dark', async function () {
    // Twice some forty pages, a second each on a machine that does other things too.
    this.timeout(600_000);
    const found: string[] = [];
    for (const outside of [false, true]) {
      const who = outside ? {} : { who: desk.who };
      const { page, close } = await openWindow(desk.browser, desk.api.origin, who);
      for (const shown of desk.pages.filter((one) => (one.outside === true) === outside)) {
        await page.emulateMedia({ colorScheme: 'light' });
        await visit(page, shown);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          found.push(...(await axeViolations(page)).map((line) => `${shown.name}, ${colorScheme}: ${line}`));
        }
      }
      await close();
    }
    assert.deepEqual(found, []);
  });
});
