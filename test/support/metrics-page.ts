/** The tables in docs/metrics.md, made from the registry of a process. `node test/support/metrics-page.ts` writes them there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createGauges } from '../../src/roles/gauges.ts';
import { createMeters } from '../../src/roles/meters.ts';

export const metricsPage = new URL('../../docs/metrics.md', import.meta.url);

const mark = (which: string, end: 'begin' | 'end') =>
  `<!-- ${which}: ${end}${end === 'begin' ? ' (made by test/support/metrics-page.ts)' : ''} -->`;

export async function withMetrics(page: string): Promise<string> {
  const metrics = createMetrics();
  createMeters(metrics);
  createGauges(metrics);
  const ours = metrics.told().map(({ name, type, labels, help }) => {
    const named = Object.entries(labels).map(
      ([label, values]) => `\`${label}\`: ${values.map((value) => `\`${value}\``).join(', ')}`,
    );
    return `| \`${name}\` | ${type} | ${named.join('; ')} | ${help} |`;
  });
  const others = (await metrics.ofProcess()).map(({ name, help }) => `| \`${name}\` | ${help} |`);
  return within(
    within(page, 'line', ['| metric | type | labels | what it is |', '|---|---|---|---|', ...ours]),
    'process',
    ['| metric | what it is |', '|---|---|', ...others],
  );
}

function within(page: string, which: string, lines: readonly string[]): string {
  const begin = mark(which, 'begin');
  const from = page.indexOf(begin);
  const to = page.indexOf(mark(which, 'end'));
  if (from < 0 || to < from) throw new Error(`docs/metrics.md has lost the marks of its table “${which}”`);
  return `${page.slice(0, from)}${begin}\n${lines.join('\n')}\n${page.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(metricsPage, await withMetrics(readFileSync(metricsPage, 'utf8')));
