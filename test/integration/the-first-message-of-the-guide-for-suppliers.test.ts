import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../src/platform/local/ports.ts';
import { type Clone, openClone } from '../support/clone.ts';
import { run } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { mustHave } from '../support/installed.ts';

/** The commands of a part of the page, by the name that stands above them. */
function blocksOf(file: string, part: 'first message' | 'push'): Record<string, string> {
  const page = readFileSync(file, 'utf8');
  const blocks = page.matchAll(new RegExp(`<!-- ${part}: (\\S+) -->\\n\`\`\`sh\\n([\\s\\S]*?)\`\`\``, 'g'));
  return Object.fromEntries([...blocks].map(([, name = '', text = '']) => [name, text]));
}

/** What must be seen after each block, in its order. */
const seen: Readonly<Record<string, RegExp>> = {
  certificate: /^$/,
  list: /^\{"messages":\[\{"id":"[0-9a-f-]{36}","sequence":"0{19}\d","type":"se\.arbetsformedlingen\.ka\.purchase-order\.v1",.*\}\]\}\n$/,
  fetch: /^\n?$/,
  verify: /^The envelope is genuine\.\n[\s\S]*recipient +5599990024\n/,
  document: /^([0-9a-f]{64}) {2}document\.json\n"documentsha256":"\1"\n$/,
  receipt: /^\{"id":"[0-9a-f-]{36}","result":"received","at":"[^"]+"\}\n\{"messages":\[\]\}\n$/,
  status:
    /^\{"numbers":\[\{"first":"0{19}1","last":"0{19}\d","state":"delivered"(?:,"id":"[0-9a-f-]{36}")?.*\}\],"highest":"0{19}\d"\}\n\{"organisation":\{"number":"5599990024",.*\n$/,
};

describe('the first message of the guide for suppliers', function () {
  this.timeout(240_000);
  let clone: Clone;
  let folder: string;
  let dev: ChildProcess | undefined;
  before(() => {
    mustHave('curl');
    clone = openClone();
    folder = clone.folder;
  });
  const stop = async () => {
    if (dev?.exitCode === null && dev.signalCode === null) {
      const ended = new Promise((done) => dev?.on('close', done));
      dev.kill('SIGINT');
      await ended;
    }
  };
  afterEach(stop);

  /** The commands by which the page has push tried. The port of the page is somebody else's here, perhaps. */
  async function tryPush(blocks: Record<string, string>, documentNumber: string): Promise<void> {
    assert.deepEqual(Object.keys(blocks), ['send', 'receive', 'change']);
    const [port = 0] = await freePorts(1);
    const here = (commands = '') =>
      commands.replaceAll('TRY-1', documentNumber).replaceAll(/"\$PORT"|\b9443\b/g, String(port));
    // A group of its own, so that the shell does not end without what it has started.
    const receiver = spawn('sh', ['-c', here(blocks['receive'])], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [receiver.stdout, receiver.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      await eventually(
        () => `the receiver runs:\n${said}`,
        () => said.includes('Receiving at'),
        30_000,
      );
      // Whoever reads the page waits three seconds; a busy machine may need longer.
      const pushed = `bin/kuvert message show ${documentNumber} | grep -q '(pushed'`;
      const change = blocks['change']?.replace('sleep 3', `for i in $(seq 60); do ${pushed} && break; sleep 0.5; done`);
      const out = await run(here(`${blocks['send']}\n${change}`), {
        cwd: folder,
        env: { PATH: process.env['PATH'] ?? '' },
      });
      assert.match(out, /delivery: pull → push[\s\S]*\(pushed, address default\)[\s\S]*delivery: push → pull/);
      assert.match(said, new RegExp(`  kept  \\d  purchase-order  ${documentNumber}  `));
    } finally {
      const ended = new Promise((done) => receiver.on('close', done));
      if (receiver.pid !== undefined && receiver.exitCode === null) process.kill(-receiver.pid, 'SIGINT');
      await ended;
    }
  }

  after(() => clone?.remove());

  // The same gateway for both, started again: what was receipted stays so, and another order waits.
  for (const [language, file] of [
    ['English', 'docs/supplier-guide.md'],
    ['Swedish', 'docs/supplier-guide.sv.md'],
  ] as const)
    it(`in ${language}: listed, fetched, verified and receipted with curl and one command; then pushed`, async () => {
      const { gateway = '', ...rest } = blocksOf(file, 'first message');
      assert.deepEqual(Object.keys(rest), Object.keys(seen));
      const [program = '', ...words] = gateway.trim().split(' ');
      let said = '';
      dev = spawn(program, words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
      dev.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await eventually(
        () => `the gateway runs:\n${said}`,
        () => said.includes('Ctrl-C stops everything') || dev?.exitCode !== null,
        90_000,
      );
      assert.match(said, /A supplier that fetches: +5599990024, registered, an order waits for it/);
      assert.match(said, /set -a; \. \.kuvert\/dev\/supplier\.env; set \+a/);

      const mark = '=== after';
      const script = Object.entries(rest).map(([name, commands]) => `${commands}printf '%s\\n' '${mark} ${name}'`);
      const out = await run(script.join('\n'), { cwd: folder, env: { PATH: process.env['PATH'] ?? '' } });
      let from = 0;
      for (const [name, pattern] of Object.entries(seen)) {
        const to = out.indexOf(`${mark} ${name}\n`);
        assert.ok(to >= from, `the commands “${name}” came to their end:\n${out}`);
        assert.match(out.slice(from, to), pattern, name);
        from = to + `${mark} ${name}\n`.length;
      }
      const envelope = JSON.parse(readFileSync(join(folder, 'envelope.json'), 'utf8')) as Record<string, string>;
      const document = readFileSync(join(folder, 'document.json'));
      assert.equal(createHash('sha256').update(document).digest('hex'), envelope['documentsha256']);
      assert.match(
        out,
        language === 'Swedish' ? /meddelandena väntar här tills ni hämtar dem/ : /wait here until you fetch/,
      );
      await tryPush(blocksOf(file, 'push'), `TRY-${language}`);
    });
});
