/**
 * One process at a time works in a folder. The lock is a courtesy: two that go on with the same key get the same certificate, and
 * the authority gives no second one for another key.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import { cannotWrite } from './files.ts';

/** Milliseconds: who holds it says so this often, and who has not for so long is gone. */
const heartbeat = 10_000;
const staleAfter = 120_000;

/**
 * Runs `work` as the only one in the folder.
 * @throws Fault `server-unavailable` while another process holds it: trying again later helps
 */
export async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, '.lock');
  take(path);
  const beat = setInterval(() => touch(path), heartbeat).unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(path, { force: true });
  }
}

function take(path: string): void {
  if (make(path)) return;
  const holder = holderOf(path);
  if (holder === undefined || isGone(holder)) rmSync(path, { force: true });
  if (make(path)) return;
  throw new Fault(
    'server-unavailable',
    `another run is at work in this folder (process ${holder?.pid ?? '?'} on ${holder?.host ?? '?'}); come back when it is done`,
  );
}

/** Whole or not there: a link to a file that is written already. */
function make(path: string): boolean {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(draft, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 });
    linkSync(draft, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannotWrite(path, cause);
  } finally {
    rmSync(draft, { force: true });
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Milliseconds since its last sign of life. */
  readonly silent: number;
}

function holderOf(path: string): Holder | undefined {
  try {
    const silent = Date.now() - statSync(path).mtimeMs;
    const text = readFileSync(path, 'utf8');
    return { ...(JSON.parse(text) as { pid: number; host: string }), silent };
  } catch {
    return undefined;
  }
}

function isGone({ pid, host, silent }: Holder): boolean {
  if (silent > staleAfter) return true;
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Taken away by hand: nothing depends on it.
  }
}
