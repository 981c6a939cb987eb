import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { openEnvelope } from '../../../chaos/outer/envelope.ts';

interface Vector {
  readonly name: string;
  readonly file: string;
  readonly signature: string;
  readonly result: string;
}
const here = (name: string): URL => new URL(`../../../vectors/${name}`, import.meta.url);
const vectors = JSON.parse(readFileSync(here('vectors.json'), 'utf8')) as Vector[];
const certificate = readFileSync(here('signing.pem'), 'utf8');

describe('an envelope, opened by whoever has only read about it', () => {
  for (const { name, file, signature, result } of vectors.filter((one) => one.result === 'opens'))
    it(`${name}: ${result}`, () => {
      const opened = openEnvelope(readFileSync(here(file)), signature, certificate);
      assert.equal(opened.signature, 'valid');
      assert.deepEqual(
        { ...opened.claims, id: undefined, sender: undefined },
        {
          id: undefined,
          sender: undefined,
          recipient: '5560160680',
          environment: 'test',
          sequence: 42,
          type: 'self-invoice',
          number: 'SF-2026-0042',
        },
      );
      assert.match(opened.documentSha256 ?? '', /^[0-9a-f]{64}$/);
    });

  for (const { name, file, signature, result } of vectors.filter((one) => one.result.startsWith('signature-')))
    it(`${name}: ${result}`, () => {
      assert.notEqual(openEnvelope(readFileSync(here(file)), signature, certificate).signature, 'valid');
    });

  it('a stated hash that is not the document’s is found', () => {
    const wrong = vectors.filter(({ name }) => name.endsWith('hash-wrong'));
    assert.ok(wrong.length >= 2);
    for (const { file, signature } of wrong)
      assert.notEqual(openEnvelope(readFileSync(here(file)), signature, certificate).signature, 'valid');
  });
});
