/** A supplier's own HTTPS client with its certificate: Node and nothing else. */
import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';

/** PEM. */
export interface Shown {
  readonly key: string;
  readonly cert: string;
}

export interface ClientOptions extends Shown {
  /** Whose certificates the gateway may show. */
  readonly ca: string;
  /** Doors to the same gateway: when one fails, the next is tried. */
  readonly ports: readonly number[];
  /** A connection is there, on which this certificate is shown; what comes back is called at its end. */
  readonly connected: (identity: string) => () => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  /** When it was asked; epoch milliseconds. */
  readonly begun: number;
  /** SHA-256 of the certificate that was shown. */
  readonly identity: string;
}

export interface Client {
  /** SHA-256 of the certificate that it shows from now on. */
  identity(): string;
  /** Shows another certificate from now on; connections that are open are not used again, and stay until somebody ends them. */
  take(shown: Shown): void;
  /** @throws when there is no whole answer */
  ask(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Answer>;
  /** Its connections end, as with the program. */
  hangUp(): void;
}

/** Longer than any wait that is asked for. */
const patience = 9_000;

export function createClient({ ca, ports, connected, ...first }: ClientOptions): Client {
  const newAgent = (shown: Shown): Agent => new Agent({ ...shown, ca, keepAlive: true, maxSockets: 4 });
  const as = (shown: Shown) => ({ shown, identity: identityOf(shown), agent: newAgent(shown) });
  let now = as(first);
  const before = new Set<Agent>();
  const seen = new WeakSet<Socket>();
  let door = 0;
  const note = (socket: Socket, identity: string): void => {
    if (seen.has(socket)) return;
    seen.add(socket);
    socket.once('secureConnect', () => socket.once('close', connected(identity)));
  };
  return {
    identity: () => now.identity,
    take: (shown) => {
      before.add(now.agent);
      now = as(shown);
    },
    ask: (method, path, body) =>
      new Promise((resolve, reject) => {
        const { agent, identity } = now;
        const begun = Date.now();
        const fail = (error: Error): void => {
          door += 1;
          reject(error);
        };
        const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
        const headers = bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {};
        const port = ports[door % ports.length];
        const signal = AbortSignal.timeout(patience);
        const asking = request({ host: '127.0.0.1', port, method, path, agent, headers, signal }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', fail);
          response.on('end', () => {
            if (!response.complete) return fail(new Error('the answer was cut short'));
            return resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
              begun,
              identity,
            });
          });
        });
        asking.on('socket', (socket) => note(socket, identity));
        asking.on('error', fail);
        asking.end(bytes);
      }),
    hangUp: () => {
      for (const agent of [now.agent, ...before]) agent.destroy();
      before.clear();
      now = as(now.shown);
    },
  };
}

const identityOf = ({ cert }: Shown): string =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
