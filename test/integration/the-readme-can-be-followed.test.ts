import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { visitor } from '../support/browser.ts';
import { type Clone, openClone } from '../support/clone.ts';
import { eventually } from '../support/eventually.ts';

/** The shell commands under a heading of the README, one text for each block. */
function blocksUnder(heading: string): string[] {
  const section = readFileSync('README.md', 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands = '']) => commands);
}

describe('the README can be followed', () => {
  let clone: Clone;
  let dev: ChildProcess | undefined;
  before(() => {
    clone = openClone();
  });
  after(async () => {
    if (dev?.exitCode === null) {
      const ended = new Promise((done) => dev?.on('close', done));
      dev.kill('SIGINT');
      await ended;
    }
    clone?.remove();
  });

  it('“Use it”: from a gateway of one’s own to a document at a supplier', async () => {
    const [start = '', use = ''] = blocksUnder('Use it');
    assert.equal(start.trim(), 'bin/kuvert dev');
    let said = '';
    dev = spawn('bin/kuvert', ['dev'], { cwd: clone.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    dev.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    await eventually(
      () => `the gateway runs:\n${said}`,
      () => said.includes('The gateway runs.') || dev?.exitCode !== null,
      120_000,
    );
    assert.ok(said.includes('.kuvert/dev/supplier.json'), said);
    const link = new URL(/console: +(\S+) \(signs in once\)/.exec(said)?.[1] ?? '');
    assert.equal((await visitor(link.origin).post(link.pathname, {})).status, 303);
    const shell = spawn('bash', ['-m', '-e', '-u', '-o', 'pipefail', '-c', use], {
      cwd: clone.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.on('data', (chunk: Buffer) => {
        out += chunk.toString('utf8');
      });
    const code = await new Promise((done) => shell.on('close', done));
    assert.equal(code, 0, out);
    for (const line of [
      'added, push https://localhost:9443/',
      // The third message waits for the supplier that fetches.
      'Conserved: taken 4 = messages 3 + duplicates 0 + dead letters 1 + withdrawals 0',
      'Messages: 2 delivered, 1 waiting;',
      'with the answer 200 to attempt 1',
      'supplier.import',
    ])
      assert.ok(out.includes(line), `“${line}” is missing in:\n${out}`);
    assert.match(out, /1 +5599990016 +self-invoice +SF-2026-000301/);
    assert.match(out, /2 +5599990016 +purchase-order +IO-2026-000041/);
  });
});
