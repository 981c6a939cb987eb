import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { visitor } from '../support/browser.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

/** Runs the demo in a folder of its own; calls `watch` with all that it has printed so far. */
function demo(
  folder: string,
  args: string[],
  watch: (out: string, interrupt: () => void) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(resolve('bin/kuvert'), ['demo', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  const hear = (chunk: Buffer) => {
    out += chunk.toString('utf8');
    watch(out, () => child.kill('SIGINT'));
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((done) => child.on('close', (code) => done({ code, out })));
}

describe('the demo', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kuvert-demo-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('plays to its end without a terminal, and every message is where it should be', async () => {
    const { code, out } = await demo(folder, ['--once', '--json']);
    assert.equal(code, 0, out);
    const summary = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as {
      suppliers: {
        organisationNumber: string;
        messages: number;
        delivered: number;
        fetched: number;
        refused: number;
        attempts: number;
      }[];
      taken: number;
      messages: number;
      duplicates: number;
      deadLetters: number;
      conserved: boolean;
    };
    assert.deepEqual(Object.keys(summary), [
      'suppliers',
      'taken',
      'messages',
      'duplicates',
      'deadLetters',
      'conserved',
    ]);
    assert.equal(summary.conserved, true);
    assert.equal(summary.duplicates, 1);
    assert.equal(summary.deadLetters, 1);
    assert.equal(summary.taken, summary.messages + 2);
    assert.equal(summary.suppliers.length, 6);
    for (const { messages, delivered, refused } of summary.suppliers) assert.equal(delivered + refused, messages);
    assert.deepEqual(
      summary.suppliers.map(({ refused }) => refused),
      [0, 0, 0, 1, 0, 0],
    );
    const [healthy, busy, down, picky, , fetching] = summary.suppliers;
    assert.deepEqual(
      summary.suppliers.map(({ fetched }) => fetched),
      [0, 0, 0, 0, 0, 22],
    );
    assert.deepEqual([fetching?.delivered, fetching?.attempts], [22, 0], 'nobody is called who fetches');
    assert.equal(picky?.attempts, picky?.messages, 'what was refused was not sent again');
    assert.equal(healthy?.attempts, healthy?.messages);
    assert.ok((busy?.attempts ?? 0) > (busy?.messages ?? 0), 'the busy one was asked more than once');
    assert.ok((down?.attempts ?? 0) > (down?.messages ?? 0), 'the one that was down was tried more than once');
    assert.ok(out.includes('Conserved: taken 111'), out);
    assert.match(out, /WHAT IT DID .* DELIVERED +OF WHICH FETCHED +REFUSED/);
    assert.match(out, /109 accepted, .*108 delivered, 1 refused/, 'KA was told of the refusal');
    assert.match(out, /fetches, and sends receipts\): 22 of 22 fetched/);
    assert.match(out, /SFTI envelopes.*20 of 20 delivered/);
    assert.deepEqual(readdirSync(join(folder, '.kuvert')), [], 'nothing is left behind');
  });

  it('goes on until it is told to stop, with a console two clicks from why the third supplier got its messages late', async () => {
    let looked: Promise<void> | undefined;
    const look = async (link: URL): Promise<void> => {
      const browser = visitor(link.origin);
      assert.equal((await browser.post(link.pathname, {})).status, 303);
      assert.equal((await browser.post(link.pathname, {})).status, 410, 'the link is spent');
      // One click from the overview leads to the supplier, or to one of its messages: there it stands.
      const { body } = await browser.get('/');
      const [, late = ''] = /<section[^>]*aria-labelledby="again-title">(.*?)<\/section>/s.exec(body) ?? [];
      assert.match(late, /Södra Hamnens Coachning AB/);
      const [to] = /\/suppliers\/5599990032/.exec(late) ?? [];
      assert.match(
        (await browser.get(String(to))).body,
        /stod still från [^<]*\d\d:\d\d:\d\d till [^<]*\d\d:\d\d:\d\d: ändpunkten gick inte att nå/,
      );
    };
    const { out } = await demo(folder, [], (seen, interrupt) => {
      const [, link] = /^  (http\S+\/sign-in\/link\/\S+)\n/m.exec(seen) ?? [];
      if (link !== undefined) looked ??= look(new URL(link)).finally(interrupt);
    });
    assert.ok(looked, out);
    await looked;
    assert.ok(!out.includes('is not as it should be'), out);
  });

  it('stops what it started when it is interrupted in the middle', async () => {
    let interrupted = false;
    const { code, out } = await demo(folder, ['--once'], (seen, interrupt) => {
      if (interrupted || !seen.includes('backing-off')) return;
      interrupted = true;
      interrupt();
    });
    assert.equal(interrupted, true, out);
    assert.equal(code, 1, out);
    assert.ok(out.includes('Interrupted'), out);
    // The folder goes last, when the servers have ended.
    for (let i = 0; i < 50 && existsSync(join(folder, '.kuvert/demo')); i++) await sleep(100);
    assert.equal(existsSync(join(folder, '.kuvert/demo')), false);
  });
});
