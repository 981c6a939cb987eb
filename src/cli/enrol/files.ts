/** Files of which each is whole on the disk or not there, whenever the power fails. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import { inPlaceOf, type Mode, syncFolder, writeDurably as writeFile } from '../../platform/durable.ts';
import { errorText } from '../../platform/error-text.ts';

/**
 * Writes a file, or a new content in its place.
 * @throws Fault `not-possible-now`: a full disk, a folder that cannot be written
 */
export const writeDurably = (path: string, content: string | Uint8Array, mode: Mode): void =>
  orCannotWrite(path, () => writeFile(path, content, mode));

/** A symbolic link, or what an existing one points to, in one step. @throws Fault `not-possible-now` */
export const pointTo = (path: string, target: string): void =>
  orCannotWrite(path, () => inPlaceOf(path, (draft) => symlinkSync(target, draft)));

function orCannotWrite(path: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
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

export const cannotWrite = (path: string, cause: unknown): Fault =>
  new Fault(
    'not-possible-now',
    `${path} cannot be written: ${errorText(cause)}; mend that and give the same command again: it goes on where it was`,
    { cause },
  );
