import { strict as assert } from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = `
if (process.argv[2] === 'wait') { process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); }
console.log(JSON.stringify({ arguments: process.argv.slice(2), folder: process.cwd(), version: process.version }));
`;

describe('bin/kuvert', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-bin-'));
  const project = join(folder, 'a project');
  const command = join(project, 'bin/kuvert');
  before(() => {
    for (const path of ['bin', 'src', 'node_modules/.bin', '../elsewhere'])
      mkdirSync(join(project, path), { recursive: true });
    cpSync('bin/kuvert', command);
    writeFileSync(join(project, 'src/main.ts'), program);
    symlinkSync(process.execPath, join(project, 'node_modules/.bin/node'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('runs from any folder and through links, and passes arguments as they are', () => {
    const link = join(folder, 'elsewhere/link');
    symlinkSync(command, link);
    symlinkSync('link', join(folder, 'elsewhere/link-to-link'));
    for (const called of [command, link, './link-to-link']) {
      const { stdout } = spawnSync(called, ['a b', '--json', ''], { cwd: join(folder, 'elsewhere'), encoding: 'utf8' });
      assert.deepEqual(JSON.parse(stdout), {
        arguments: ['a b', '--json', ''],
        folder: join(folder, 'elsewhere'),
        version: process.version,
      });
    }
  });

  it('hands signals to the program and its exit code back', async () => {
    const child = spawn(command, ['wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [7, null]);
  });

  it('keeps what Node has compiled beside the packages, or where it is told; without a place to write it runs all the same', () => {
    const kept = join(project, 'node_modules/.cache/kuvert');
    const elsewhere = join(folder, 'elsewhere/compiled');
    const runs = (called: string, more: Record<string, string>) => {
      const { PATH = '' } = process.env;
      assert.equal(spawnSync(called, { env: { PATH, ...more } }).status, 0);
    };
    rmSync(kept, { recursive: true, force: true });
    runs(command, { NODE_COMPILE_CACHE: elsewhere });
    assert.deepEqual([existsSync(kept), readdirSync(elsewhere).length], [false, 1]);
    runs(command, {});
    assert.equal(readdirSync(kept).length, 1);
    rmSync(kept, { recursive: true });
    // A file stands where the folder would be: nobody can make it, not even root.
    writeFileSync(kept, '');
    runs(command, {});
    assert.equal(readFileSync(kept, 'utf8'), '');
  });

  it('says what to do when there is no Node 24', () => {
    const bare = join(folder, 'bare');
    mkdirSync(join(bare, 'bin'), { recursive: true });
    cpSync('bin/kuvert', join(bare, 'bin/kuvert'));
    writeFileSync(join(folder, 'elsewhere/node'), '#!/bin/sh\necho v20.1.0\n');
    chmodSync(join(folder, 'elsewhere/node'), 0o755);
    const env = { PATH: `${join(folder, 'elsewhere')}:/usr/bin:/bin` };
    const { status, stderr } = spawnSync(join(bare, 'bin/kuvert'), { env, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.equal(stderr, `kuvert: needs Node.js 24; run ${bare}/bin/setup run\n`);
  });
});
