/**
 * An HTTP proxy for tests that knows CONNECT and nothing else, on 127.0.0.1, in any temper. It resolves nothing: addresses
 * that a test only pretends are led to a port of this machine.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/**
 * - `ok`: opens the tunnel. A number: answers that status instead. `function`: decides by the authority asked for.
 * - `refuse`: resets TCP connections. `hang`: reads and never answers. `close`: FIN when it was asked.
 * - `{ raw }`: exactly these bytes; then `repeat` again and again until the connection is closed.
 * - `speaks`: opens the tunnel and says something into it by itself. `drop`: opens it and closes it at once.
 */
export type Temper =
  | 'ok'
  | 'refuse'
  | 'hang'
  | 'close'
  | 'speaks'
  | 'drop'
  | number
  | { readonly raw: string; readonly repeat?: string };

export interface ProxyOptions {
  /** What `proxy-authorization` must be; left out: whoever asks is let through. */
  readonly authorization?: string;
  /** PEM; with it the proxy itself is spoken to over TLS. */
  readonly tls?: { readonly key: string; readonly certificate: string };
  /** Where an authority (`203.0.113.9:443`) leads to: a port of 127.0.0.1. Left out: where it says. */
  readonly routes?: Readonly<Record<string, number>>;
}

export interface Proxy {
  /** Without credentials. */
  readonly url: string;
  readonly port: number;
  /** What was asked for, in order. */
  readonly asked: string[];
  readonly seen: { connections: number; open: number; headers: Record<string, string | string[] | undefined>[] };
  behave(temper: Temper | ((authority: string) => Temper)): void;
  stop(): Promise<void>;
}

export async function startProxy(options: ProxyOptions = {}): Promise<Proxy> {
  const asked: string[] = [];
  const seen: Proxy['seen'] = { connections: 0, open: 0, headers: [] };
  const sockets = new Set<Socket>();
  let temper: Temper | ((authority: string) => Temper) = 'ok';
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };

  const http = createServer();
  http.on('connect', (incoming, stream) => {
    const socket = stream as Socket;
    const authority = incoming.url ?? '';
    asked.push(authority);
    seen.headers.push(incoming.headers);
    if (options.authorization !== undefined && incoming.headers['proxy-authorization'] !== options.authorization) {
      socket.end('HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm="egress"\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const now = typeof temper === 'function' ? temper(authority) : temper;
    if (now === 'ok') tunnel(socket, authority);
    else if (now === 'close') socket.end();
    else if (now === 'speaks') socket.write('HTTP/1.1 200 OK\r\n\r\nhello, it is me');
    else if (now === 'drop') socket.end('HTTP/1.1 200 OK\r\n\r\n');
    else if (typeof now === 'number') socket.end(`HTTP/1.1 ${now} X\r\ncontent-length: 4\r\n\r\nbody`);
    else if (typeof now === 'object') sendRaw(socket, now);
  });

  const tunnel = (socket: Socket, authority: string) => {
    const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(authority) ?? [];
    const routed = options.routes?.[authority];
    const onward = connect(routed === undefined ? { host, port: Number(port) } : { host: '127.0.0.1', port: routed });
    keep(onward);
    seen.open += 1;
    onward.once('close', () => {
      seen.open -= 1;
      socket.destroy();
    });
    socket.once('close', () => onward.destroy());
    let through = false;
    onward.once('connect', () => {
      through = true;
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => {
      if (!through) socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    });
  };

  const onSocket = (socket: Socket) => {
    seen.connections += 1;
    keep(socket);
    if (temper === 'refuse') socket.resetAndDestroy();
    else http.emit('connection', socket);
  };
  const listener: Server | ReturnType<typeof createTlsServer> =
    options.tls === undefined
      ? http
      : createTlsServer({ key: options.tls.key, cert: options.tls.certificate }, onSocket).on(
          'tlsClientError',
          (_error, socket) => socket.on('error', () => undefined),
        );
  if (options.tls === undefined)
    http.prependListener('connection', (socket: Socket) => {
      seen.connections += 1;
      keep(socket);
      if (temper === 'refuse') socket.resetAndDestroy();
    });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    asked,
    seen,
    behave: (next) => {
      temper = next;
    },
    stop: async () => {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function sendRaw(socket: Socket, { raw, repeat }: { raw: string; repeat?: string }) {
  const again = () => {
    if (repeat === undefined || socket.destroyed) return;
    socket.write(repeat, (error) => {
      if (!error) setImmediate(again);
    });
  };
  socket.write(raw);
  again();
}
