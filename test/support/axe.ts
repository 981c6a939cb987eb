/** axe-core, the checker of accessibility, in a page: the rules of WCAG 2.1, levels A and AA. */
import axe from 'axe-core';
import type { Page } from './chromium.ts';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

/** @returns a line for each violation: the rule, what it wants, and where */
export async function axeViolations(page: Page): Promise<string[]> {
  // Over the debugger, which no policy of the page binds.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  return page.evaluate(async (wanted) => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(
      { exclude: [] },
      { runOnly: { type: 'tag', values: wanted }, resultTypes: ['violations'] },
    );
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => `${id} (${help}) at ${target.join(' ')}: ${failureSummary}`),
    );
  }, tags);
}
