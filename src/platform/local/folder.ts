/** The folder of a private set of servers: who owns it, what runs in it, its passwords, and what a killed owner left. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { Log } from '../log.ts';
import { gone, type Identity, identify, isAlive, signal } from './process.ts';

const STOP_PATIENCE = 5_000;

interface Owner extends Identity {
  /** Whether the data outlive their owner. */
  readonly keep: boolean;
}

export interface LocalFolder {
  readonly path: string;
  /** A random password, the same for as long as the folder exists. */
  secret(name: string): string;
  /** Notes a process that runs here, so that a later start can end it. */
  record(name: string, identity: Identity): void;
  /** Notes a folder outside this one that goes when this one goes. */
  outside(name: string, path: string): void;
  /** The noted folder outside, if it still exists. */
  outsideOf(name: string): string | undefined;
  /** Gives the folder up; nothing may run in it any more. Its data stay only when they are to be kept. */
  release(): void;
}

/**
 * Makes `folder` ours, after ending what a killed owner left running in it; abandoned folders beside it that were not to
 * be kept are ended and removed as well.
 * @throws Fault `not-possible-now` when a living process owns it.
 */
export async function claimFolder(folder: string, keep: boolean, log: Log): Promise<LocalFolder> {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dirname(path))) {
    const beside = join(dirname(path), name);
    const owner = beside === path ? undefined : ownerOf(beside);
    if (owner && !owner.keep && !isAlive(owner)) await cleanUp(beside, owner, log);
  }
  const before = ownerOf(path);
  if (before && isAlive(before))
    throw new Fault('not-possible-now', `The servers in ${path} are in use by process ${before.pid}`);
  if (before) {
    await cleanUp(path, before, log);
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }
  const self = identify(process.pid);
  if (!self) throw new Fault('server-unavailable', 'Private local servers need Linux: /proc cannot be read here');
  try {
    writeFileSync(join(path, 'owner.json'), JSON.stringify({ ...self, keep }), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new Fault('not-possible-now', `The servers in ${path} were just taken by another process`, { cause });
  }
  return {
    path,
    secret: (name) => secretIn(join(path, `${name}.secret`)),
    record: (name, identity) => writeWhole(join(path, `${name}.process`), JSON.stringify(identity)),
    outside: (name, elsewhere) => writeWhole(join(path, `${name}.outside`), elsewhere),
    outsideOf: (name) => {
      const noted = readText(join(path, `${name}.outside`));
      return noted !== undefined && existsSync(noted) ? noted : undefined;
    },
    release: () => (keep ? disown(path) : remove(path)),
  };
}

function ownerOf(folder: string): Owner | undefined {
  const text = readText(join(folder, 'owner.json'));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Owner;
  } catch {
    // Killed while writing: an owner that is nobody.
    return { pid: 0, started: '', keep: true };
  }
}

async function cleanUp(folder: string, owner: Owner, log: Log): Promise<void> {
  const left = readdirSync(folder)
    .filter((name) => name.endsWith('.process'))
    .flatMap((name) => {
      const text = readText(join(folder, name));
      return text === undefined ? [] : [JSON.parse(text) as Identity];
    })
    .filter(isAlive);
  if (left.length > 0) log.warn('ending servers of a process that was killed', { folder, count: left.length });
  for (const one of left) {
    signal(one, 'SIGCONT');
    // INT is a clean stop for all three; for PostgreSQL, TERM would wait for clients.
    signal(one, 'SIGINT');
  }
  if (!(await gone(left, STOP_PATIENCE))) for (const one of left) signal(one, 'SIGKILL');
  await gone(left, STOP_PATIENCE);
  if (owner.keep) disown(folder);
  else remove(folder);
}

function disown(folder: string): void {
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.process') || name === 'owner.json'))
    rmSync(join(folder, name), { force: true });
}

function remove(folder: string): void {
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.outside'))) {
    const outside = readText(join(folder, name));
    if (outside !== undefined) rmSync(outside, { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

function secretIn(file: string): string {
  const kept = readText(file);
  if (kept !== undefined && kept !== '') return kept;
  const made = randomBytes(18).toString('base64url');
  writeWhole(file, made);
  return made;
}

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
