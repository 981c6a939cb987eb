/** `kuvert receive` on the wire: the receiver library behind mutual TLS, and what it is told to pretend. */
import type { TLSSocket } from 'node:tls';
import { readCertificates } from '../pki/certificate.ts';
import { judgePeer } from '../pki/judge-peer.ts';
import { peerChain } from '../pki/peer-chain.ts';
import { listenTls, type TlsListener } from '../platform/http/listen.ts';
import { silentLog } from '../platform/log.ts';
import type { TlsCredentials } from '../platform/tls/credentials.ts';
import { answerProblem } from '../receiver/handler.ts';
import { createHandler, createTake, type HandlerEvent, type TakeOptions } from '../receiver/receiver.ts';

/** What happened to one request; `attempt` as the sender counts. */
export type ReceiverEvent =
  | HandlerEvent
  | { readonly kind: 'told-to-wait'; readonly status: number; readonly attempt: string | undefined };

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
export async function startReceiver(deps: TakeOptions, options: ReceiverOptions): Promise<TlsListener> {
  const authorities = readCertificates(options.credentials.ca, 'the CA file').map(({ x509 }) => x509);
  const now = () => deps.now?.() ?? new Date();
  // By the certificate on the socket, per request.
  const stranger = ({ socket }: { readonly socket: object }) =>
    whyStranger(socket as TLSSocket, authorities, options.clients, now());
  const { mostBytes, onEvent } = { ...deps, ...options };
  const handle = createHandler(createTake(deps), { stranger, mostBytes, onEvent });
  let pretended = 0;
  return listenTls(
    { log: silentLog, now },
    options.credentials,
    (request, response) => {
      const { pretend } = options;
      // The play is for those who would be let in.
      const plays = pretend !== undefined && pretended < pretend.times;
      if (!plays || request.method !== 'POST' || stranger(request) !== undefined) return handle(request, response);
      pretended++;
      const { status, retryAfter } = pretend;
      const attempt = request.headers['kuvert-attempt'];
      options.onEvent({ kind: 'told-to-wait', status, attempt: Array.isArray(attempt) ? undefined : attempt });
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      answerProblem(request, response, status, 'pretended', 'this receiver was told to answer so');
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
