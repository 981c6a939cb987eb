/** Debian's Chromium without windows: one for each test file, and in it a window of its own for each person. */
import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Language } from '../../src/operations/catalogue.ts';
import { mustBeHere } from './installed.ts';

/** Where Debian's package has it. */
const program = '/usr/bin/chromium';

export type { Browser, Page };

export interface WindowOptions {
  /** Whose cookies; left out: somebody who is not signed in. */
  readonly who?: { readonly cookies: ReadonlyMap<string, string> };
  readonly language?: Language;
  readonly theme?: 'light' | 'dark';
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Left out: scripts run. */
  readonly scripts?: false;
}

export interface Opened {
  readonly page: Page;
  /** What the browser had to say: errors, what the policy forbade, what was asked from elsewhere, dialogs. */
  readonly complaints: string[];
  readonly close: () => Promise<void>;
}

/** Closed by the test file, in its after(). */
export async function startChromium(): Promise<Browser> {
  mustBeHere(existsSync(program), 'Chromium', 'chromium');
  return chromium.launch({
    executablePath: program,
    // Chromium's sandbox is not to be had as root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    // Who hears the signal stops the browser in its own order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

/** A window at the origin, which notes all that goes wrong in it. */
export async function openWindow(browser: Browser, origin: string, options: WindowOptions = {}): Promise<Opened> {
  const { who, language = 'sv', theme = 'light', width = 1_280, height = 800 } = options;
  const context = await browser.newContext({
    baseURL: origin,
    colorScheme: theme,
    // A machine of somebody in Stockholm; what pages say must not depend on it.
    locale: 'sv-SE',
    timezoneId: 'Europe/Stockholm',
    viewport: { width, height },
    reducedMotion: 'reduce',
    javaScriptEnabled: options.scripts ?? true,
  });
  context.setDefaultTimeout(45_000);
  const url = origin;
  await context.addCookies([
    { name: 'kuvert-language', value: language, url },
    ...[...(who?.cookies ?? [])]
      .filter(([name]) => name !== 'kuvert-language')
      .map(([name, value]) => ({ name, value, url })),
  ]);
  const complaints: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) complaints.push(`asks ${request.url()}`);
  });
  context.on('requestfailed', (request) => {
    // Whoever leaves a page ends what it still listens to.
    const why = request.failure()?.errorText ?? '';
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${why}`);
  });
  context.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('weberror', (error) => complaints.push(`error: ${error.error().message}`));
  context.on('console', (said) => {
    // A page that is answered with a fault is one: the browser notes that too.
    const ofThePage =
      /the server responded with a status of/.test(said.text()) && said.location().url === said.page()?.url();
    if (['error', 'warning'].includes(said.type()) && !ofThePage) complaints.push(`console: ${said.text()}`);
  });
  return { page: await context.newPage(), complaints, close: () => context.close() };
}

/** Goes there as one types an address, and sees that it is there. */
export async function goTo(page: Page, path: string, status = 200): Promise<void> {
  const answer = await page.goto(path, { waitUntil: 'load' });
  assert.equal(answer?.status(), status, path);
}

/** The text of a page's content, as it is seen. */
export const seen = (page: Page): Promise<string> => page.locator('main').innerText();
