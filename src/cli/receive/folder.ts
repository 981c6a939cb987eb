/** The folder of a receiver: documents, envelopes, and the ledger that remembers what has come. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { Received } from './gaps.ts';

export interface Folder {
  /** By id. */
  readonly received: ReadonlyMap<string, Received>;
  /**
   * Keeps a message: document, envelope and signature each under their final name, then the line in the ledger. When it
   * returns, all of it is on disk. A crash before the last line leaves files that the repeat overwrites.
   */
  keep(message: Received, files: readonly { readonly path: string; readonly bytes: Uint8Array }[]): void;
  close(): void;
}

const ledgerName = 'received.jsonl';

/** @throws Fault `argument-invalid` when the folder cannot be used. */
export function openFolder(path: string): Folder {
  let ledger: number;
  let received: Map<string, Received>;
  try {
    mkdirSync(path, { recursive: true });
    received = readLedger(join(path, ledgerName));
    ledger = openSync(join(path, ledgerName), 'a');
    // A crash may have left half a line: what is written next must not become its other half.
    writeSync(ledger, '\n');
  } catch (cause) {
    throw new Fault('argument-invalid', `the folder ${path} cannot be used: ${(cause as Error).message}`, { cause });
  }
  return {
    received,
    keep: (message, files) => {
      for (const { path: name, bytes } of files) writeDurably(join(path, name), bytes);
      writeSync(ledger, `${JSON.stringify(message)}\n`);
      fsyncSync(ledger);
      received.set(message.id, message);
    },
    close: () => closeSync(ledger),
  };
}

/** What a folder has received; for a listing. Never writes. */
export function readReceived(path: string): Received[] {
  return [...readLedger(join(path, ledgerName)).values()];
}

function readLedger(file: string): Map<string, Received> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const received = new Map<string, Received>();
  for (const line of text.split('\n')) {
    const message = readLine(line);
    if (message !== undefined) received.set(message.id, message);
  }
  return received;
}

/** Half a line was never confirmed to the sender, who brings that message again. */
function readLine(line: string): Received | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Received);
  } catch {
    return undefined;
  }
}

/** Never a half file under the final name, and never gone after a power loss: file, rename, folder. */
function writeDurably(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const file = openSync(part, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
