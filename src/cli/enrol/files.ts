/** Files of which each is whole on the disk or not there, whenever the power fails. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import { errorText } from '../../platform/error-text.ts';

/** Readable by its owner alone, or by everybody. */
export type Mode = 0o600 | 0o644;

/**
 * Writes a file, or a new content in its place: under another name first, to the disk, and then renamed.
 * @throws Fault `not-possible-now`: a full disk, a folder that cannot be written
 */
export function writeDurably(path: string, content: string | Uint8Array, mode: Mode): void {
  inPlaceOf(path, (draft) => {
    const file = openSync(draft, 'wx', mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** A symbolic link, or what an existing one points to, in one step. @throws Fault `not-possible-now` */
export function pointTo(path: string, target: string): void {
  inPlaceOf(path, (draft) => symlinkSync(target, draft));
}

function inPlaceOf(path: string, make: (draft: string) => void): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  try {
    make(draft);
    renameSync(draft, path);
    syncFolder(dirname(path));
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cannotWrite(path, cause);
  }
}

/** The folder and those above it, for its owner alone where it is made here. @throws Fault `not-possible-now` */
export function makeFolder(path: string): void {
  try {
    const first = mkdirSync(path, { recursive: true, mode: 0o700 });
    if (first !== undefined) syncFolder(dirname(resolve(first)));
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

/** @throws Fault `not-possible-now` */
export function moveFolder(from: string, to: string): void {
  makeFolder(dirname(to));
  try {
    renameSync(from, to);
    syncFolder(dirname(to));
    syncFolder(dirname(from));
  } catch (cause) {
    throw cannotWrite(to, cause);
  }
}

/** Undefined: it is not there. @throws Fault `not-possible-now` when it cannot be read */
export const readIfThere = (path: string): string | undefined => ifThere(path, () => readFileSync(path, 'utf8'));

/** What a symbolic link says; undefined: it is not there. */
export const linkIfThere = (path: string): string | undefined => ifThere(path, () => readlinkSync(path));

/** Names in a folder; none if it is not there. */
export const namesIn = (path: string): readonly string[] => ifThere(path, () => readdirSync(path)) ?? [];

function ifThere<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Fault('not-possible-now', `${path} cannot be read: ${errorText(cause)}`, { cause });
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

export const cannotWrite = (path: string, cause: unknown): Fault =>
  new Fault(
    'not-possible-now',
    `${path} cannot be written: ${errorText(cause)}; mend that and give the same command again: it goes on where it was`,
    { cause },
  );
