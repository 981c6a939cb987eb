import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { Fault } from '../../../../src/domain/fault.ts';
import { compileSchema, loadSchema } from '../../../../src/platform/schema/schema.ts';

const common = ['documents/common/1.json'];
const types = ['purchase-order', 'self-invoice', 'self-invoice-credit'];

function fileOf(type: string): { $id: string; title: string; description: string; examples: unknown[] } {
  return JSON.parse(readFileSync(new URL(`../../../../schemas/documents/${type}/1.json`, import.meta.url), 'utf8'));
}

describe('schemas', () => {
  for (const type of types) {
    it(`${type} has an id, a title, a description and examples that follow it`, () => {
      const schema = loadSchema(`documents/${type}/1.json`, 'X-1', common);
      const { $id, title, description, examples } = fileOf(type);
      assert.equal(schema.id, $id);
      assert.ok(title && description && examples.length > 0);
      for (const example of examples) assert.deepEqual(schema.check(example), []);
    });
  }

  it('have a file for each document type', () => {
    const folders = readdirSync(new URL('../../../../schemas/documents/', import.meta.url));
    assert.deepEqual(folders.toSorted(), ['common', ...types]);
  });

  it('report everything at once, each with pointer, rule, expected and found', () => {
    const schema = loadSchema('documents/self-invoice/1.json', 'X-1', common);
    const [example] = fileOf('self-invoice').examples as [Record<string, unknown>];
    const { number: _, ...rest } = example;
    const findings = schema.check({ ...rest, currency: 'kr', surprise: 1 });
    const byPlace = Object.fromEntries(
      findings.map(({ where, rule, expected, found }) => [where, { rule, expected, found }]),
    );
    assert.deepEqual(byPlace, {
      '/number': { rule: 'X-1', expected: 'present', found: '(nothing)' },
      '/surprise': { rule: 'X-1', expected: 'absent', found: '"surprise"' },
      '/currency': { rule: 'X-1', expected: 'Three capital letters (ISO 4217)', found: '"kr"' },
    });
  });

  it('point at the whole value when that is what is wrong', () => {
    const schema = loadSchema('documents/purchase-order/1.json', 'X-1', common);
    assert.equal(schema.check('text')[0]?.where, '/');
  });

  it('tell of a value of half a million wrong parts in one pass', () => {
    // With all its mistakes collected, this takes minutes.
    const [example] = fileOf('self-invoice').examples as [Record<string, unknown>];
    const schema = loadSchema('documents/self-invoice/1.json', 'X-1', common);
    const lines = Array.from({ length: 490_000 }, () => ({}));
    assert.deepEqual(
      schema.check({ ...example, lines }).map(({ where }) => where),
      ['/lines'],
    );
    const members = Object.fromEntries(Array.from({ length: 490_000 }, (_, i) => [`a${i}`, 1]));
    assert.equal(schema.check({ ...example, ...members }).length, 1);
  });

  it('quote what is found, however deep it is', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    const [example] = fileOf('self-invoice').examples as [Record<string, unknown>];
    const [finding] = loadSchema('documents/self-invoice/1.json', 'X-1', common).check({ ...example, note: deep });
    assert.deepEqual([finding?.where, finding?.found], ['/note', '[…]']);
  });

  it('that cannot be read or used are faults of the gateway', () => {
    assert.throws(
      () => loadSchema('documents/nothing/1.json', 'X-1'),
      (error) => error instanceof Fault && error.code === 'internal',
    );
    assert.throws(() => loadSchema('documents/self-invoice/1.json', 'X-1'), Fault);
    for (const [wrong, why] of [
      [{ properties: 1 }, /schema is invalid: data\/properties must be object/],
      [{ unknown: 1 }, /strict mode: unknown keyword/],
    ] as const)
      assert.throws(() => compileSchema({ $id: 'urn:test:wrong', ...wrong }, 'X-1'), why);
  });
});
