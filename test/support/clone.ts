/** A folder that is a clone of the project as far as the commands of a page are concerned: what they make is not left in the project. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Clone {
  readonly folder: string;
  /** When nothing runs in it any more: with the databases that lie elsewhere because PostgreSQL does not run as root. */
  remove(): void;
}

export function openClone(): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-clone-'));
  mkdirSync(join(folder, 'bin'));
  for (const name of ['bin/kuvert', 'test']) symlinkSync(resolve(name), join(folder, name));
  return {
    folder,
    remove: () => {
      for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
        if (file.endsWith('/postgres.outside'))
          rmSync(readFileSync(join(folder, file), 'utf8'), { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
