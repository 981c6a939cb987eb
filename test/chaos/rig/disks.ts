/** Small disks of their own for PostgreSQL and the broker (ext4 in a file, through a loop device), so that they can be full. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

export type DiskName = 'postgresql' | 'activemq';

export interface Disks {
  /** Takes all that is left. */
  fill(name: DiskName): void;
  /** Gives it back. */
  free(name: DiskName): void;
  unmount(): void;
}

/** Where PostgreSQL's data of root's own lie too (src/platform/local/postgres-home.ts): others may pass through. */
const elsewhere = '/var/tmp';
const prefix = 'kuvert-chaos-';
const megabytes: Readonly<Record<DiskName, number>> = { postgresql: 1_024, activemq: 768 };

/**
 * Mounts the disks and leads the servers of `folder`, which are not started yet, to them.
 * @returns why not, in one sentence, on a machine where this cannot be done: then they use the disk that all use
 */
export function mountDisks(folder: string): Disks | string {
  if (process.getuid?.() !== 0) return 'only root can mount small file systems';
  removeAbandoned();
  const root = join(elsewhere, `${prefix}${process.pid}`);
  const at = (name: DiskName): string => join(root, name);
  try {
    mkdirSync(root, { recursive: true, mode: 0o711 });
    for (const name of ['postgresql', 'activemq'] as const) mount(at(name), megabytes[name]);
  } catch (error) {
    remove(root);
    return `small file systems cannot be mounted here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const home = join(at('postgresql'), 'home');
  mkdirSync(home, { mode: 0o711 });
  for (const path of [root, at('postgresql'), home]) chmodSync(path, 0o711);
  writeFileSync(join(folder, 'postgres.outside'), home);
  mkdirSync(join(at('activemq'), 'data'));
  mkdirSync(join(folder, 'broker'), { mode: 0o700 });
  symlinkSync(join(at('activemq'), 'data'), join(folder, 'broker', 'data'));
  // Also when the campaign is ended by hand; after kill -9 the next one does it.
  process.once('exit', () => remove(root));
  const filler = (name: DiskName): string => join(at(name), 'filler');
  return {
    fill: (name) => {
      // What is left is not told exactly: again, with less each time, until nothing fits.
      for (let part = 0, bytes = left(at(name)); bytes >= 4_096; part++) {
        try {
          execFileSync('fallocate', ['-l', String(bytes), `${filler(name)}-${part}`], { stdio: 'ignore' });
          bytes = left(at(name));
        } catch {
          bytes = Math.floor(bytes / 2);
        }
        if (part > 60) break;
      }
    },
    free: (name) => {
      for (const file of readdirSync(at(name)).filter((file) => file.startsWith('filler')))
        rmSync(join(at(name), file), { force: true });
    },
    unmount: () => remove(root),
  };
}

function mount(path: string, size: number): void {
  const file = `${path}.disk`;
  writeFileSync(file, '', { mode: 0o600 });
  truncateSync(file, size * 2 ** 20);
  mkdirSync(path);
  // No blocks are kept for root: the broker may run as root, and must meet a full disk too.
  execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', '-O', '^has_journal', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  execFileSync('mount', ['-o', 'loop', file, path], { stdio: ['ignore', 'ignore', 'pipe'] });
}

const left = (path: string): number => {
  const { bsize, bavail } = statfsSync(path);
  return bsize * bavail;
};

function remove(root: string): void {
  for (const path of mountsIn(root)) execFileSync('umount', ['-l', path]);
  rmSync(root, { recursive: true, force: true });
}

const mountsIn = (root: string): string[] =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${root}/`));

/** Of campaigns that were killed. */
function removeAbandoned(): void {
  for (const name of readdirSync(elsewhere).filter((name) => name.startsWith(prefix)))
    if (!existsSync(`/proc/${name.slice(prefix.length)}`)) remove(join(elsewhere, name));
}
