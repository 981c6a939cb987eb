/** Requests over TLS of which nothing is sent before the listener has been judged. */
import type { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { Fault } from '../../domain/fault.ts';
import { peerChain } from '../../pki/peer-chain.ts';
import { errorText } from '../../platform/error-text.ts';

/** Milliseconds; the listener keeps an answer back for ten seconds at most. */
const handshakeTimeout = 15_000;
const answerTimeout = 60_000;
const mostBytes = 1_048_576;

export interface Trust {
  /** PEM; undefined: the machine's authorities. */
  readonly ca?: readonly string[] | undefined;
  /** What we show: PEM. */
  readonly key?: string;
  readonly cert?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A listener as it showed itself, before anything was sent to it. */
export interface Shown {
  readonly socket: TLSSocket;
  readonly chain: readonly X509Certificate[];
  /** By the machine's authorities, and its name. */
  readonly isPubliclyTrusted: boolean;
}

/**
 * A connection that trusts nobody: for what holds no secret, and is judged itself.
 * @throws Fault `server-unavailable`
 */
export async function meet(url: URL): Promise<Shown> {
  const socket = await handshake(url, { rejectUnauthorized: false });
  return { socket, chain: peerChain(socket), isPubliclyTrusted: socket.authorized };
}

/**
 * A connection to a listener whose chain and host name are right; else it is ended before a byte of ours.
 * @throws Fault `authority-not-trusted` · `server-unavailable`
 */
export async function trusted(url: URL, { ca, key, cert }: Trust): Promise<TLSSocket> {
  // Said here: an environment variable of Node's turns the usual check off.
  const options = { ...(ca && { ca: [...ca] }), ...(key && { key }), ...(cert && { cert }), rejectUnauthorized: true };
  const socket = await handshake(url, options);
  if (!socket.authorized) {
    socket.destroy();
    throw notTrusted(url, socket.authorizationError);
  }
  return socket;
}

function handshake(url: URL, options: ConnectionOptions): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...options,
      host,
      port: Number(url.port || 443),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      timeout: handshakeTimeout,
    });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(isVerification(error) ? notTrusted(url, error) : unavailable(url, error));
    };
    socket.once('error', fail);
    socket.once('timeout', () => fail(new Error(`no TLS handshake in ${handshakeTimeout / 1_000} s`)));
    socket.once('secureConnect', () => {
      socket.off('error', fail).setTimeout(0);
      // Until somebody asks over it.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Node has OpenSSL's names for these, and one of its own. */
const isVerification = (error: Error & { code?: string }): boolean =>
  /CERT|UNABLE_TO|CRL|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH|ERR_TLS_CERT_ALTNAME/.test(error.code ?? '') &&
  !error.code?.startsWith('ERR_SSL');

/**
 * Asks over a connection, and ends it. Redirects are not followed.
 * @throws Fault `server-unavailable`: whether the listener took the request is not known
 */
export function ask(socket: TLSSocket, url: URL, question: Question): Promise<Answered> {
  const { method, path, headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.destroy();
      reject(unavailable(url, error));
    };
    const out = request({
      createConnection: () => socket,
      method,
      host: url.hostname,
      path,
      headers: {
        ...headers,
        host: url.host,
        connection: 'close',
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
      timeout: answerTimeout,
    });
    out.on('error', fail).on('timeout', () => out.destroy(new Error(`no answer in ${answerTimeout / 1_000} s`)));
    out.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > mostBytes) out.destroy(new Error(`the answer is larger than ${mostBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    out.end(body);
  });
}

const unavailable = (url: URL, cause: unknown): Fault =>
  new Fault('server-unavailable', `${url.origin} does not answer: ${errorText(cause)}`, { cause });

const notTrusted = (url: URL, cause: unknown): Fault =>
  new Fault(
    'authority-not-trusted',
    `${url.origin} is not who it must be: ${errorText(cause)}; nothing was sent to it`,
    { cause },
  );
