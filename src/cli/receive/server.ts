/** A supplier's endpoint for reference: mutual TLS, one path, small problems with reasons. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { signatureHeader } from '../../envelope/facts.ts';
import { readCertificates } from '../../pki/certificate.ts';
import { judgePeer } from '../../pki/judge-peer.ts';
import { peerChain } from '../../pki/peer-chain.ts';
import { listenTls, type TlsListener } from '../../platform/http/listen.ts';
import { errorText, silentLog } from '../../platform/log.ts';
import type { TlsCredentials } from '../../platform/tls/credentials.ts';
import { type TakeDeps, type Taken, take } from './take.ts';

/** What happened to one request; `attempt` as the sender counts. */
export type ReceiverEvent = { readonly attempt: string | undefined } & (
  | Taken
  | { readonly kind: 'told-to-wait'; readonly status: number }
);

export interface ReceiverOptions {
  readonly host: string;
  readonly port: number;
  readonly credentials: TlsCredentials & { readonly ca: string };
  /** SHA-256 of client certificates that may call; undefined: any that the authority has issued for clients. */
  readonly clients: readonly string[] | undefined;
  /** Answer these requests without looking at them: for trying out what the sender does. */
  readonly pretend:
    | { readonly status: number; readonly times: number; readonly retryAfter: string | undefined }
    | undefined;
  readonly onEvent: (event: ReceiverEvent) => void;
}

/** Starts listening. Each request is answered when its message is on disk, not before. */
export async function startReceiver(deps: TakeDeps, options: ReceiverOptions): Promise<TlsListener> {
  const authorities = readCertificates(options.credentials.ca, 'the CA file').map(({ x509 }) => x509);
  let pretended = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // 1. Who calls: per request, by the certificate on the socket.
    const stranger = whyStranger(request.socket as TLSSocket, authorities, options.clients, deps.now());
    if (stranger !== undefined) return turnDown(request, response, 401, 'client-certificate', stranger);
    if (request.method !== 'POST')
      return turnDown(request, response, 405, 'method', `envelopes are posted, not ${request.method ?? ''}`);
    const attempt = oneHeader(request, 'kuvert-attempt');
    // 2. The play.
    if (options.pretend !== undefined && pretended < options.pretend.times) {
      pretended++;
      const { status, retryAfter } = options.pretend;
      options.onEvent({ kind: 'told-to-wait', status, attempt });
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      return turnDown(request, response, status, 'pretended', 'this receiver was told to answer so');
    }
    // 3. The body, whole and within the limit; 4. take it.
    const body = await readBody(request, deps.mostBytes);
    if (body === undefined) return turnDown(request, response, 413, 'too-large', `more than ${deps.mostBytes} bytes`);
    const taken = await take(deps, body, oneHeader(request, signatureHeader) ?? '');
    options.onEvent({ ...taken, attempt });
    if (taken.kind === 'turned-down') return turnDown(request, response, taken.status, taken.code, taken.detail);
    answer(response, 200, 'application/json', { id: taken.message.id, repeat: taken.kind === 'repeat' });
  };
  return listenTls(
    { log: silentLog, now: () => deps.now() },
    options.credentials,
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        // The disk is full, say: the message is not ours yet, and must come again.
        options.onEvent({
          kind: 'turned-down',
          status: 503,
          code: 'internal',
          detail: errorText(error),
          attempt: undefined,
        });
        turnDown(request, response, 503, 'internal', 'not now');
      });
    },
    { host: options.host, port: options.port, requestCertificate: true },
  );
}

function whyStranger(
  socket: TLSSocket,
  authorities: Parameters<typeof judgePeer>[0]['authorities'],
  clients: readonly string[] | undefined,
  now: Date,
): string | undefined {
  const shown = peerChain(socket);
  const own = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  const registered = (clients ?? (own === undefined ? [] : [own])).map((fingerprint) => ({
    fingerprint,
    withdrawn: false,
  }));
  const judged = judgePeer({ shown, authorities, registered, now, role: 'client' });
  return judged.ok ? undefined : judged.detail;
}

/** @returns undefined when it is larger. */
async function readBody(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function oneHeader(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? undefined : value;
}

/** RFC 9457. The connection is not kept: the body may not have been read. */
function turnDown(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
  detail: string,
): void {
  if (response.headersSent || response.destroyed) return;
  if (!request.complete) response.setHeader('connection', 'close');
  answer(response, status, 'application/problem+json', {
    type: `urn:kuvert:receive:${code}`,
    title: code,
    status,
    detail,
    instance: `urn:uuid:${randomUUID()}`,
  });
}

function answer(response: ServerResponse, status: number, type: string, body: unknown): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}
