import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/cli/run.ts';

interface Vector {
  readonly name: string;
  readonly file: string;
  readonly signature: string;
  readonly expect?: { readonly recipients?: readonly string[] };
  readonly result: string;
}
const folder = join(import.meta.dirname, '../../vectors');
const vectors = JSON.parse(readFileSync(join(folder, 'vectors.json'), 'utf8')) as Vector[];

async function verify({ file, signature, expect }: Vector, ...more: string[]) {
  const said = { out: '', err: '' };
  const terminal = {
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
  };
  const recipients = (expect?.recipients ?? []).flatMap((one) => ['--for', one]);
  const keys = ['--jwks', join(folder, 'jwks.json')];
  // With “=”: a signature of a vector may be empty or look like an option.
  const args = ['envelope', 'verify', join(folder, file), `--signature=${signature}`, ...keys, ...recipients, ...more];
  return { code: await run(args, terminal), ...said };
}

describe('kuvert envelope verify', () => {
  it('judges every vector, of both formats, by its exit code', async () => {
    // The command cannot be told an environment or certificates.
    const told = vectors.filter(({ expect }) => expect === undefined || Object.keys(expect).join() === 'recipients');
    assert.ok(told.length > 90);
    for (const vector of told) {
      const { code, out, err } = await verify(vector);
      assert.equal(code, vector.result === 'opens' ? 0 : 6, `${vector.name}: ${out}${err}`);
      assert.equal(out.startsWith('The envelope is genuine.'), code === 0, vector.name);
      assert.equal(err === '', code === 0, vector.name);
    }
  });

  it('says of both formats the same, and which it is', async () => {
    const said = await Promise.all(
      ['good', 'sfti-good'].map(async (name) => {
        const { out } = await verify(vectors.find((vector) => vector.name === name) ?? assert.fail(), '--json');
        return JSON.parse(out) as Record<string, unknown>;
      }),
    );
    const [cloudevents, sfti] = said;
    assert.equal(cloudevents?.['format'], 'cloudevents');
    assert.equal(sfti?.['format'], 'sfti');
    assert.deepEqual(Object.keys(sfti ?? {}), Object.keys(cloudevents ?? {}));
    for (const name of ['id', 'time', 'sequence', 'environment', 'recipient', 'recipientCertificate', 'recipientUrl'])
      assert.equal(sfti?.[name], cloudevents?.[name], name);
  });
});
