import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import { faultTable } from '../../../src/domain/fault.ts';
import { loadContract } from '../../../src/platform/http/contract.ts';
import { openContract } from '../../support/contract.ts';

const folder = new URL('../../../schemas/openapi/', import.meta.url);

/** Every value under a name, at any depth. */
function found(value: unknown, name: string): unknown[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, member]) => [...(key === name ? [member] : []), ...found(member, name)]);
}

for (const name of readdirSync(folder))
  describe(`the contract ${name}`, () => {
    const contract = loadContract(`openapi/${name}/1.json`);
    const { operations, holds, resolve } = openContract(contract);

    it('is one document: each reference leads somewhere in it', () => {
      const references = found(contract, '$ref');
      assert.ok(references.length > 10);
      for (const $ref of references) {
        // The envelope has definitions of its own, by no reference of ours.
        assert.match(String($ref), /^#\//);
        resolve({ $ref });
      }
    });

    it('each example is as its schema says', () => {
      let examples = 0;
      const media = [...found(contract, 'content')] as Record<string, Record<string, unknown>>[];
      for (const content of media)
        for (const [type, { schema, example, examples: several }] of Object.entries(content)) {
          const values = Object.values((several ?? {}) as Record<string, { value: unknown }>).map(({ value }) => value);
          for (const value of [...values, ...(example === undefined ? [] : [example])]) {
            holds(schema, value, type);
            examples += 1;
          }
        }
      assert.ok(examples > 5);
    });

    it('each example of a problem has the title and status of the fault table', () => {
      for (const example of found(contract, 'example') as Record<string, unknown>[]) {
        const code = /^urn:kuvert:fault:(.+)$/.exec(String(example['type']))?.[1] as
          | keyof typeof faultTable
          | undefined;
        if (code === undefined) continue;
        assert.deepEqual([code, example['status']], [code, faultTable[code].status]);
        assert.equal(example['title'], faultTable[code].title);
      }
    });

    it('each operation has an id of its own, a summary, and an answer for what goes wrong', () => {
      const ids = found(contract.paths, 'operationId');
      assert.equal(new Set(ids).size, operations.length);
      for (const { responses } of operations) assert.ok(Object.keys(responses).some((status) => /^[45d]/.test(status)));
    });
  });
