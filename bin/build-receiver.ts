/**
 * `npm run build`: makes the package of the receiver library in dist/, or in the folder that is named. What is in it: the modules that
 * src/receiver/receiver.ts reaches, as JavaScript with types, the schemas they read, and a package.json with the libraries they use.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? join(root, 'dist'));
const from = (path: string): string => join(root, path);

const own = JSON.parse(readFileSync(from('package.json'), 'utf8')) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};

if (existsSync(join(out, 'src'))) throw new Error(`${out} is a source tree: name an empty folder`);

// 1. An old module must not stay beside the new ones; nothing else is touched.
for (const folder of ['lib', 'schemas']) rmSync(join(out, folder), { recursive: true, force: true });
mkdirSync(out, { recursive: true });

// 2. JavaScript and types.
const { status } = spawnSync(
  process.execPath,
  [
    from('node_modules/typescript/bin/tsc'),
    '--project',
    from('src/receiver/tsconfig.json'),
    '--outDir',
    join(out, 'lib'),
  ],
  { stdio: ['ignore', 2, 2] },
);
if (status !== 0) throw new Error('the library was not built: see above');

// 3. The schemas, where the modules look for them.
cpSync(from('schemas/envelope'), join(out, 'schemas/envelope'), { recursive: true });

// 4. The package, which needs what its modules import and no more.
const libraries = new Set<string>();
for (const file of readdirSync(join(out, 'lib'), { recursive: true, encoding: 'utf8' })) {
  if (!/\.(?:js|d\.ts)$/.test(file)) continue;
  for (const [, name = ''] of readFileSync(join(out, 'lib', file), 'utf8').matchAll(
    /from '((?:@[^/']+\/)?[^./'][^/']*)[^']*'/g,
  ))
    if (!name.startsWith('node:')) libraries.add(name);
}
const dependencies = Object.fromEntries(
  [...libraries].sort().map((name) => {
    const version = own.dependencies[name];
    if (version === undefined) throw new Error(`the library uses ${name}, which is no dependency`);
    return [name, version];
  }),
);
const manifest = {
  name: 'kuvert',
  version: own.version,
  description: 'Receives the signed envelopes of a Kuvert gateway, pushed or fetched',
  type: 'module',
  engines: { node: '>=22' },
  exports: { './receiver': { types: './lib/receiver/receiver.d.ts', default: './lib/receiver/receiver.js' } },
  files: ['lib', 'schemas'],
  dependencies,
};
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
cpSync(from('src/receiver/README.md'), join(out, 'README.md'));
process.stderr.write(`${out}: kuvert ${own.version}, uses ${Object.keys(dependencies).join(', ')}\n`);
