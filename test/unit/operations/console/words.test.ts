import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { words } from '../../../../src/operations/console/words.ts';

const src = new URL('../../../../src/operations/', import.meta.url);
const files = (folder: string, end: string) =>
  readdirSync(new URL(folder, src), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => ({ name, text: readFileSync(new URL(`${folder}/${name}`, src), 'utf8') }));

describe('the console’s words', () => {
  const views = files('console/views', '.eta');
  const code = files('.', '.ts').filter(({ name }) => !name.startsWith('console/words'));

  it('has every word that a view asks for', () => {
    for (const { name, text } of views)
      for (const [, key = ''] of text.matchAll(/it\.w\('([^']+)'[,)]/g))
        assert.ok(Object.hasOwn(words, key), `${name}: ${key}`);
  });

  it('are all used, whole or by how they begin', () => {
    const all = [...views, ...code].map(({ text }) => text).join('\n');
    const literals = new Set([...all.matchAll(/'([\w.-]+)'/g)].map(([, key]) => key));
    const begins = [...all.matchAll(/'([\w.-]+[.-])' \+|`([\w.-]+[.-])\$\{/g)].map(([, a, b]) => a ?? b ?? '');
    const unused = Object.keys(words).filter(
      (key) => !literals.has(key) && !begins.some((beginning) => key.startsWith(beginning)),
    );
    assert.deepEqual(unused, []);
  });

  it('stand in no view: each of its texts comes from the catalogue', () => {
    for (const { name, text } of views) {
      const outside = text.replaceAll(/<%[^]*?%>/g, ' ').replaceAll(/<[^>]*>/g, ' ');
      // Names that are the same in every language.
      const left = outside.replaceAll(/SHA-256|Kuvert|TLS|traceparent|\bms\b|&\w+;/g, '').match(/\p{L}{2,}/gu);
      assert.equal(left, null, `${name}: ${left?.join(' ')}`);
    }
  });

  it('are filled in with the same facts in each language', () => {
    const facts = (text: string) => new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, fact]) => fact));
    for (const [key, { sv, en }] of Object.entries(words)) assert.deepEqual(facts(sv), facts(en), key);
  });
});
