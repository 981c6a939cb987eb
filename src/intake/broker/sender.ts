/** Frames to queues; a promise is kept when the broker's receipts have come. */
import type { Readable } from 'node:stream';
import type { Connection } from './connection.ts';
import type { OutgoingFrame } from './frame.ts';

export interface Sender {
  /**
   * Sends in the order given, persistent, all or none. Resolves when the broker has them on disk; rejects with Fault
   * server-unavailable, after which they may nevertheless be there: send all again.
   */
  send(frames: readonly OutgoingFrame[]): Promise<void>;
  /** Sends a body that is not held in memory; `headers` say its content-length, or that it is text without a NUL. */
  stream(queue: string, headers: Readonly<Record<string, string>>, body: Readable): Promise<void>;
  close(): Promise<void>;
}

/** Connects when there is something to send and keeps the connection; one try per call. */
export function createSender(connect: () => Promise<Connection>): Sender {
  let current: Promise<Connection> | undefined;
  const connection = async (): Promise<Connection> => {
    const existing = await current?.catch(() => undefined);
    if (existing && !existing.over()) return existing;
    current = connect();
    return current;
  };
  let last: Promise<unknown> = Promise.resolve();
  /** One caller after the other: two that find no connection must not make two. */
  const connected = (): Promise<Connection> => {
    const mine = last.then(connection, connection);
    last = mine;
    return mine;
  };
  return {
    send: async (frames) => {
      if (frames.length === 0) return;
      const there = await connected();
      await there.sendAll(
        frames.map(({ queue, headers, body, isText }) => ({
          headers: {
            ...headers,
            destination: `/queue/${queue}`,
            persistent: 'true',
            ...(isText ? {} : { 'content-length': String(body.length) }),
          },
          body,
        })),
      );
    },
    stream: async (queue, headers, body) => {
      const there = await connected();
      await there.stream({ ...headers, destination: `/queue/${queue}`, persistent: 'true' }, body);
    },
    close: async () => {
      const existing = await current?.catch(() => undefined);
      await existing?.close();
    },
  };
}
