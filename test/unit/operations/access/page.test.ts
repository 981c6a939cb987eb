import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { operatorRoles, permissions, permissionsOf } from '../../../../src/operations/access/permissions.ts';
import { describeSettings } from '../../../../src/platform/config/describe.ts';

const page = readFileSync(new URL('../../../../docs/operations/operators.md', import.meta.url), 'utf8');

describe('docs/operations/operators.md', () => {
  it('says of each role what it may, and no more', () => {
    const [, table = ''] = /<!-- roles: begin -->\n([^]+?)<!-- roles: end -->/.exec(page) ?? [];
    const cells = (line: string) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim());
    const [head = '', , ...lines] = table.trim().split('\n');
    assert.deepEqual(cells(head), ['role', ...permissions]);
    assert.deepEqual(
      lines.map(cells),
      operatorRoles.map((role) => [
        `\`${role}\``,
        ...permissions.map((one) => (permissionsOf([role]).has(one) ? 'yes' : '')),
      ]),
    );
  });

  it('names settings that there are, with the defaults that they have', () => {
    const settings = new Map(describeSettings({}).map(({ name, value }) => [name, value]));
    const named = new Set(
      [...page.matchAll(/\bKUVERT_[A-Z_]+/g)].map(([name]) => name.replace(/_SECRET_FILE$/, '_SECRET')),
    );
    assert.ok(named.size > 10);
    for (const name of named) assert.ok(settings.has(name), name);
    assert.deepEqual(
      ['KUVERT_SESSION_IDLE', 'KUVERT_SESSION_LIFETIME', 'KUVERT_SIGN_IN_TRIES', 'KUVERT_SIGN_IN_LOCK'].map((name) =>
        settings.get(name),
      ),
      ['30m', '12h', '5', '15m'],
    );
  });
});
