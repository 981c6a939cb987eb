/** The folder of a receiver: documents, envelopes, and the ledger that remembers what has come. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '../domain/fault.ts';
import type { Parts, Received, ReceivedStore } from './received.ts';

/** A store in files. One process writes to it; others may list it meanwhile. */
export interface Folder extends ReceivedStore {
  find(id: string): Received | undefined;
  /**
   * Document, envelope and signature each under their final name, then the line in the ledger. When it returns, all of it
   * is on disk. A crash before the last line leaves files that the repeat overwrites.
   */
  keep(message: Received, parts: Parts): Received | undefined;
  list(): Iterable<Received>;
  close(): void;
}

const ledgerName = 'received.jsonl';

/** @throws Fault `argument-invalid` when the folder cannot be used. */
export function openFolder(path: string): Folder {
  let ledger: number;
  let received: Map<string, Received>;
  try {
    makeFolder(path);
    received = readLedger(join(path, ledgerName));
    ledger = openSync(join(path, ledgerName), 'a');
    // What was read may be of a process that was stopped before its own fsync: it is answered yes to as a repeat.
    fsyncSync(ledger);
    syncFolder(path);
  } catch (cause) {
    throw new Fault('argument-invalid', `the folder ${path} cannot be used: ${(cause as Error).message}`, { cause });
  }
  // A crash, or a disk that was full, may have left half a line: what is written next must not become its other half.
  let lineIsWhole = false;
  const made = new Set<string>();
  return {
    find: (id) => received.get(id),
    // From here to the end nothing waits, so that two at once cannot both be first.
    keep: (message, parts) => {
      const before = received.get(message.id);
      if (before !== undefined) return before;
      for (const { path: name, bytes } of filesOf(message, parts)) {
        const folder = dirname(join(path, name));
        if (!made.has(folder)) makeFolder(folder, path);
        made.add(folder);
        writeDurably(join(path, name), bytes);
      }
      const line = `${lineIsWhole ? '' : '\n'}${JSON.stringify(message)}\n`;
      lineIsWhole = false;
      writeWhole(ledger, Buffer.from(line));
      fsyncSync(ledger);
      lineIsWhole = true;
      received.set(message.id, message);
      return undefined;
    },
    list: () => received.values(),
    close: () => closeSync(ledger),
  };
}

/** The files of a message, relative to the folder: the document, and what proves it beside it. */
export function filesOf(message: Received, { document, envelope, signature }: Parts) {
  const name = `${message.recipient}/envelopes/${message.sequence.padStart(10, '0')}-${message.id}`;
  // Only XML begins with `<`, and an SFTI envelope begins with nothing else.
  const isXml = envelope[0] === 0x3c;
  return [
    { path: message.document, bytes: document },
    { path: `${name}${isXml ? '.xml' : '.json'}`, bytes: envelope },
    { path: `${name}.jws`, bytes: Buffer.from(`${signature}\n`) },
  ];
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
  const part = `${path}.part`;
  const file = openSync(part, 'w', 0o600);
  try {
    writeWhole(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
  syncFolder(dirname(path));
}

/**
 * A folder stands in the one above it, and is gone after a power loss until that one is on disk; so up to `top`, or to the
 * parent of the first that is made now. The nearest always: who made it may have been stopped before this.
 */
function makeFolder(path: string, top?: string): void {
  const first = mkdirSync(path, { recursive: true });
  const last = resolve(top ?? dirname(resolve(first ?? path)));
  for (let at = resolve(path); at !== last; ) {
    at = dirname(at);
    try {
      syncFolder(at);
    } catch (error) {
      // One that was there before us may stand in a folder that we may pass through and not read.
      if (first !== undefined || (error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    }
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

/** A disk that is nearly full takes a part of what it is given, and says so only in the return value. */
function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
