/** Where the gateway's processes come in: a TCP port for a link, and an egress proxy (HTTP CONNECT) for many. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Link } from './link.ts';

export interface Door {
  readonly port: number;
  close(): Promise<void>;
}

/** A port of 127.0.0.1; whoever connects is led on by the link. */
export async function openDoor(link: Link): Promise<Door> {
  return doorOf(
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      link.join(socket);
    }),
  );
}

/**
 * The house's own proxy: asked for `127.0.0.1:port` it leads on by the link that stands for that port. A port that is not ours
 * gets 403, a link that is cut 502.
 */
export async function openEgressProxy(links: ReadonlyMap<number, Link>, isCut: (link: Link) => boolean): Promise<Door> {
  const http = createHttpServer();
  http.on('connect', (request, stream, head) => {
    const socket = stream as Socket;
    socket.on('error', () => undefined);
    const link = links.get(Number(/^127\.0\.0\.1:(\d+)$/.exec(request.url ?? '')?.[1]));
    if (link === undefined) socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    else if (isCut(link)) socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    else {
      socket.allowHalfOpen = true;
      if (head.length > 0) socket.unshift(head);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      link.join(socket);
    }
  });
  return doorOf(http);
}

async function doorOf(server: Server): Promise<Door> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
