/** Takes envelopes that are pushed: a handler for Express, Connect or Node's own server, with small problems that say why. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { signatureHeader } from '../envelope/facts.ts';
import { errorText } from '../platform/error-text.ts';
import { type Take, type Taken, usualMostBytes } from './take.ts';

/** What happened to one request; `attempt` as the sender counts. */
export type HandlerEvent = Taken & { readonly attempt: string | undefined };

export interface HandlerOptions {
  /**
   * Why this caller may not deliver, in one sentence; undefined: it may. `onlyCertificates()` makes one. Left out: whoever
   * the server lets in; the server must then insist on client certificates of the sender's authority itself.
   */
  readonly stranger?: ((request: IncomingMessage) => string | undefined | Promise<string | undefined>) | undefined;
  /** Largest body, in bytes; left out: 32 MiB. */
  readonly mostBytes?: number | undefined;
  /** Told of each envelope, also of those that were turned down, before the answer is given. */
  readonly onEvent?: ((event: HandlerEvent) => void) | undefined;
}

/** Fits where Express wants a RequestHandler. It always answers, and never calls what is next. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Makes the handler. Each request is answered when its message is on disk, not before.
 *
 * It reads the body itself. Where something has read it before, that must have left the bytes as they came on
 * `request.body` (`express.raw()`); a body that was parsed (`express.json()`) cannot be verified and is answered 503.
 */
export function createHandler(take: Take, options: HandlerOptions = {}): Handler {
  const { stranger, mostBytes = usualMostBytes, onEvent } = options;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const attempt = oneHeader(request, 'kuvert-attempt');
    // 1. Who calls: per request.
    const reason = await stranger?.(request);
    if (reason !== undefined) return answerProblem(request, response, 401, 'client-certificate', reason);
    if (request.method !== 'POST')
      return answerProblem(request, response, 405, 'method', `envelopes are posted, not ${request.method ?? ''}`);
    // 2. The body, whole and within the limit; 3. take it.
    const body = await bodyOf(request, mostBytes);
    if (body === undefined) return answerProblem(request, response, 413, 'too-large', `more than ${mostBytes} bytes`);
    const taken = await take(body, oneHeader(request, signatureHeader) ?? '');
    onEvent?.({ ...taken, attempt });
    if (taken.kind === 'turned-down') return answerProblem(request, response, taken.status, taken.code, taken.detail);
    answer(response, 200, 'application/json', { id: taken.message.id, repeat: taken.kind === 'repeat' });
  };
  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      // The disk is full, say: the message is not ours yet, and must come again.
      const event = { kind: 'turned-down', status: 503, code: 'internal', detail: errorText(error) } as const;
      onEvent?.({ ...event, attempt: undefined });
      answerProblem(request, response, 503, 'internal', 'not now');
    });
  };
}

/**
 * Lets in who shows one of these certificates on the TLS connection itself. Not behind a proxy that ends TLS: there the
 * proxy must do it.
 * @param fingerprints SHA-256 of the DER, hex, colons or not
 */
export function onlyCertificates(fingerprints: readonly string[]): (request: IncomingMessage) => string | undefined {
  const allowed = new Set(fingerprints.map(plainHex));
  return ({ socket }) => {
    const { getPeerX509Certificate } = socket as Partial<TLSSocket>;
    const shown = getPeerX509Certificate?.call(socket);
    if (shown === undefined) return 'no client certificate was shown';
    const fingerprint = plainHex(shown.fingerprint256);
    return allowed.has(fingerprint) ? undefined : `the certificate ${fingerprint} may not deliver here`;
  };
}

/** An answer that says why not (RFC 9457). The connection is not kept when the body has not been read. */
export function answerProblem(
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

/** @returns undefined when it is larger. */
async function bodyOf(request: IncomingMessage & { body?: unknown }, most: number): Promise<Uint8Array | undefined> {
  const { body } = request;
  if (body instanceof Uint8Array) return body.byteLength > most ? undefined : body;
  if (request.readableEnded)
    throw new Error('the body was read before, and its bytes are gone: put the handler before parsers of bodies');
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

const plainHex = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();
