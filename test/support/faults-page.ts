/** The table in docs/faults.md, made from the table in the code. `node test/support/faults-page.ts` writes it there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { faultCodes, faultTable } from '../../src/domain/fault.ts';

export const faultsPage = new URL('../../docs/faults.md', import.meta.url);

const begin = '<!-- table: begin (made by test/support/faults-page.ts) -->';
const end = '<!-- table: end -->';

export function withTable(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error('docs/faults.md has lost the marks around its table');
  const rows = faultCodes.map((code) => {
    const { disposition, status, title } = faultTable[code];
    return `| \`${code}\` | ${disposition} | ${status} | ${title.replaceAll('|', String.raw`\|`)} |`;
  });
  const table = ['| code | disposition | status | title |', '|---|---|---|---|', ...rows].join('\n');
  return `${page.slice(0, from)}${begin}\n${table}\n${page.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(faultsPage, withTable(readFileSync(faultsPage, 'utf8')));
