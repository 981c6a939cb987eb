/** Server-sent events (HTML Living Standard, 9.2): one look at the book for all who watch, and only while somebody does. */
import type { Response } from 'express';
import { errorText, type Log } from '../../platform/log.ts';
import type { Who } from '../access/entered.ts';
import type { Asked } from './route.ts';

export interface Live<T> {
  /** Sends what is there now, and what changes, until the reader goes away or may not read on. */
  watch(asked: Asked & { readonly who: Who }, response: Response, render: Render<T>): void;
  /** Ends all. */
  stop(): void;
}

/** As the reader may see it at this moment. */
type Render<T> = (value: T, who: Who) => string;

export interface LiveParts<T> {
  readonly log: Log;
  read(): Promise<T>;
  /** Who the reader is now; undefined: they may not read on. Asked before each sending. */
  readerNow(asked: Asked): Promise<Who | undefined>;
  /** Milliseconds between two looks. */
  readonly every: number;
  /** Readers at once; one more gets no stream, and the page stands still. */
  readonly most: number;
  /** And of one account, in all its windows and scripts. */
  readonly mostOfOne: number;
}

interface Reader<T> {
  readonly asked: Asked & { readonly who: Who };
  readonly response: Response;
  readonly render: Render<T>;
  last: string;
  /** A look began since they came: what an earlier one has may be older than their page. */
  looked: boolean;
}

/** Milliseconds between two looks at least, however many come: each waits no longer than that for theirs. */
const soonest = 1_000;

export function createLive<T>(parts: LiveParts<T>): Live<T> {
  const readers = new Set<Reader<T>>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let looking = false;
  /** When the last look ended. */
  let lookedAt = Number.NEGATIVE_INFINITY;
  const cannot = (error: unknown) =>
    parts.log.warn('the overview cannot be read just now', { error: errorText(error) });
  const send = async (reader: Reader<T>, value: T): Promise<void> => {
    const { asked, response } = reader;
    const who = await parts.readerNow(asked);
    if (!readers.has(reader)) return;
    if (who === undefined) {
      readers.delete(reader);
      // A reload leads to the sign-in.
      response.end('event: over\ndata:\n\n');
      return;
    }
    const text = reader.render(value, who);
    // Who does not read gets no more than one picture behind.
    if (response.writableNeedDrain) return;
    // With a name: pages hear no comments, and this tells them that what they show is so still.
    if (text === reader.last) response.write('event: beat\ndata:\n\n');
    else response.write(`data: ${text.replaceAll(/\r\n?|\n/g, '\ndata: ')}\n\n`);
    reader.last = text;
  };
  const look = async (): Promise<void> => {
    looking = true;
    const present = [...readers];
    for (const reader of present) reader.looked = true;
    try {
      const value = await parts.read();
      for (const reader of present) if (readers.has(reader)) await send(reader, value);
    } catch (error) {
      cannot(error);
      // What they show may not be so any more.
      for (const { response } of readers) response.write('event: away\ndata:\n\n');
    }
    looking = false;
    lookedAt = performance.now();
    next();
  };
  /** Who has come since the last look gets one soon. */
  const next = (): void => {
    clearTimeout(timer);
    if (stopped || readers.size === 0) return;
    const waits = [...readers].every(({ looked }) => looked) ? parts.every : Math.min(parts.every, soonest);
    timer = setTimeout(() => void look(), Math.max(0, lookedAt + waits - performance.now())).unref();
  };
  return {
    watch: (asked, response, render) => {
      const theirs = [...readers].filter((one) => one.asked.who.accountId === asked.who.accountId).length;
      if (stopped || readers.size >= parts.most || theirs >= parts.mostOfOne) {
        // 204: the browser does not come back by itself; the page asks again after a while.
        response.status(204).end();
        return;
      }
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      response.write('retry: 5000\n\n');
      const reader: Reader<T> = { asked, response, render, last: '', looked: false };
      readers.add(reader);
      response.once('close', () => readers.delete(reader));
      if (!looking) next();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      for (const { response } of readers) response.end();
      readers.clear();
    },
  };
}
