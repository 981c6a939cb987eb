import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Fault, faultCodes } from '../../../src/domain/fault.ts';
import { keysOfCertificates, keysOfJwks } from '../../../src/envelope/keys.ts';
import { type OpenOptions, openEnvelope } from '../../../src/envelope/open.ts';

interface Vector {
  name: string;
  what: string;
  file: string;
  signature: string;
  expect?: NonNullable<OpenOptions['expect']>;
  result: string;
  where?: string;
}
const here = (name: string): URL => new URL(`../../vectors/${name}`, import.meta.url);
const vectors = JSON.parse(readFileSync(here('vectors.json'), 'utf8')) as Vector[];
const keys = keysOfJwks(JSON.parse(readFileSync(here('jwks.json'), 'utf8')));

describe('envelope test vectors', () => {
  for (const { name, what, file, signature, expect, result, where } of vectors) {
    it(`${name}: ${what} → ${result}`, async () => {
      const opening = openEnvelope(readFileSync(here(file)), signature, { keys, ...(expect && { expect }) });
      if (result === 'opens') {
        const opened = await opening;
        assert.equal(opened.documentNumber, 'SF-2026-0042');
        assert.equal(opened.sequence, 42n);
        assert.equal(opened.format, name.startsWith('sfti') ? 'sfti' : 'cloudevents');
        assert.ok(opened.document.includes('Självfakturering'));
        assert.equal(createHash('sha256').update(opened.document).digest('hex'), opened.documentSha256);
        return;
      }
      await assert.rejects(opening, (error) => {
        assert.ok(error instanceof Fault, String(error));
        assert.equal(error.code, result);
        assert.notEqual(error.message, '');
        if (where !== undefined)
          assert.ok(
            error.findings.some((finding) => finding.where === where),
            `finding at ${where}, not ${JSON.stringify(error.findings)}`,
          );
        return true;
      });
    });
  }

  it('there are vectors for every fault of an envelope, and every file is used', () => {
    const results = new Set(vectors.map((vector) => vector.result));
    assert.deepEqual(
      [...results].sort(),
      ['opens', ...faultCodes.filter((code) => /^envelope-malformed|^signature-/.test(code))].sort(),
    );
    const files = new Set(vectors.map((vector) => vector.file));
    for (const file of readdirSync(here('envelopes/'))) assert.ok(files.has(`envelopes/${file}`), file);
    assert.equal(new Set(vectors.map((vector) => vector.name)).size, vectors.length);
  });

  it('the certificate verifies what the key set verifies', () => {
    assert.deepEqual([...keysOfCertificates([readFileSync(here('signing.pem'), 'utf8')]).keys()], [...keys.keys()]);
  });
});
