import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mocha = join(process.cwd(), 'node_modules/mocha/bin/mocha.js');
const reporter = join(process.cwd(), 'test/support/reporter.cjs');

/** Runs mocha over these files (name → content) in a folder of its own, without a terminal. */
function run(files: Record<string, string>, ...flags: string[]): { lines: string[]; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-reporter-'));
  try {
    const paths = Object.entries(files).map(([name, content]) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    });
    const args = [mocha, '--no-config', '--no-package', '--reporter', reporter, ...flags, ...paths];
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    return { lines: stdout.trimEnd().split('\n'), status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const good = `it('works', () => {}); it('works too', () => {});`;
const bad = `const assert = require('node:assert'); it('differs', () => { assert.deepStrictEqual({ a: 1 }, { a: 2 }); });`;

for (const mode of ['--parallel', '--no-parallel']) {
  describe(`the reporter under ${mode}`, () => {
    it('ends with one line that counts what passed and failed', () => {
      const { lines, status } = run({ 'good.test.cjs': good, 'bad.test.cjs': bad }, mode);
      assert.equal(lines.at(-1), '2 passed, 1 failed');
      assert.equal(lines.filter((line) => /\d+ passed, \d+ failed$/.test(line)).length, 1);
      assert.notEqual(status, 0);
    });

    it('names what was skipped and counts it only when there is any', () => {
      const { lines, status } = run({ 'skip.test.cjs': `it('works', () => {}); it.skip('waits', () => {});` }, mode);
      assert.equal(lines.at(-1), '1 passed, 0 failed, 1 skipped');
      assert.ok(lines.includes('skipped: waits'));
      assert.equal(status, 0);
    });

    it('shows the difference and our own frame of a failure', () => {
      const { lines } = run({ 'bad.test.cjs': bad }, mode);
      const text = lines.join('\n');
      assert.match(text, /1\) differs/);
      assert.match(text, /\+\s+a: 1/);
      assert.match(text, /bad\.test\.cjs:1:\d+/);
      assert.doesNotMatch(text, /node_modules\/mocha/);
    });

    it('counts a broken hook as a failure', () => {
      const hook = `before(() => { throw new Error('no server'); }); it('never runs', () => {});`;
      const { lines } = run({ 'hook.test.cjs': hook }, mode);
      assert.equal(lines.at(-1), '0 passed, 1 failed');
      assert.match(lines.join('\n'), /no server/);
    });
  });
}

describe('the reporter in the parallel mode of npm test', () => {
  it('counts a file that cannot be loaded as a failure and still ends with the total', () => {
    const { lines, status } = run(
      { 'good.test.cjs': good, 'lost.test.cjs': `require('./not-there.cjs');` },
      '--parallel',
    );
    assert.equal(lines.at(-1), '2 passed, 1 failed');
    assert.match(lines.join('\n'), /lost\.test\.cjs/);
    assert.notEqual(status, 0);
  });

  it('counts a file whose process dies as a failure', () => {
    const { lines } = run(
      { 'good.test.cjs': good, 'dies.test.cjs': `it('dies', () => process.exit(3));` },
      '--parallel',
    );
    assert.equal(lines.at(-1), '2 passed, 1 failed');
  });
});
