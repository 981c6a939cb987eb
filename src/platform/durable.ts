/** Files that are whole on the disk or not there, whenever the power fails. Errors are those of the file system. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Readable by its owner alone, or by everybody. */
export type Mode = 0o600 | 0o644;

/** Writes a file that is not there yet, all of it, to the disk. Its folder has to be synchronised still. */
export function writeNew(path: string, content: string | Uint8Array, mode: Mode): void {
  const file = openSync(path, 'wx', mode);
  try {
    // Not writeSync: a disk that is nearly full takes a part of what it is given, and says so only in the return value.
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Puts a file, or a new content, in its place: under another name first, to the disk, and then renamed. */
export const writeDurably = (path: string, content: string | Uint8Array, mode: Mode): void =>
  inPlaceOf(path, (draft) => writeNew(draft, content, mode));

/** @param make whatever shall stand at `path`, under the name that it is given */
export function inPlaceOf(path: string, make: (draft: string) => void): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  try {
    make(draft);
    renameSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Gives a file another name in its folder, in place of what stood there; on the disk when it returns. */
export function moveDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(dirname(to));
}

/** A name is on the disk when its folder is. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
