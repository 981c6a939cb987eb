/** Knows a listener's connections, so that it can end: at once for the idle ones, in time for the others. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** @returns what stops the server: no new connections, running requests may end for at most `graceMs` */
export function trackConnections(server: Server): (graceMs: number) => Promise<void> {
  // Node's own closeIdleConnections() passes over those that shake hands still, or have not asked for anything yet.
  const connections = new Map<string, Socket>();
  const busy = new Map<string, number>();
  let closing = false;

  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    connections.set(name, socket);
    socket.once('close', () => connections.delete(name));
  });
  server.on('request', ({ socket }: IncomingMessage, response) => {
    const name = nameOf(socket);
    busy.set(name, (busy.get(name) ?? 0) + 1);
    response.once('close', () => {
      const left = (busy.get(name) ?? 1) - 1;
      if (left > 0) busy.set(name, left);
      else busy.delete(name);
      // `end`, not `destroy`: the last of the answer may not be on the wire yet.
      if (closing && left === 0) socket.end();
    });
  });

  return async (graceMs) => {
    closing = true;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const [name, socket] of connections) if (!busy.has(name)) socket.destroy();
    const grace = setTimeout(() => {
      for (const socket of connections.values()) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(grace);
  };
}

/** The same for a TCP connection and for the TLS on it. */
const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
