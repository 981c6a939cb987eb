import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { jwks } from '../../../src/envelope/keys.ts';
import { createDevAuthority, issueDevCertificate } from '../../support/dev-authority.ts';
import { sealed } from '../../support/sealed.ts';

/** What a supplier writes, in JavaScript as in TypeScript. */
const program = `
import { readFileSync } from 'node:fs';
import { createHandler, createTake, Fault, gapsOf, inOrder, keepKeys, keysOfJwks, openEnvelope, openFolder } from 'kuvert/receiver';

const [body, signature, set] = ['body', 'signature', 'jwks.json'].map((name) => readFileSync(name));
const keys = keysOfJwks(JSON.parse(String(set)));
const folder = openFolder('received');
const take = createTake({ store: folder, keys: keepKeys(async () => keys), recipients: ['556016-0680'], environment: 'test' });
createHandler(take);
const said = [await take(body, String(signature)), await take(body, String(signature))].map(({ kind }) => kind);
const { sequence } = await openEnvelope(body, String(signature), { keys });
const [first] = inOrder([...folder.list()]);
try {
  await openEnvelope(Buffer.concat([body, body]), String(signature), { keys });
} catch (error) {
  said.push(error instanceof Fault ? error.code : 'no fault');
}
console.log(JSON.stringify({ said, sequence: String(sequence), gaps: gapsOf([...folder.list()]), document: readFileSync(\`received/\${first?.document}\`, 'utf8') }));
`;

/** What the types must say. Each line that expects an error has one. */
const typed = `
import type { IncomingMessage, RequestListener } from 'node:http';
import express from 'express';
import { createHandler, createTake, keysFromUrl, memoryStore, type Received, type ReceivedStore, type Taken } from 'kuvert/receiver';

const kept = new Map<string, Received>();
const store: ReceivedStore = {
  find: async (id) => kept.get(id),
  keep: async (message) => void kept.set(message.id, message),
  list: async () => kept.values(),
};
const take = createTake({ store, keys: keysFromUrl('https://kuvert.example.se/.well-known/jwks.json') });
createTake({ store: memoryStore(), keys: async () => new Map() });
// @ts-expect-error There are two environments.
createTake({ store, keys: async () => new Map(), environment: 'prod' });
export const listener: RequestListener = createHandler(take, { stranger: (request: IncomingMessage) => request.url });
express().post('/kuvert', express.raw(), createHandler(take));
export function answer(taken: Taken): number {
  // @ts-expect-error Only what was turned down has a status.
  taken.status;
  return taken.kind === 'turned-down' ? taken.status : 200;
}
`;

describe('the package kuvert/receiver', function () {
  this.timeout(120_000);
  let folder: string;
  const project = () => join(folder, 'project');
  const run = (command: string, args: readonly string[], cwd: string): string => {
    // npm runs on the Node that the machine has for it.
    const own = (process.env['PATH'] ?? '').split(':').filter((path) => !/\/node_modules\/\.bin\/*$/.test(path));
    const env = { ...process.env, PATH: own.join(':') };
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env });
    assert.equal(status, 0, `${command} ${args.join(' ')}: ${error ?? ''}${stdout}${stderr}`);
    return stdout;
  };
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-package-'));
    // 1. Built and packed, as for a registry.
    run(process.execPath, [resolve('bin/build-receiver.ts'), join(folder, 'built')], folder);
    const [packed] = JSON.parse(run('npm', ['pack', '--json', join(folder, 'built')], folder)) as {
      filename: string;
    }[];
    // 2. Unpacked in an empty project, beside the libraries that it says it needs and no others.
    const installed = join(project(), 'node_modules/kuvert');
    mkdirSync(installed, { recursive: true });
    run('tar', ['-xzf', join(folder, packed?.filename ?? ''), '-C', installed, '--strip-components=1'], folder);
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { dependencies: object };
    for (const name of [...Object.keys(manifest.dependencies), '@types/node', '@types/express', 'express']) {
      const link = join(project(), 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(resolve('node_modules', name), link);
    }
    writeFileSync(join(project(), 'package.json'), '{ "type": "module" }');
    const signing = await issueDevCertificate(await createDevAuthority(), { name: 'Kuvert', usages: ['signing'] });
    const { body, signature } = await sealed(signing, 2);
    writeFileSync(join(project(), 'body'), body);
    writeFileSync(join(project(), 'signature'), signature);
    writeFileSync(join(project(), 'jwks.json'), JSON.stringify(jwks([signing.certificatePem])));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is used from plain JavaScript, with nothing but what it says it needs', () => {
    writeFileSync(join(project(), 'program.js'), program);
    assert.deepEqual(JSON.parse(run(process.execPath, ['program.js'], project())), {
      said: ['kept', 'repeat', 'signature-invalid'],
      sequence: '2',
      gaps: [{ recipient: '5560160680', from: '1', to: '1' }],
      document: '{"n":2}',
    });
  });

  it('has types that hold under every strict setting, and fit express without needing it', () => {
    writeFileSync(join(project(), 'typed.ts'), typed);
    const options = {
      module: 'nodenext',
      target: 'es2024',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    };
    writeFileSync(join(project(), 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['typed.ts'] }));
    run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', '.'], project());
  });

  it('holds the library and nothing of the gateway', () => {
    const names = run('find', ['lib', '-name', '*.js'], join(project(), 'node_modules/kuvert')).split('\n');
    const rooms = new Set(names.flatMap((name) => name.split('/')[1] ?? []));
    assert.deepEqual(
      [...rooms].toSorted((a, b) => a.localeCompare(b)),
      ['domain', 'envelope', 'platform', 'receiver'],
    );
    const manifest = readFileSync(join(project(), 'node_modules/kuvert/package.json'), 'utf8');
    const { dependencies } = JSON.parse(manifest) as { dependencies: object };
    assert.deepEqual(Object.keys(dependencies), ['ajv', 'ajv-formats', 'jose', 'saxes']);
  });

  it('is found under its name by programs of this repository, too, once it is built', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      exports: Record<string, Record<string, string>>;
    };
    for (const path of Object.values(exports['./receiver'] ?? assert.fail('no export')))
      assert.ok(readFileSync(path.replace('./dist/', `${folder}/built/`)).length > 0, path);
  });
});
