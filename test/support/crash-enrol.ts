/**
 * A supplier's process that enrols or renews, with one step that ends it with SIGKILL. Run by crashEnrol() as
 * `node crash-enrol.ts STEP MOMENT NTH REQUEST`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { enrol, type Steps, usualSteps } from '../../src/cli/enrol/enrol.ts';
import { renew } from '../../src/cli/enrol/renew.ts';
import { compiled } from './compiled.ts';

export interface EnrolCrash {
  readonly step: keyof Steps;
  readonly moment: 'before' | 'after';
  /** At which call of the step: 1 for the first. */
  readonly nth: number;
}

/** What is asked for, without functions. */
export type CrashRequest =
  | {
      readonly command: 'enrol';
      readonly url: string;
      readonly rootSha256: string;
      readonly transferId: string;
      readonly password: string;
      readonly folder: string;
    }
  | { readonly command: 'renew'; readonly folder: string };

/** Resolves when the process is gone; fails if it ended in any other way than by the crash. */
export async function crashEnrol({ step, moment, nth }: EnrolCrash, request: CrashRequest): Promise<void> {
  const args = [fileURLToPath(import.meta.url), step, moment, String(nth), JSON.stringify(request)];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...compiled },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the process ended with ${signal ?? code} instead of crashing`);
}

const die = (): void => void process.kill(process.pid, 'SIGKILL');

function crashing(step: keyof Steps, moment: string, nth: number): Steps {
  const real = usualSteps[step] as (...given: unknown[]) => unknown;
  let calls = 0;
  const last = (...given: unknown[]): unknown => {
    calls += 1;
    if (calls !== nth) return real(...given);
    if (moment === 'before') die();
    const result = real(...given);
    return result instanceof Promise ? result.then(die) : die();
  };
  return { ...usualSteps, [step]: last };
}

async function main([step, moment = '', nth, text = '']: readonly string[]): Promise<void> {
  // The test that started it is gone: so is this.
  process.stdin.on('end', die).resume();
  const request = JSON.parse(text) as CrashRequest;
  const steps = crashing(step as keyof Steps, moment, Number(nth));
  const terminal = { out: () => undefined, err: () => undefined };
  const usual = { keyKind: 'P-256', patience: 10_000, afterwards: undefined } as const;
  const now = () => new Date();
  if (request.command === 'renew')
    await renew({ ...usual, folder: request.folder, ifDue: { days: 60 } }, terminal, now, steps);
  else {
    const { url, rootSha256, transferId, password, folder } = request;
    const asked = { ...usual, url: new URL(url), known: { rootSha256 }, transferId, folder };
    await enrol({ ...asked, password: async () => password }, terminal, now, steps);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
