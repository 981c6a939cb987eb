/**
 * A process that is the ca role, with one step that ends the process with SIGKILL. Run by startCrashingCa() as
 * `node crash-ca.ts STEP MOMENT`, the settings in its environment.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { IssuingSteps } from '../../src/enrolment/issue.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { silentLog } from '../../src/platform/log.ts';
import { caSettings, startCa } from '../../src/roles/ca.ts';
import { compiled } from './compiled.ts';

/** `after`: its transaction is committed, or the signature is there. */
export type CaCrash = readonly [step: 'intend' | 'sign' | 'record', moment: 'before' | 'after'];

/** Resolves when the process is gone; fails if it ended in any other way than by the crash. */
export async function crashCa(environment: Readonly<Record<string, string>>, crash: CaCrash): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...crash], {
    env: { PATH: process.env['PATH'], ...compiled, ...environment },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the process ended with ${signal ?? code} instead of crashing`);
}

const die = (): void => void process.kill(process.pid, 'SIGKILL');

function crashing(steps: IssuingSteps, [step, moment]: CaCrash): IssuingSteps {
  const around =
    <A extends unknown[], R>(real: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      if (moment === 'before') die();
      const result = await real(...given);
      die();
      return result;
    };
  return { ...steps, [step]: around(steps[step] as (...given: unknown[]) => Promise<unknown>) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const crash = process.argv.slice(2) as unknown as CaCrash;
  // The test that started it is gone: so is this.
  process.stdin.on('end', die).resume();
  await startCa(readSettings(caSettings, process.env), silentLog, { compose: (steps) => crashing(steps, crash) });
}
