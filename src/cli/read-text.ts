/** A file that is named on the command line. */
import { readFileSync } from 'node:fs';
import { Fault } from '../domain/fault.ts';

/** @throws Fault `argument-invalid` naming the file. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault('argument-invalid', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** The same for its bytes. */
export function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Fault('argument-invalid', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
