import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { damageKinds } from '../../../../src/operations/audit/report.ts';

describe('the page about the audit', () => {
  it('says of every kind of damage what was done, and of no other', () => {
    const page = readFileSync(new URL('../../../../docs/operations/audit.md', import.meta.url), 'utf8');
    const [, table = ''] = page.split('| `kind` | what was done |');
    const told = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([a-z-]+)` \| \S/gm)].map(([, kind]) => kind);
    assert.deepEqual(told, [...damageKinds]);
  });
});
