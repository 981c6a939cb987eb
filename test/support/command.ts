/** The real command in its own process, as an operator types it. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** @param environment beside PATH and HOME. */
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

export function command(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Said> {
  return startCommand(args, environment).over;
}
