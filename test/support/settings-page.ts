/** The table in docs/settings.md, made from the table in the code. `node test/support/settings-page.ts` writes it there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeSettings } from '../../src/platform/config/describe.ts';
import { type SettingKey, settingsTable } from '../../src/platform/config/settings.ts';
import { roleNames, settingsFor } from '../../src/roles/start.ts';

export const settingsPage = new URL('../../docs/settings.md', import.meta.url);

const begin = '<!-- table: begin (made by test/support/settings-page.ts) -->';
const end = '<!-- table: end -->';

export function withTable(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error('docs/settings.md has lost the marks of its table');
  const rows = describeSettings({}).map(
    ({ key, name, value, secret, what }) =>
      `| \`${name}\`${secret ? ' (secret)' : ''} | ${value === undefined ? '' : value === '' ? '(none)' : `\`${value}\``} | ${neededBy(key)} | ${what.replaceAll('|', String.raw`\|`)} |`,
  );
  return `${page.slice(0, from)}${begin}\n| setting | default | must be set for | what it is |\n|---|---|---|---|\n${rows.join('\n')}\n${page.slice(to)}`;
}

function neededBy(key: SettingKey): string {
  const setting: { default?: string; optional?: true } = settingsTable[key];
  if (setting.default !== undefined || setting.optional === true) return '';
  return roleNames.filter((role) => settingsFor([role]).includes(key)).join(', ');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(settingsPage, withTable(readFileSync(settingsPage, 'utf8')));
