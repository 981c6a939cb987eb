import { strict as assert } from 'node:assert';
import { storableJson, storableText } from '../../../src/store/storable.ts';

describe('what is made storable', () => {
  it('text without NUL and lone surrogates stays as it is', () => {
    for (const text of ['', 'Åkeri & Söner', '\u{1F69A}', '\uFFFD', String.raw`\u0000`])
      assert.equal(storableText(text), text);
  });

  it('NUL and lone surrogates become the replacement character', () => {
    assert.equal(storableText('a\0b\ud800c\udc00'), 'a\uFFFDb\uFFFDc\uFFFD');
  });

  it('a cut never leaves half a character', () => {
    const text = storableText('abc\u{1F69A}', 4);
    assert.equal(text, 'abc\uFFFD');
    assert.ok(text.isWellFormed());
  });

  it('in JSON, values and names at every depth; escapes that were meant as text stay', () => {
    const json = storableJson({ 'a\0': ['\ud800', { b: '\0' }], c: String.raw`\u0000`, d: 1, e: null, f: undefined });
    assert.deepEqual(JSON.parse(json), {
      'a\uFFFD': ['\uFFFD', { b: '\uFFFD' }],
      c: String.raw`\u0000`,
      d: 1,
      e: null,
    });
    assert.equal(/(?<!\\)\\u(0000|d8)/.test(json), false);
  });
});
