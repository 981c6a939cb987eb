/** docs/certificates.md, walked: its blocks as they stand, in their order, pasted into shells beside a real `kuvert dev`. */
import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { openClone } from '../support/clone.ts';
import { eventually } from '../support/eventually.ts';
import { mustHave } from '../support/installed.ts';

interface Step {
  readonly name: string;
  readonly commands: string;
  /** What the page says that is seen then; `…` stands for anything. */
  readonly shown: readonly string[];
}

/** The blocks of the walk; a block that has no name would not be walked. */
function stepsOf(page: string): readonly Step[] {
  const [, walk = ''] = /\n## The whole road[^\n]*\n([\s\S]*?)\n## /.exec(page) ?? [];
  const blocks = walk.matchAll(/<!-- walk: (\S+) -->\n```sh\n([\s\S]*?)```\n(?:\n```\n([\s\S]*?)```\n)?/g);
  const steps = [...blocks].map(([, name = '', commands = '', shown = '']) => ({
    name,
    commands,
    shown: shown.split('\n').filter((line) => line.trim() !== ''),
  }));
  const fences = walk.match(/^```.*$/gm)?.length;
  const outputs = steps.filter(({ shown }) => shown.length > 0);
  assert.equal(fences, 2 * (steps.length + outputs.length), 'each block has a name, or is what is seen after one');
  return steps;
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

/** Each line that the page shows was said, in this order. */
function assertShown({ name, shown }: Step, said: string): void {
  const lines = said.split('\n');
  let from = 0;
  for (const line of shown) {
    const words = line.trim().split(/\s+/);
    const written = words.map((word) => escaped(word).replaceAll('…', '.*')).join('\\s+');
    const at = lines.findIndex((one, index) => index >= from && new RegExp(`^\\s*${written}\\s*$`).test(one));
    assert.ok(at >= 0, `after “${name}” the page shows “${line}”, and this was said:\n${said}`);
    from = at + 1;
  }
}

/** A terminal: what is pasted runs when what was pasted before has ended. */
function openTerminal(shell: string, cwd: string) {
  const { PATH = '', HOME = '' } = process.env;
  // A group of its own, so that Ctrl-C reaches what runs in it; both streams in one, in the order in which things are said.
  const child: ChildProcess = spawn(shell, ['-c', `exec ${shell} 2>&1`], {
    cwd,
    env: { PATH, HOME },
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const over = new Promise((done) => child.once('close', done));
  let pasted = 0;
  return {
    said: () => said,
    type: (commands: string) => child.stdin?.write(commands),
    /** @returns what was said until the commands had ended, and the exit code of the last */
    paste: async (commands: string): Promise<{ readonly out: string; readonly code: number }> => {
      const from = said.length;
      const mark = `=== pasted ${(pasted += 1)}`;
      child.stdin?.write(`${commands}printf '%s %s ===\\n' '${mark}' "$?"\n`);
      const end = new RegExp(`${mark} (\\d+) ===\\n`);
      const [all, code] = await eventually(
        () => `this ends:\n${commands}\n${said.slice(from)}`,
        () => end.exec(said.slice(from)) ?? child.exitCode !== null,
        120_000,
      ).then((found) => (found === true ? assert.fail(`the shell ended:\n${said.slice(from)}`) : found));
      const out = said.slice(from);
      return { out: out.slice(0, out.indexOf(all)), code: Number(code) };
    },
    interrupt: async () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGINT');
      child.stdin?.destroy();
      await over;
    },
  };
}

/** The steps of the road, and what must be seen whatever the page shows. */
const road: Readonly<Record<string, RegExp | undefined>> = {
  folder: undefined,
  'ca-init': /SHA-256 [0-9a-f]{64}, until/,
  dev: undefined,
  settings: undefined,
  supplier: undefined,
  order: undefined,
  letter: /^https:\/\/localhost:\d+\/orders\/[\w-]{43}$/m,
  look: /^200$/m,
  pin: /\bPIN is \d{6} for order/,
  codes: /^200$/m,
  enrol: /^SHA-256 +[0-9a-f]{64}$/m,
  fetched: undefined,
  empty: /^\{"messages":\[\]\}\n200$/m,
  message: /^200\n\n200$/m,
  renew: /^SHA-256 +[0-9a-f]{64}$[\s\S]*^200$/m,
  check: /^erp\/certificate\.pem: OK$/m,
  revoke: /^([0-9a-f]{64}) of 5599990073 is revoked[\s\S]*^(?!\1)[0-9a-f]{64} of 5599990073 is revoked/m,
  refused: /^403$/m,
  revoked: /certificate revoked/,
  audit: /certificate\.revoke/,
};

/** What goes on until it is interrupted. */
async function started(terminal: ReturnType<typeof openTerminal>, commands: string) {
  terminal.type(commands);
  await eventually(
    () => `the gateway runs:\n${terminal.said()}`,
    () => terminal.said().includes('Ctrl-C stops everything'),
    120_000,
  );
  return { out: terminal.said(), code: 0 };
}

/** In a clone of its own, as far as the page is concerned; nothing of it is left. */
async function walk(shell: string, steps: readonly Step[]): Promise<void> {
  const clone = openClone();
  const [first, second] = [openTerminal(shell, clone.folder), openTerminal(shell, clone.folder)];
  try {
    let terminal = first;
    for (const step of steps) {
      const { out, code } = await (step.name === 'dev' ? started(first, step.commands) : terminal.paste(step.commands));
      assert.equal(code, 0, `in ${shell} the last command of “${step.name}” says ${code}:\n${out}`);
      assertShown(step, out);
      assert.match(out, road[step.name] ?? /^/);
      // The gateway stays in the first.
      if (step.name === 'dev') terminal = second;
    }
  } finally {
    await second.interrupt();
    await first.interrupt();
    clone.remove();
  }
}

describe('the whole road of the certificates page', function () {
  this.timeout(300_000);
  const steps = stepsOf(readFileSync('docs/certificates.md', 'utf8'));

  it('has these steps, and no other', () =>
    assert.deepEqual(
      steps.map(({ name }) => name),
      Object.keys(road),
    ));

  it('from `ca init` to a certificate that is revoked, pasted into dash and, beside it, into bash', async () => {
    mustHave('curl');
    mustHave('dash');
    mustHave('bash');
    mustHave('openssl', 'openssl', 'version');
    const walks = await Promise.allSettled([walk('dash', steps), walk('bash', steps)]);
    for (const one of walks) if (one.status === 'rejected') throw one.reason;
  });
});
