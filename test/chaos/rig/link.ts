/**
 * The connections between two programs, led through this process, so that they can be made bad: cut, reset, slow, throttled,
 * or half-open, where bytes of one direction go nowhere. TCP never leaves out bytes and goes on: a connection that has lost
 * some gets nothing more, and is reset when the fault ends.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Mode =
  | { readonly kind: 'open' }
  /** Connections are reset, new ones at once. */
  | { readonly kind: 'cut' }
  /** Each piece waits so many milliseconds. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  | { readonly kind: 'throttled'; readonly bytesPerSecond: number }
  /** Up: what the gateway says goes nowhere. Down: what it is answered. */
  | { readonly kind: 'half-open'; readonly way: Way };
export type Way = 'up' | 'down';

export interface Link {
  readonly name: string;
  set(mode: Mode): void;
  /** Resets every connection that is open; new ones are let through. */
  reset(): void;
  /** Leads a connection of the gateway's to the other end. False: it was reset. */
  join(client: Socket): boolean;
  /** Connections that are open. */
  open(): number;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** The way on which bytes were lost. */
  lost?: Way;
}

/** @param port of 127.0.0.1, asked for at each connection */
export function createLink(name: string, port: () => number): Link {
  const pairs = new Set<Pair>();
  let mode: Mode = { kind: 'open' };
  const drop = (pair: Pair): void => {
    pairs.delete(pair);
    for (const socket of [pair.client, pair.server]) if (!socket.destroyed) socket.resetAndDestroy();
  };

  const pump = async (pair: Pair, from: Socket, to: Socket, way: Way): Promise<void> => {
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (mode.kind === 'half-open' && mode.way === way) pair.lost = way;
        if (pair.lost === way) continue;
        if (mode.kind === 'slow') await sleep(mode.milliseconds);
        if (mode.kind === 'throttled') await sleep((chunk.length / mode.bytesPerSecond) * 1_000);
        if (to.destroyed) return;
        if (!to.write(chunk)) await roomIn(to);
      }
      // The end is a byte like any other: it is lost too.
      if (mode.kind === 'half-open' && mode.way === way) pair.lost = way;
      if (pair.lost !== way && !to.destroyed) to.end();
    } catch {
      drop(pair);
    }
  };

  return {
    name,
    set: (next) => {
      mode = next;
      for (const pair of pairs) if (next.kind === 'cut' || pair.lost !== undefined) drop(pair);
    },
    reset: () => {
      for (const pair of pairs) drop(pair);
    },
    join: (client) => {
      client.on('error', () => undefined);
      if (mode.kind === 'cut') {
        client.resetAndDestroy();
        return false;
      }
      const server = connect({ host: '127.0.0.1', port: port(), allowHalfOpen: true, noDelay: true });
      const pair: Pair = { client, server };
      pairs.add(pair);
      for (const socket of [client, server]) {
        socket.on('error', () => drop(pair));
        socket.on('close', () => closed(pair));
      }
      void pump(pair, client, server, 'up');
      void pump(pair, server, client, 'down');
      return true;
    },
    open: () => pairs.size,
  };

  /** One side is gone: the other is told, unless telling is what has failed. */
  function closed(pair: Pair): void {
    if (pair.lost !== undefined) return;
    if (pair.client.destroyed && pair.server.destroyed) pairs.delete(pair);
    else if (pair.client.destroyed) pair.server.destroySoon();
    else pair.client.destroySoon();
  }
}

function roomIn(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
