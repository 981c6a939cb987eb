import { strict as assert } from 'node:assert';
import { parseJson } from '../../../../src/documents/json/scan.ts';
import { Fault } from '../../../../src/domain/fault.ts';

const limits = { bytes: 1e6, depth: 5, elements: 20 };

function fault(text: string): Fault {
  try {
    parseJson(text, limits);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('reading JSON', () => {
  it('gives what JSON.parse gives', () => {
    const text = '{"a":[1,-2.5e3,true,null,"å\\u00e4\\"\\\\"],"b":{"a":{}}}';
    assert.deepEqual(parseJson(text, limits), JSON.parse(text));
  });

  it('refuses a name that is twice in one object', () => {
    for (const text of ['{"a":1,"a":2}', '{"x":{"b":1,"c":2, "b" : 3}}', '{"a":1,"\\u0061":2}', '[{"a":{},"a":[]}]']) {
      assert.equal(fault(text).code, 'document-not-wellformed');
      assert.match(fault(text).message, /twice/);
    }
  });

  it('accepts the same name in different objects, and as a value', () => {
    for (const text of ['[{"a":1},{"a":1}]', '{"a":{"a":"a"},"b":"a"}', '{"a":["a:","a"]}']) parseJson(text, limits);
  });

  it('refuses what is not JSON', () => {
    for (const text of [
      '{',
      '{"a":1,}',
      '{a:1}',
      "{'a':1}",
      '{"a":01}',
      '{"a":NaN}',
      '{"a":1}{"b":2}',
      '{"a":"',
      '{"a":"\n"}',
      '{"a":1}//',
      '{"a":"\\x"}',
    ]) {
      assert.equal(fault(text).code, 'document-not-wellformed', text);
    }
  });

  it('refuses half a surrogate pair, in names and values', () => {
    for (const text of ['{"a":"\\ud800"}', '{"\\udc00":1}', '["\\ud83d\\u0041"]']) {
      assert.equal(fault(text).code, 'document-not-wellformed', text);
    }
    assert.deepEqual(parseJson('["\\ud83d\\ude00","\\\\ud800"]', limits), ['😀', '\\ud800']);
  });

  it('counts levels and values before it builds anything', () => {
    assert.equal(fault(`${'['.repeat(6)}${']'.repeat(6)}`).code, 'document-limit');
    assert.equal(fault('{"a":'.repeat(1_000_000)).code, 'document-limit');
    assert.equal(fault(`[${'1,'.repeat(20)}1]`).code, 'document-limit');
    assert.equal(fault(`{"a":"${'x'.repeat(100_001)}"}`).code, 'document-limit');
    parseJson('[[[[[1]]]]]', limits);
    parseJson(`[${'1,'.repeat(18)}"x"]`, limits);
  });

  it('takes __proto__ for a name like any other', () => {
    const value = parseJson('{"__proto__":{"admin":true}}', limits) as Record<string, unknown>;
    assert.equal(value.admin, undefined);
  });
});
