import { strict as assert } from 'node:assert';
import { axeViolations } from '../support/axe.ts';
import { type Browser, goTo, openWindow, seen, startChromium } from '../support/chromium.ts';
import { type Console, openConsole } from '../support/console.ts';
import { startOidc, type TestProvider } from '../support/oidc.ts';

describe('operators sign in by their OpenID Connect provider in a browser', () => {
  let oidc: TestProvider;
  let desk: Console;
  let browser: Browser;
  before(async () => {
    // On 127.0.0.1, and the console on localhost: to a browser two sites.
    oidc = await startOidc();
    oidc.asks = true;
    desk = await openConsole({
      settings: {
        KUVERT_OIDC_ISSUER: oidc.issuer,
        KUVERT_OIDC_CLIENT_ID: oidc.clientId,
        KUVERT_OIDC_CLIENT_SECRET: oidc.clientSecret,
        KUVERT_OIDC_ROLES: 'kuvert-operators=operator',
        KUVERT_OIDC_NAME: 'Myndighets-id',
      },
    });
    oidc.register(desk.api.origin);
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await desk?.stop();
    await oidc?.down();
  });

  it('there and back between two sites, to the page that they wanted, and out again', async () => {
    oidc.person = { sub: 's-1', claims: { name: 'Anna Ek', groups: ['kuvert-operators'] } };
    const { page, close } = await openWindow(browser, desk.api.origin);
    await page.goto('/jobs?state=done');
    await page.getByRole('link', { name: 'Logga in med Myndighets-id' }).click();
    assert.equal(new URL(page.url()).origin, oidc.issuer);
    await page.getByRole('button', { name: 'It is me' }).click();
    assert.equal(page.url(), `${desk.api.origin}/jobs?state=done`);
    await goTo(page, '/account');
    assert.match(await seen(page), /Anna Ek[^]*operatör[^]*Du loggar in med Myndighets-id/);
    const cookies = await page.context().cookies(desk.api.origin);
    assert.ok(cookies.some(({ name, httpOnly }) => name === 'kuvert-session' && httpOnly));
    assert.ok(!cookies.some(({ name }) => name === 'kuvert-oidc'), 'what was on its way has arrived');
    await page.getByRole('button', { name: 'Logga ut' }).click();
    assert.match(await seen(page), /Du är utloggad/);
    await page.getByRole('link', { name: 'Logga ut från Myndighets-id' }).click();
    assert.match(page.url(), new RegExp(`^${oidc.issuer}/session/end`));
    await close();
  });

  it('without a role they are told so on a page that keeps nothing of the answer and that axe has nothing against', async () => {
    oidc.person = { sub: 's-2', claims: { name: 'Bo Ek', groups: ['others'] } };
    const { page, close } = await openWindow(browser, desk.api.origin);
    await goTo(page, '/sign-in');
    assert.deepEqual(await axeViolations(page), []);
    await page.getByRole('link', { name: 'Logga in med Myndighets-id' }).click();
    await page.getByRole('button', { name: 'It is me' }).click();
    assert.match(await seen(page), /inget som anges i ”groups” ger en roll här/);
    const { searchParams } = new URL(page.url());
    const code = searchParams.get('code') ?? '';
    assert.ok(code.length > 20 && !(await page.content()).includes(code));
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await axeViolations(page), [], colorScheme);
    }
    await page.getByRole('button', { name: 'English' }).click();
    assert.equal(page.url(), `${desk.api.origin}/sign-in?next=%2F`);
    assert.match(await seen(page), /Sign in with Myndighets-id/);
    await close();
  });
});
