/** A TLS listener: limits on everything, credentials that can be changed while it runs, an end that lets answers out. */
import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { errorText, type Log } from '../log.ts';
import { type CheckedCredentials, checkTlsCredentials, type TlsCredentials } from '../tls/credentials.ts';
import { bind } from './bind.ts';
import { type Connections, trackConnections } from './connections.ts';
import { problemMediaType, problemOf } from './problem.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Ask clients for a certificate; one that shows none, or any, gets in: each route decides. */
  readonly requestCertificate: boolean;
  readonly limits?: Partial<ListenLimits>;
}

/** Times in milliseconds. */
export interface ListenLimits {
  readonly handshake: number;
  readonly headers: number;
  /** For the whole request to come in. */
  readonly request: number;
  readonly keepAlive: number;
  readonly headerBytes: number;
  readonly connections: number;
  /** Connections from one network of which it is not known whose they are. */
  readonly strangers: number;
  readonly requestsPerConnection: number;
  /** For the reader to take an answer, from when all of it is written. */
  readonly answer: number;
}

const defaultLimits: ListenLimits = {
  handshake: 10_000,
  headers: 10_000,
  request: 30_000,
  keepAlive: 65_000,
  headerBytes: 16_384,
  connections: 2_000,
  strangers: 2_000,
  requestsPerConnection: 10_000,
  answer: 120_000,
};

export interface TlsListener {
  readonly host: string;
  readonly port: number;
  readonly connections: Connections;
  /**
   * Takes other credentials into use for new connections.
   * @throws Fault `certificate-invalid`; the old ones stay in use
   */
  reload(credentials: TlsCredentials): CheckedCredentials;
  /** Takes no more connections, lets running requests end for at most `graceMs`, then closes what is left. */
  close(graceMs?: number): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Listens for HTTPS (HTTP/1.1 only, TLS 1.2 and later).
 * @throws Fault `certificate-invalid` for the credentials, `setting-invalid` if the address cannot be had
 */
export async function listenTls(
  parts: { readonly log: Log; now(): Date },
  credentials: TlsCredentials,
  handler: Handler,
  options: ListenOptions,
): Promise<TlsListener> {
  const { log, now } = parts;
  const limits = { ...defaultLimits, ...options.limits };
  checkTlsCredentials(credentials, now());
  const server = createServer(
    {
      ...contextOf(credentials),
      requestCert: options.requestCertificate,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: limits.handshake,
      headersTimeout: limits.headers,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.keepAlive,
      maxHeaderSize: limits.headerBytes,
      connectionsCheckingInterval: Math.min(1_000, limits.headers),
    },
    handler,
  );
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  server.on('clientError', answerClientError);
  server.on('tlsClientError', (error, socket) => {
    log.debug('handshake failed', { remote: socket.remoteAddress, error: errorText(error) });
  });
  const connections = trackConnections(server, limits.strangers);
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) =>
    breakOffSlowReader(response, limits.answer, () => {
      log.info('a slow reader was broken off', { remote: socket.remoteAddress, ms: limits.answer });
      socket.destroy();
    }),
  );
  await bind(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    host: options.host,
    port,
    connections,
    reload: (next) => {
      const checked = checkTlsCredentials(next, now());
      server.setSecureContext(contextOf(next));
      log.info('listener credentials changed', { fingerprint: checked.fingerprint, notAfter: checked.notAfter });
      return checked;
    },
    close: (graceMs = 5_000) => connections.stop(graceMs),
  };
}

/** What was written and is not read lies in memory, or in the way of what the process wants to end. */
function breakOffSlowReader(response: ServerResponse, answerMs: number, breakOff: () => void): void {
  // Node: all of the answer is handed over (prefinish), all of it has left the process (finish).
  response.once('prefinish', () => {
    const timer = setTimeout(breakOff, answerMs);
    response.once('finish', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  });
}

function contextOf({ key, cert, ca }: TlsCredentials) {
  // On a resumed session the peer proves nothing anew and shows no chain; a renegotiation may change who it is midway.
  const secureOptions = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION;
  return { key, cert, ca, minVersion: 'TLSv1.2' as const, secureOptions };
}

/** What is not HTTP, too large or too slow has no request and no log line; it gets the shortest problem and the door. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  // Failed and timed-out handshakes come here too, and nothing can be written on those.
  const isHttp = /^(?:HPE|ERR_HTTP)_/.test(error.code ?? '');
  if (!isHttp || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [status, code] = clientErrors[error.code ?? ''] ?? (['400 Bad Request', 'request-malformed'] as const);
  const body = JSON.stringify({
    ...problemOf(new Fault(code), crypto.randomUUID()),
    status: Number(status.slice(0, 3)),
  });
  // Who does not take the hint is not waited for.
  socket.setTimeout(1_000, () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: ${problemMediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const clientErrors: Readonly<Record<string, readonly [string, FaultCode]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'request-too-large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request-malformed'],
};
