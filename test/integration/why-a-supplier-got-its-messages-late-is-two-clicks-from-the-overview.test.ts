import { strict as assert } from 'node:assert';
import { span } from '../../src/platform/moments.ts';
import { type Browser, openWindow, startChromium } from '../support/chromium.ts';
import { type Console, openConsole } from '../support/console.ts';
import { eventually } from '../support/eventually.ts';
import { framesFor, type Line, openLine, type TestSupplier } from '../support/line.ts';

/** As the third supplier of the demo: nobody listens when its messages come, and after a while somebody does. */
describe('why a supplier got its messages late', () => {
  let line: Line;
  let desk: Console;
  let browser: Browser;
  let supplier: TestSupplier;
  before(async () => {
    line = await openLine();
    supplier = await line.addSupplier({ behaviour: 'refuse' });
    await line.addSupplier();
    await line.take(framesFor(supplier.organisationNumber, 6));
    await line.deliver();
    await eventually('its lane backs off', async () => (await line.lane(supplier.lane)).state === 'backing-off');
    supplier.endpoint.behave('ok');
    await eventually('all is delivered', async () => (await line.states(supplier.lane))['delivered'] === 6);
    await eventually('its lane flows', async () => (await line.lane(supplier.lane)).state === 'flowing');
    desk = await openConsole({ store: line });
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await desk?.stop();
    await line?.close();
  });

  const stoodStill = async (): Promise<readonly [string, string | undefined]> => {
    const { rows } = await line.pool.query<{ began: Date; ended: Date }>(
      `select min(at) filter (where state <> 'flowing') as began, max(at) filter (where state = 'flowing') as ended
         from lane_change where lane_id = $1`,
      [supplier.lane],
    );
    return span(rows[0]?.began as Date, rows[0]?.ended);
  };

  for (const [language, cause] of [
    ['sv', /stod still från .*(?:anslut|nå)/i],
    ['en', /stood still from .*(?:connect|reach)/i],
  ] as const)
    it(`is two clicks from the overview: whose the fault was, when it began and when it ended, in ${language}`, async () => {
      const who = await desk.signedIn(`olle-${language}`, 'operator');
      const { page, complaints, close } = await openWindow(browser, desk.api.origin, { who, language });
      await page.goto('/');
      // 1 the supplier, which flows again; 2 one of the messages that waited.
      const row = page.locator('tr', { has: page.locator(`a[href^="/suppliers/${supplier.organisationNumber}"]`) });
      await row.locator('a[href^="/messages/"]').first().click();
      const why = await page.locator('.because').innerText();
      const [from, until = ''] = await stoodStill();
      assert.ok(why.includes(from) && why.includes(until), `${from}, ${until}: ${why}`);
      assert.match(why, cause);
      assert.deepEqual(complaints, []);
      await close();
    });
});
