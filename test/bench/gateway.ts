/** The gateway under measurement: `kuvert start`, all roles, in a process of its own with production settings. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface GatewayProcess {
  readonly pid: number;
  readonly logFile: string;
  /** SIGTERM; resolves when it has ended, fails if that was no clean stop. */
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/**
 * Resolves when it runs. Its log goes to a file, as a service's does.
 * @param profiles a folder for V8's CPU profile of it, written when it stops
 */
export async function startGatewayProcess(
  environment: Readonly<Record<string, string>>,
  folder: string,
  profiles: string | undefined,
): Promise<GatewayProcess> {
  const logFile = join(folder, 'gateway.log');
  const log = openSync(logFile, 'a');
  const flags = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const child = spawn(process.execPath, [...flags, main, 'start'], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', log],
  });
  closeSync(log);
  const takeAlong = () => void child.kill('SIGKILL');
  process.once('exit', takeAlong);
  const exited = once(child, 'exit').finally(() => process.off('exit', takeAlong)) as Promise<[number | null]>;
  await untilRuns(child, logFile);
  return {
    pid: child.pid ?? 0,
    logFile,
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await exited;
      if (code !== 0) throw new Error(`the gateway ended with ${code}: ${endOf(logFile)}`);
    },
  };
}

async function untilRuns(child: ChildProcess, logFile: string): Promise<void> {
  for (let looks = 0; looks < 600; looks++) {
    if (child.exitCode !== null) break;
    if (readFileSync(logFile, 'utf8').includes('"the gateway runs"')) return;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the gateway did not start: ${endOf(logFile)}`);
}

const endOf = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-3).join('\n');
