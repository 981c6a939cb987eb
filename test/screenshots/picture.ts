/** One picture of one page. */
import { writeFileSync } from 'node:fs';
import { openWindow, type Page } from '../support/chromium.ts';
import { type ShownPage, visit } from '../support/console-pages.ts';
import type { Desk } from '../support/desk.ts';

export interface Kind {
  readonly language: 'sv' | 'en';
  readonly theme: 'light' | 'dark';
  readonly width: 'wide' | 'narrow';
  /** Pixels at which a picture of the documentation is cut. */
  readonly high?: number;
}

const widths = { wide: { width: 1_280, height: 880 }, narrow: { width: 390, height: 844 } } as const;

export function kindsOf(one: boolean): readonly Kind[] {
  const all = (['sv', 'en'] as const).flatMap((language) =>
    (['light', 'dark'] as const).flatMap((theme) =>
      (['wide', 'narrow'] as const).map((width) => ({ language, theme, width })),
    ),
  );
  return one ? all.slice(0, 1) : all;
}

/**
 * @param name without its ending
 * @param small for pages that many read: WebP, and cut where it is long
 * @returns bytes
 */
export async function picture(desk: Desk, shown: ShownPage, kind: Kind, name: string, small: boolean): Promise<number> {
  const { page, close } = await openWindow(desk.browser, desk.api.origin, {
    ...kind,
    ...widths[kind.width],
    ...(shown.outside === true ? {} : { who: desk.who }),
  });
  await visit(page, shown);
  // What was done on it may have moved it; what sticks to the window would stand in the middle.
  await page.evaluate('scrollTo(0, 0)');
  const bytes = small
    ? await webp(page, kind.high ?? Number.POSITIVE_INFINITY)
    : await page.screenshot({ fullPage: true, animations: 'disabled', caret: 'hide' });
  writeFileSync(`${name}.${small ? 'webp' : 'png'}`, bytes);
  await close();
  return bytes.length;
}

/** Chromium writes it; playwright does not ask for it. */
async function webp(page: Page, high: number): Promise<Buffer> {
  const { width } = widths.wide;
  const height = Math.min(high, Number(await page.evaluate('document.documentElement.scrollHeight')));
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', {
    format: 'webp',
    quality: 80,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height, scale: 1 },
  });
  return Buffer.from(data, 'base64');
}
