/**
 * A process that is a gateway's role, with one step that ends the process with SIGKILL. Run by startCrashing() as
 * `node crash-gateway.ts ROLE STEP MOMENT NTH`, the settings in its environment.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DrainDeps } from '../../src/delivery/drain.ts';
import type { ReceiveDeps } from '../../src/intake/receive.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { compiled } from './compiled.ts';
import type { TestGateway } from './gateway.ts';

type StepsOf<D> = { [K in keyof D]: D[K] extends (...args: never[]) => unknown ? K : never }[keyof D];
export type ReceiveStep = Extract<StepsOf<ReceiveDeps>, 'read' | 'store' | 'withdraw' | 'wake'>;
export type DrainStep = Exclude<StepsOf<DrainDeps>, 'now' | 'sleep' | 'stopping'>;

/** during: while the step is under way · later: when whatever followed it has had its time. */
export type Moment = 'before' | 'during' | 'after' | 'later';

export type CrashPoint = (
  | { readonly role: 'intake'; readonly step: ReceiveStep }
  | { readonly role: 'delivery'; readonly step: DrainStep }
) & { readonly moment: Moment /** At which call of the step: 1 for the first. */; readonly nth: number };

/** A process that starts is busy for a second: this many at once, whoever else waits. */
const atOnce = 3;
let busy = 0;
const waiting: (() => void)[] = [];

/** Runs `work`, which has processes crash, when it is its turn. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (busy >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else busy += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else busy -= 1;
  }
}

export interface Crashing {
  /** Resolves when the process is gone; fails if it ended in any other way than by the crash. */
  readonly crashed: Promise<void>;
  /** Ends it from outside, now. */
  kill(): void;
}

export function startCrashing(
  gateway: Pick<TestGateway, 'environment'>,
  { role, step, moment, nth }: CrashPoint,
): Crashing {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), role, step, moment, String(nth)], {
    // Compiled code is kept: many of these are started.
    env: {
      PATH: process.env['PATH'],
      ...compiled,
      TEST_LOG: process.env['TEST_LOG'],
      ...gateway.environment,
    },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  // It is killed while it may still be written to.
  child.stdin.on('error', () => undefined);
  return { crashed: ended(child), kill: () => void child.kill('SIGKILL') };
}

async function ended(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the process ended with ${signal ?? code} instead of crashing: ${said}`);
}

const die = (): void => void process.kill(process.pid, 'SIGKILL');

/** The same steps, but the nth call of one of them is the process's last. */
export function crashing<D extends object>(deps: D, step: keyof D, moment: Moment, nth: number): D {
  const real = deps[step] as (...args: unknown[]) => unknown;
  let calls = 0;
  const after = <T>(result: T): T => {
    if (moment === 'later') setTimeout(die, 300);
    else die();
    return result;
  };
  const stepThatKills = (...args: unknown[]): unknown => {
    calls += 1;
    if (calls !== nth) return real(...args);
    if (moment === 'before') die();
    const result = real(...args);
    // Its first words are on the wire, its last are not.
    if (moment === 'during') setTimeout(die, 1);
    else if (result instanceof Promise) return result.then(after);
    else after(result);
    return result;
  };
  return { ...deps, [step]: stepThatKills };
}

async function main([role, step, moment, nth]: readonly string[]): Promise<void> {
  // The test that started it is gone: so is this.
  process.stdin.on('end', die).resume();
  setTimeout(() => {
    process.stderr.write('the step was never met');
    process.exit(1);
  }, 80_000).unref();
  const { testLog } = await import('./gateway-log.ts');
  const at = [moment as Moment, Number(nth)] as const;
  if (role === 'intake') {
    const { intakeSettings, startIntake } = await import('../../src/roles/intake.ts');
    const settings = readSettings(intakeSettings, process.env);
    await startIntake(settings, testLog(), (deps) => crashing(deps, step as ReceiveStep, ...at));
  } else {
    const { deliverySettings, startDelivery } = await import('../../src/roles/delivery.ts');
    const settings = readSettings(deliverySettings, process.env);
    await startDelivery(settings, testLog(), '0.0.0', (deps) => crashing(deps, step as DrainStep, ...at));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
