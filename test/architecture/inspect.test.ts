import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from './inspect.ts';

/** Inspects a tree made of these files; libraries are empty packages. */
async function inspectTree(
  files: Record<string, string>,
  libraries: readonly string[] = [],
): Promise<readonly string[]> {
  const root = mkdtempSync(join(tmpdir(), 'kuvert-house-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  try {
    write('package.json', '{ "type": "module" }');
    for (const name of libraries) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
      write(`node_modules/${name}/index.js`, 'module.exports = {};');
    }
    for (const [path, text] of Object.entries(files)) write(path, text);
    return (await inspect(root)).violations;
  } finally {
    rmSync(root, { recursive: true });
  }
}

const use = (path: string): string => `import { a } from '${path}';\nexport const b = a;\n`;
const a = 'export const a = 1;\n';

/** Each claim, a tree that breaks it and nothing else, and what is said of it. */
const broken: Record<string, { files: Record<string, string>; libraries?: string[]; says: RegExp }> = {
  'a room may not know a floor above': {
    files: { 'src/store/a.ts': use('../delivery/a.ts'), 'src/delivery/a.ts': a },
    says: /^src\/store\/a\.ts imports src\/delivery\/a\.ts: store may know only/,
  },
  'an import of a type counts': {
    files: {
      'src/pki/a.ts': "import type { A } from '../roles/a.ts';\nexport type B = A;\n",
      'src/roles/a.ts': 'export type A = 1;\n',
    },
    says: /^src\/pki\/a\.ts imports src\/roles\/a\.ts: pki may know only/,
  },
  'rooms on one floor may not know each other': {
    files: { 'src/intake/a.ts': use('../delivery/a.ts'), 'src/delivery/a.ts': a },
    says: /^src\/intake\/a\.ts imports src\/delivery\/a\.ts: intake may know only/,
  },
  'roles may not know the commands': {
    files: { 'src/roles/a.ts': use('../cli/a.ts'), 'src/cli/a.ts': a },
    says: /^src\/roles\/a\.ts imports src\/cli\/a\.ts: roles may know only/,
  },
  'the domain may not import even Node': {
    files: { 'src/domain/a.ts': "import { join } from 'node:path';\nexport const b = join;\n" },
    says: /^src\/domain\/a\.ts imports path: the domain is pure/,
  },
  'the program may not import its tests': {
    files: { 'src/store/a.ts': use('../../test/support/a.ts'), 'test/support/a.ts': a },
    says: /^src\/store\/a\.ts imports test\/support\/a\.ts: store may know only/,
  },
  'the outer world may not know what it judges': {
    files: { 'src/store/a.ts': a, 'test/chaos/outer/a.ts': use('../../../src/store/a.ts') },
    says: /^test\/chaos\/outer\/a\.ts imports src\/store\/a\.ts: the outer world knows only itself and Node/,
  },
  'the outer world may not even know its types': {
    files: {
      'src/store/a.ts': 'export type A = 1;\n',
      'test/chaos/outer/a.ts': "import type { A } from '../../../src/store/a.ts';\nexport type B = A;\n",
    },
    says: /^test\/chaos\/outer\/a\.ts imports src\/store\/a\.ts: the outer world knows only itself and Node/,
  },
  'the outer world may not come to it by way of the other tests': {
    files: {
      'src/store/a.ts': a,
      'test/support/a.ts': a,
      'test/chaos/outer/claims/a.ts': use('../../../support/a.ts'),
    },
    says: /^test\/chaos\/outer\/claims\/a\.ts imports test\/support\/a\.ts: the outer world knows only itself and Node/,
  },
  'the outer world may not use the libraries of the gateway': {
    files: {
      'src/store/a.ts': a,
      'test/chaos/outer/a.ts': "import stompit from 'stompit';\nexport const b = stompit;\n",
    },
    libraries: ['stompit'],
    says: /^test\/chaos\/outer\/a\.ts imports node_modules\/stompit\/index\.js: the outer world knows only itself and Node/,
  },
  'a library comes in by its door only': {
    files: { 'src/store/answers.ts': "import pg from 'pg';\nexport const b = pg;\n" },
    libraries: ['pg'],
    says: /^src\/store\/answers\.ts imports node_modules\/pg\/index\.js: pg comes in only by store\/pool/,
  },
  'a library without a door may not come in': {
    files: { 'src/store/a.ts': "import x from 'left-pad';\nexport const b = x;\n" },
    libraries: ['left-pad'],
    says: /^src\/store\/a\.ts imports node_modules\/left-pad\/index\.js: this library has no door/,
  },
  'imports may not go round': {
    files: {
      'src/store/a.ts': use('./b.ts').replace('{ a }', '{ b as a }'),
      'src/store/b.ts': use('./a.ts').replace('{ a }', '{ b as a }'),
    },
    says: /an import cycle$/,
  },
  'a room that is not in the plan may not be built': {
    files: { 'src/attic/a.ts': use('../domain/a.ts'), 'src/domain/a.ts': a },
    says: /^src\/attic\/a\.ts imports src\/domain\/a\.ts: no such room/,
  },
  'a file that nothing imports may not stay': {
    files: { 'src/main.ts': use('./cli/a.ts'), 'src/cli/a.ts': a, 'src/store/dead.ts': a },
    says: /^src\/store\/dead\.ts: nothing in src imports it$/,
  },
  'a file may not be longer than 250 lines': {
    files: { 'src/store/long.ts': a.repeat(1) + '// more\n'.repeat(250) },
    says: /^src\/store\/long\.ts: 251 lines, at most 250$/,
  },
  'a name may not be empty of meaning': {
    files: { 'src/store/lane-utils.ts': a },
    says: /^src\/store\/lane-utils\.ts: a name that says nothing$/,
  },
  'there may be no barrels': {
    files: { 'src/store/index.ts': a },
    says: /^src\/store\/index\.ts: a name that says nothing$/,
  },
  'the environment is read in one place': {
    files: { 'src/store/a.ts': 'export const a = process.env.HOME;\n' },
    says: /^src\/store\/a\.ts: touches the environment$/,
  },
  'the process is ended in one place': {
    files: { 'src/store/a.ts': 'export const a = () => process.exit(1);\n' },
    says: /^src\/store\/a\.ts: touches process\.exit$/,
  },
};

describe('the inspection of the house', () => {
  for (const [claim, { files, libraries, says }] of Object.entries(broken))
    it(`finds it: ${claim}`, async () => {
      const violations = await inspectTree(files, libraries);
      assert.ok(
        violations.some((violation) => says.test(violation)),
        violations.join('\n') || 'nothing found',
      );
    });

  it('has nothing to say of a house that is in order', async () => {
    const violations = await inspectTree(
      {
        'src/main.ts': use('./cli/a.ts').replace('{ a }', '{ b as a }'),
        'src/cli/a.ts': use('../store/pool.ts').replace('{ a }', '{ b as a }'),
        'src/store/pool.ts': "import pg from 'pg';\nimport { a } from '../domain/a.ts';\nexport const b = [a, pg];\n",
        'src/domain/a.ts': `// process.exit() is for main.ts alone\n${a}`,
        'test/chaos/outer/a.ts': `import { join } from 'node:path';\n${use('./b.ts')}export const c = join;\nprocess.exit();\n`,
        'test/chaos/outer/b.ts': a,
      },
      ['pg'],
    );
    assert.deepEqual(violations, []);
  });
});
