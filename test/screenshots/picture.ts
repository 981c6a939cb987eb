/** One picture of one page. */
import { openWindow } from '../support/chromium.ts';
import { type ShownPage, visit } from '../support/console-pages.ts';
import type { Desk } from '../support/desk.ts';

export interface Kind {
  readonly language: 'sv' | 'en';
  readonly theme: 'light' | 'dark';
  readonly width: 'wide' | 'narrow';
}

const widths = { wide: { width: 1_280, height: 800 }, narrow: { width: 390, height: 844 } } as const;

export function kindsOf(one: boolean): readonly Kind[] {
  const all = (['sv', 'en'] as const).flatMap((language) =>
    (['light', 'dark'] as const).flatMap((theme) =>
      (['wide', 'narrow'] as const).map((width) => ({ language, theme, width })),
    ),
  );
  return one ? all.slice(0, 1) : all;
}

/** @param small cut below what is seen at once, and in few colours: for pages that many read */
export async function picture(desk: Desk, shown: ShownPage, kind: Kind, file: string, small: boolean): Promise<void> {
  const { page, close } = await openWindow(desk.browser, desk.api.origin, {
    ...kind,
    ...widths[kind.width],
    ...(shown.outside === true ? {} : { who: desk.who }),
  });
  await visit(page, shown);
  // What was done on it may have moved it; what sticks to the window would stand in the middle.
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: file, fullPage: !small, animations: 'disabled', caret: 'hide' });
  await close();
}
