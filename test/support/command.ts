/** The kuvert command, as an operator types it: in this process, or in one of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { run } from '../../src/cli/run.ts';

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** In a process of its own: for what is stopped, killed or read from while it runs, and for what Node itself reads at its start. */
export function startCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): { readonly child: ChildProcess; readonly over: Promise<Said> } {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('bin/kuvert', args, { env: { PATH, HOME, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const over = new Promise<Said>((resolve) => child.on('close', (code) => resolve({ code, ...said })));
  return { child, over };
}

let before: Promise<unknown> = Promise.resolve();

/**
 * In this process, which costs a tenth of one of its own. It sees `environment`, PATH and HOME, and no keyboard. One runs
 * at a time.
 */
export function command(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Said> {
  const mine = before.then(() => commandHere(args, environment));
  before = mine.catch(() => undefined);
  return mine;
}

async function commandHere(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Said> {
  const real = { ...process.env };
  const { PATH = '', HOME = '' } = real;
  const keyboard = process.stdin.isTTY;
  const said = { out: '', err: '' };
  setEnvironment({ ...testing(real), PATH, HOME, ...environment });
  process.stdin.isTTY = false;
  try {
    const code = await run(args, {
      out: (text) => void (said.out += `${text}\n`),
      err: (text) => void (said.err += `${text}\n`),
    });
    return { code, ...said };
  } finally {
    setEnvironment(real);
    process.stdin.isTTY = keyboard;
  }
}

/** What the test around it goes on reading. */
const testing = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => /^(TEST|NODE)_/.test(name)));

function setEnvironment(wanted: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in wanted)) delete process.env[name];
  Object.assign(process.env, wanted);
}
