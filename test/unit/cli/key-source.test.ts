import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keysOfSet } from '../../../src/cli/key-source.ts';
import { run } from '../../../src/cli/run.ts';
import { Fault } from '../../../src/domain/fault.ts';
import { jwks } from '../../../src/envelope/keys.ts';
import { createDevAuthority, type DevCredential, issueDevCertificate } from '../../support/dev-authority.ts';

/** Nobody listens on port 1. */
const nobody = 'https://127.0.0.1:1/.well-known/jwks.json';

describe('the key set that envelopes are verified with', () => {
  let folder: string;
  let signing: DevCredential;
  let own: readonly string[];

  const path = (name: string) => join(folder, name);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-keys-'));
    const ca = await createDevAuthority();
    signing = await issueDevCertificate(ca, { name: 'Kuvert', usages: ['signing'] });
    const server = await issueDevCertificate(ca, { name: 'Exempel AB', ipAddresses: ['127.0.0.1'] });
    writeFileSync(path('jwks.json'), JSON.stringify(jwks([signing.certificatePem])));
    writeFileSync(path('signing.pem'), signing.certificatePem);
    writeFileSync(path('empty.json'), '{"keys":[]}');
    writeFileSync(path('other.json'), '[]');
    writeFileSync(path('server.pem'), server.chainPem);
    writeFileSync(path('server.key'), server.keyPem);
    writeFileSync(path('ca.pem'), ca.certificatePem);
    own = ['--cert', path('server.pem'), '--key', path('server.key'), '--ca', path('ca.pem'), '--folder', path('in')];
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [file, why] of [
    ['none.json', /none\.json cannot be read/],
    ['signing.pem', /signing\.pem cannot be used as a key set: it is PEM; JSON such as/],
    ['empty.json', /holds no EC key on P-256/],
    ['other.json', /is no JSON Web Key Set/],
  ] as const)
    it(`is no ${file}: that is a wrong argument, and the receiver does not start`, async () => {
      await assert.rejects(
        keysOfSet(path(file)),
        (error: Fault) => error.code === 'argument-invalid' && why.test(error.message),
      );
      let err = '';
      const code = await run(['receive', ...own, '--jwks', path(file)], {
        out: () => assert.fail('nothing is received'),
        err: (text) => (err += text),
      });
      assert.equal(code, 2);
      assert.match(err, why);
    });

  it('is fetched over https, and not being there yet is another thing than being wrong', async () => {
    await assert.rejects(keysOfSet('http://127.0.0.1/'), (error: Fault) => error.code === 'argument-invalid');
    await assert.rejects(keysOfSet(nobody), (error: Fault) => error.code === 'server-unavailable');
    assert.equal((await keysOfSet(path('jwks.json'))).size, 1);
  });

  it('may come later: the receiver starts with a warning', async () => {
    const child = spawn('bin/kuvert', ['receive', ...own, '--jwks', nobody], { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
      if (err.includes('Receiving at')) child.kill('SIGTERM');
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    assert.equal(code, 0, err);
    assert.match(
      err,
      /^warning: the key set https:\/\/127\.0\.0\.1:1\/\S+ cannot be fetched: .*answered 503 until then\nReceiving at/,
    );
  });
});
