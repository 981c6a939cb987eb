/** The bench itself: a scenario runs to its end and accounts for every message. The rates are not judged here. */
import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = (...args: string[]) => promisify(execFile)(process.execPath, ['test/bench/main.ts', ...args]);

describe('bench scenarios run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-bench-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('drain: every message arrives, and the table and the JSON say what it cost on which machine', async () => {
    const json = join(folder, 'drain.json');
    const { stdout, stderr } = await run('drain', '--messages', '60', '--suppliers', '3', '--json', json);
    assert.equal(stderr, '', 'progress is for terminals');
    assert.match(stdout, /^drain: 3 suppliers, .*\n\n(?:.+\n)+/);
    const { messages, machine, commit, rows } = JSON.parse(readFileSync(json, 'utf8')) as {
      messages: number;
      machine: Record<string, unknown>;
      commit: string;
      rows: { what: string; value: number; unit: string }[];
    };
    assert.equal(messages, 60);
    assert.equal(machine['node'], process.version);
    assert.match(commit, /^([0-9a-f]{40}|unknown)$/);
    const value = (what: string) => rows.find((row) => row.what === what)?.value ?? Number.NaN;
    assert.ok(value('gateway CPU') > 0, 'the gateway was seen in /proc');
    for (const part of ['postgresql', 'broker', 'redis', 'receiver']) assert.ok(value(`${part} memory`) > 0, part);
  });

  it('console: each page of the listener is found and timed, and the line is measured before and after', async () => {
    const json = join(folder, 'console.json');
    await run('console', '--messages', '200', '--suppliers', '3', '--json', json);
    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: { what: string; value: number | null }[] };
    const value = (what: string) => rows.find((row) => row.what === what)?.value ?? Number.NaN;
    const filtered = [
      '/messages?state=held',
      '/messages?fault=mass-refusal&state=waiting',
      '/audit?actor=cli%3Abench',
      '/suppliers?lane=held',
    ];
    for (const page of ['/', '/account', ...filtered])
      for (const one of ['first', 'p50', 'p95']) assert.ok(value(`${page}: ${one}`) > 0, page);
    assert.equal(value('messages in the book'), 200 + 400, 'what was seeded, and what the line carried before');
    for (const book of ['empty', 'full']) assert.ok(value(`drain, ${book} book: postgresql CPU`) > 0, book);
  });

  it('an unknown scenario, or a number that is none, is said at once', async () => {
    await assert.rejects(run('drian'), { code: 2 });
    await assert.rejects(run('drain', '--messages', '1e9'), { code: 2 });
  });
});
