import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { rules } from '../../../src/documents/rules.ts';
import { mutations as jsonMutations } from './json/mutations.ts';
import { mutations as svefakturaMutations } from './svefaktura/mutations.ts';

const root = new URL('../../../', import.meta.url);
const ids = Object.keys(rules).toSorted();

describe('the table of document rules', () => {
  it('has every rule documented in docs/documents.md, with its own sentence, and no other', () => {
    const rows = readFileSync(new URL('docs/documents.md', root), 'utf8').matchAll(
      /^\| `([A-Z]{3}-[A-Z]{3}-\d\d)` \| (.*?) \|$/gm,
    );
    const documented = Object.fromEntries([...rows].map(([, id = '', text = '']) => [id, text]));
    assert.deepEqual(documented, { ...rules });
  });

  it('has every rule used by the code', () => {
    const folder = new URL('src/documents/', root);
    const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && file !== 'rules.ts')
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('');
    for (const id of ids) assert.ok(source.includes(`'${id}'`), id);
  });

  it('has every rule broken by at least one test', () => {
    const tested = Object.entries({ ...jsonMutations, ...svefakturaMutations });
    assert.deepEqual(tested.map(([id]) => id).toSorted(), ids);
    for (const [id, cases] of tested) assert.ok(cases.length > 0, id);
  });
});
