/** Server-sent events (HTML Living Standard, 9.2): one look at the book for all who watch, and only while somebody does. */
import type { Response } from 'express';
import { errorText, type Log } from '../../platform/log.ts';
import type { Asked } from './route.ts';

export interface Live<T> {
  /** Sends what is there now, and what changes, until the reader goes away or may not read on. */
  watch(asked: Asked, response: Response, render: (value: T) => string): void;
  /** Ends all. */
  stop(): void;
}

export interface LiveParts<T> {
  readonly log: Log;
  read(): Promise<T>;
  /** Whether the reader is still signed in; asked before each sending. */
  mayRead(asked: Asked): Promise<boolean>;
  /** Milliseconds between two looks. */
  readonly every: number;
  /** Readers at once; one more gets no stream, and the page stands still. */
  readonly most: number;
}

interface Reader<T> {
  readonly asked: Asked;
  readonly response: Response;
  readonly render: (value: T) => string;
  last: string;
}

export function createLive<T>(parts: LiveParts<T>): Live<T> {
  const readers = new Set<Reader<T>>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const send = async (reader: Reader<T>, value: T): Promise<void> => {
    const { asked, response } = reader;
    if (!(await parts.mayRead(asked))) {
      // A reload leads to the sign-in.
      response.end('event: over\ndata:\n\n');
      return;
    }
    const text = reader.render(value);
    // Who does not read gets no more than one picture behind.
    if (response.writableNeedDrain) return;
    // With a name: pages hear no comments, and this tells them that what they show is so still.
    if (text === reader.last) response.write('event: beat\ndata:\n\n');
    else response.write(`data: ${text.replaceAll(/\r?\n/g, '\ndata: ')}\n\n`);
    reader.last = text;
  };
  const look = async (): Promise<void> => {
    try {
      const value = await parts.read();
      for (const reader of readers) await send(reader, value);
    } catch (error) {
      parts.log.warn('the overview cannot be read just now', { error: errorText(error) });
      // What they show may not be so any more.
      for (const { response } of readers) response.write('event: away\ndata:\n\n');
    }
    if (readers.size > 0) timer = setTimeout(() => void look(), parts.every).unref();
    else timer = undefined;
  };
  return {
    watch: (asked, response, render) => {
      if (stopped || readers.size >= parts.most) {
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
      const reader: Reader<T> = { asked, response, render, last: '' };
      readers.add(reader);
      response.once('close', () => readers.delete(reader));
      if (timer === undefined) timer = setTimeout(() => void look(), 0);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      for (const { response } of readers) response.end();
      readers.clear();
    },
  };
}
