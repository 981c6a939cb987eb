/** The file that heads are written to, outside the database: one compact JWS on a line, oldest first, only ever added to. */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isStatement } from '../../envelope/statement.ts';

export interface HeadLine {
  /** From 1. */
  readonly line: number;
  readonly jws: string;
}

export interface HeadLines {
  readonly heads: readonly HeadLine[];
  /** Lines that no head can be read from. */
  readonly damaged: readonly number[];
  /** Lines that were cut short, as when the power failed; what was cut is whole on a later line, or was the last of all. */
  readonly torn: readonly number[];
}

/** So many lines after a torn one its head must be whole: several processes may add to the file at once. */
const linesUntilWhole = 8;

/** Whatever the bytes are. */
export function readHeadLines(bytes: Uint8Array): HeadLines {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\n');
  const filled = lines.flatMap((raw, at) =>
    // What was to be written when the power failed may be zeros.
    raw === '' || raw === '\r' ? [] : [{ line: at + 1, text: raw.replace(/\0+$/, '').replace(/\r$/, '') }],
  );
  const heads: HeadLine[] = [];
  const damaged: number[] = [];
  const torn: number[] = [];
  for (const [at, { line, text }] of filled.entries()) {
    const next = filled.slice(at + 1, at + 1 + linesUntilWhole);
    const isPart = next.some(
      (one) => one.text.length > text.length && one.text.startsWith(text) && isStatement(one.text),
    );
    // Without its line end it may be a part that looks whole; so may one that the next writer ended.
    if (line === lines.length || isPart) torn.push(line);
    else if (isStatement(text)) heads.push({ line, jws: text });
    else damaged.push(line);
  }
  return { heads, damaged, torn };
}

/** The end of the file is looked at for what is in it already: some months of hourly heads. */
const windowBytes = 1_048_576;

/**
 * Adds what the file lacks. Returns when it is on disk. Power lost on the way: a part of a line may be there; the next writer ends that
 * line and writes the whole head again.
 * @param lacks given the heads at the end of the file, what is to be added, in order
 * @returns what was added
 */
export async function appendHeads<T extends { readonly jws: string }>(
  file: string,
  lacks: (there: ReadonlySet<string>) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const handle = await open(file, 'a+', 0o640);
  try {
    const { size } = await handle.stat();
    const end = await readEnd(handle, size);
    const added = await lacks(new Set(readHeadLines(end).heads.map(({ jws }) => jws)));
    if (added.length === 0) return added;
    const begin = end.length > 0 && end.at(-1) !== 0x0a ? '\n' : '';
    await handle.appendFile(`${begin}${added.map(({ jws }) => `${jws}\n`).join('')}`);
    await handle.sync();
    if (size === 0) await syncFolder(dirname(file));
    return added;
  } finally {
    await handle.close();
  }
}

async function readEnd(handle: FileHandle, size: number): Promise<Buffer> {
  const length = Math.min(size, windowBytes);
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await handle.read(bytes, read, length - read, size - length + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

/** A new file is there after a power failure only when its folder is on disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
