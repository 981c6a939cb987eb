/**
 * A process that is the supplier-api role on a line, with one step that ends the process with SIGKILL. Run by
 * startCrashingMailbox() as `node crash-mailbox.ts STEP MOMENT`, the settings in its environment; it writes its port.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { MailboxParts } from '../../src/collection/mailbox.ts';
import { readSettings } from '../../src/platform/config/read.ts';
import { silentLog } from '../../src/platform/log.ts';
import { startSupplierApi, supplierApiSettings } from '../../src/roles/supplier-api.ts';
import type { Pool } from '../../src/store/pool.ts';
import { compiled } from './compiled.ts';

/** `transaction`: the only one of a fetch, and of a receipt. `during`: all is written, and not committed. */
export type MailboxCrash = readonly [step: 'seal' | 'bytes' | 'transaction', moment: 'before' | 'during' | 'after'];

export interface CrashingMailbox {
  readonly port: number;
  /** Resolves when the process is gone; fails if it ended in any other way than by the crash. */
  readonly crashed: Promise<void>;
  kill(): void;
}

export async function startCrashingMailbox(
  environment: Readonly<Record<string, string>>,
  [step, moment]: MailboxCrash,
): Promise<CrashingMailbox> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), step, moment], {
    env: { PATH: process.env['PATH'], ...compiled, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  const crashed = ended(child);
  crashed.catch(() => undefined);
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(port.toString()), crashed, kill: () => void child.kill('SIGKILL') };
}

async function ended(child: ChildProcess): Promise<void> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the process ended with ${signal ?? code} instead of crashing`);
}

const die = (): void => void process.kill(process.pid, 'SIGKILL');

function crashing(parts: MailboxParts, step: string, moment: string): MailboxParts {
  if (step === 'transaction')
    return { ...parts, pool: { ...parts.pool, transaction: lastTransaction(parts.pool, moment) } };
  const real = parts[step as 'seal'];
  const seal: MailboxParts['seal'] = async (...given) => {
    if (moment === 'before') die();
    const result = await real(...given);
    die();
    return result;
  };
  return { ...parts, [step]: seal };
}

function lastTransaction(pool: Pool, moment: string): Pool['transaction'] {
  return async (work, lockTimeout) => {
    if (moment === 'before') die();
    const result = await pool.transaction(async (db) => {
      const done = await work(db);
      if (moment === 'during') die();
      return done;
    }, lockTimeout);
    die();
    return result;
  };
}

async function main([step = '', moment = '']: readonly string[]): Promise<void> {
  // The test that started it is gone: so is this.
  process.stdin.on('end', die).resume();
  const settings = readSettings(supplierApiSettings, process.env);
  const { port } = await startSupplierApi(settings, silentLog, (parts) => crashing(parts, step, moment));
  process.stdout.write(String(port));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
