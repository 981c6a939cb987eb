/** What a process of the outer world saw: JSON lines in a file of its own. */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface Journal<Line extends object> {
  /** Returns when the kernel has the line: the death of this process does not lose it. @returns the time on it. */
  write(line: Line): number;
  close(): void;
}

/** Every line gets `at`, epoch milliseconds of this process's own clock. */
export function openJournal<Line extends object>(folder: string, name: string): Journal<Line> {
  const file = openSync(join(folder, name), 'a');
  return {
    write: (line) => {
      const at = Date.now();
      writeSync(file, `${JSON.stringify({ at, ...line })}\n`);
      return at;
    },
    close: () => closeSync(file),
  };
}

/** All lines; none when there is no such file. @throws when one cannot be read: what is not whole is no evidence. */
export function readJournal<Line>(folder: string, name: string): (Line & { readonly at: number })[] {
  const file = join(folder, name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as Line & { readonly at: number }];
    } catch (cause) {
      throw new Error(`${name}, line ${i + 1} cannot be read`, { cause });
    }
  });
}
