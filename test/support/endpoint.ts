/**
 * A supplier's endpoint for tests: a real mutual-TLS listener on 127.0.0.1 that behaves well or as badly as it is told,
 * can change its behaviour and its certificate on the fly, and counts what it was sent. Its URL is
 * `https://127.0.0.1:PORT/in`, so the gateway under test needs `127.0.0.0/8` in KUVERT_EGRESS_ALLOW.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions, type Server as TlsServer } from 'node:tls';

/** One request as it came; the body is complete unless the behaviour answers early. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** SHA-256 of the client's certificate, lower-case hex; undefined if it showed none. */
  readonly clientFingerprint: string | undefined;
  /** Which connection it came on: 1 for the first. */
  readonly connection: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds before the answer. */
  readonly delay?: number;
}

/**
 * - `ok`: 204. A number: that status. An Answer: that answer.
 * - `hang`: reads everything and never answers. `reset`: RST when the request has been read. `close`: FIN instead.
 * - `reset-at-once`: RST when the handshake is done, before anything is read.
 * - `slow-head`: one byte of the answer's head every 50 ms, for ever.
 * - `tar-pit`: accepts TCP and never says a word, not even TLS (connections made from then on).
 * - `refuse`: closes TCP connections as they come.
 * - `{ raw }`: exactly these bytes as the answer, then the connection stays open, or ends with `end: true`;
 *   `{ raw, repeat }` sends them, or what `repeat` says, again and again until the connection is closed (endless heads, floods).
 * - `{ early }`: that answer as soon as the request's head is there, then the connection is closed, body unread.
 */
export type Behaviour =
  | 'ok'
  | 'hang'
  | 'reset'
  | 'close'
  | 'reset-at-once'
  | 'slow-head'
  | 'tar-pit'
  | 'refuse'
  | number
  | Answer
  | { readonly raw: string | Uint8Array; readonly end?: boolean; readonly repeat?: boolean | string }
  | { readonly early: Answer };

export interface EndpointCredential {
  /** PEM. */
  readonly key: string;
  /** PEM, with the chain. */
  readonly certificate: string;
}

export interface EndpointOptions extends EndpointCredential {
  /** Authorities whose clients are let in (PEM); left out: any client is, and is only looked at. */
  readonly ca?: string;
  readonly behaviour?: Behaviour | ((request: SeenRequest) => Behaviour | Promise<Behaviour>);
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** What it offers by ALPN. Default: http/1.1. `none`: it does not know ALPN. */
  readonly protocols?: readonly ('http/1.1' | 'h2')[] | 'none';
  /** Connections open at a time; more are reset. Left out: any number. */
  readonly mostConnections?: number;
  readonly minVersion?: TlsOptions['minVersion'];
  readonly maxVersion?: TlsOptions['maxVersion'];
}

export interface Endpoint {
  readonly url: string;
  readonly port: number;
  /** Complete requests, in the order they came. */
  readonly requests: SeenRequest[];
  readonly seen: {
    /** TCP connections. */
    connections: number;
    /** TLS handshakes finished, by the server's reckoning. */
    handshakes: number;
    /** Of these, resumed sessions. */
    resumed: number;
    /** Handshakes that failed. */
    failedHandshakes: number;
    /** Bytes that came inside TLS: what the client would not have wanted a stranger to read. */
    applicationBytes: number;
  };
  behave(behaviour: NonNullable<EndpointOptions['behaviour']>): void;
  /** Another key and certificate, from the next connection on. Open connections and session tickets stay good. */
  useCredential(credential: EndpointCredential): void;
  /** Ends all connections; the listener stays. */
  dropConnections(): void;
  /** Nobody listens any more: connections are refused. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  restart(): Promise<void>;
}

/** Starts an endpoint. Stop it with `stop()` when the test is done. */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const host = options.host ?? '127.0.0.1';
  const seen = { connections: 0, handshakes: 0, resumed: 0, failedHandshakes: 0, applicationBytes: 0 };
  const requests: SeenRequest[] = [];
  const numbers = new WeakMap<Socket, number>();
  /** By the client's port, which names a connection while it is open. */
  const open = new Map<number, Socket>();
  const reset = (socket: TLSSocket) => open.get(socket.remotePort ?? 0)?.resetAndDestroy();
  let behaviour: NonNullable<EndpointOptions['behaviour']> = options.behaviour ?? 'ok';

  // The same after a change of certificate, as behind a load balancer: a session can be resumed across it.
  const ticketKeys = randomBytes(48);

  const http = createHttpServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    void answer(request, response);
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  const http2 = createHttp2Server();
  http2.on('stream', (stream) => {
    seen.applicationBytes += 1;
    stream.on('error', () => undefined);
    stream.respond({ ':status': 204 }, { endStream: true });
  });

  const tls: TlsServer = createTlsServer({
    key: options.key,
    cert: options.certificate,
    ticketKeys,
    requestCert: true,
    rejectUnauthorized: options.ca !== undefined,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.minVersion === undefined ? {} : { minVersion: options.minVersion }),
    ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
    ...(options.protocols === 'none' ? {} : { ALPNProtocols: [...(options.protocols ?? ['http/1.1'])] }),
  });
  tls.on('tlsClientError', (_error, socket) => {
    seen.failedHandshakes += 1;
    socket.on('error', () => undefined);
  });
  tls.on('secureConnection', (socket: TLSSocket) => {
    seen.handshakes += 1;
    if (socket.isSessionReused()) seen.resumed += 1;
    socket.on('error', () => undefined);
    numbers.set(socket, seen.handshakes);
    if (behaviour === 'reset-at-once') {
      reset(socket);
      return;
    }
    if (socket.alpnProtocol === 'h2') {
      http2.emit('connection', socket);
      return;
    }
    http.emit('connection', socket);
    // After the HTTP server took the socket, so that its parser lets JavaScript see the bytes.
    socket.on('data', (chunk: Buffer) => {
      seen.applicationBytes += chunk.length;
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const socket = request.socket as TLSSocket;
    const certificate = socket.getPeerCertificate();
    const head = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      clientFingerprint: certificate.raw ? createHash('sha256').update(certificate.raw).digest('hex') : undefined,
      connection: numbers.get(socket) ?? 0,
      at: Date.now(),
    };
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (typeof behaviour === 'object' && 'early' in behaviour) {
      send(response, behaviour.early);
      response.once('finish', () => socket.destroySoon());
      return;
    }
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const whole: SeenRequest = { ...head, body: Buffer.concat(chunks) };
    requests.push(whole);
    const asked = typeof behaviour === 'function' ? await behaviour(whole) : behaviour;
    if (asked === 'reset') reset(socket);
    else act(asked, socket, response);
  }

  let server: Server | undefined;
  let port = options.port ?? 0;
  const listen = async () => {
    server = createTcpServer((socket) => {
      seen.connections += 1;
      const { remotePort = 0 } = socket;
      open.set(remotePort, socket);
      socket.on('error', () => undefined);
      socket.once('close', () => open.delete(remotePort));
      if (behaviour === 'refuse' || open.size > (options.mostConnections ?? Number.POSITIVE_INFINITY))
        socket.resetAndDestroy();
      else if (behaviour === 'tar-pit') socket.resume();
      else tls.emit('connection', socket);
    });
    server.listen(port, host);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const dropConnections = () => {
    for (const socket of open.values()) socket.destroy();
  };
  await listen();

  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}/in`,
    port,
    requests,
    seen,
    behave: (next) => {
      behaviour = next;
    },
    useCredential: ({ key, certificate }) => {
      tls.setSecureContext({
        key,
        cert: certificate,
        ticketKeys,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      });
    },
    dropConnections,
    stop: async () => {
      if (!server) return;
      const closed = once(server, 'close');
      server.close();
      server = undefined;
      dropConnections();
      await closed;
    },
    restart: async () => {
      if (!server) await listen();
    },
  };
}

function act(behaviour: Behaviour, socket: TLSSocket, response: ServerResponse): void {
  if (typeof behaviour === 'number') send(response, { status: behaviour });
  else if (typeof behaviour === 'object' && 'status' in behaviour) send(response, behaviour);
  else if (typeof behaviour === 'object' && 'raw' in behaviour) sendRaw(socket, behaviour);
  else if (behaviour === 'ok') send(response, { status: 204 });
  else if (behaviour === 'close') socket.end();
  else if (behaviour === 'slow-head') drip(socket);
  // What is left never answers: hang, and what is decided before a request is read.
}

function send(response: ServerResponse, { status, headers = {}, body = '', delay = 0 }: Answer): void {
  const now = () => {
    if (response.destroyed) return;
    response.writeHead(status, headers);
    response.end(body);
  };
  if (delay > 0) setTimeout(now, delay);
  else now();
}

function sendRaw(
  socket: TLSSocket,
  { raw, end, repeat }: { raw: string | Uint8Array; end?: boolean; repeat?: boolean | string },
) {
  if (!repeat) {
    socket.write(raw);
    if (end) socket.end();
    return;
  }
  const more = typeof repeat === 'string' ? repeat : raw;
  if (more !== raw) socket.write(raw);
  const again = () => {
    if (socket.destroyed) return;
    socket.write(more, (error) => {
      if (!error) setImmediate(again);
    });
  };
  again();
}

function drip(socket: TLSSocket): void {
  socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
  const timer = setInterval(() => socket.write('x'), 50);
  socket.once('close', () => clearInterval(timer));
}
