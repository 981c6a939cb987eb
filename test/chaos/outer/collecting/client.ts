/** A supplier's own HTTPS client with its certificate: Node and nothing else. */
import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';

export interface ClientOptions {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** Whose certificates the gateway may show. */
  readonly ca: string;
  /** Doors to the same gateway: when one fails, the next is tried. */
  readonly ports: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  /** When it was asked; epoch milliseconds. */
  readonly begun: number;
}

export interface Client {
  /** SHA-256 of the certificate that it shows. */
  readonly identity: string;
  /** @throws when there is no whole answer */
  ask(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Answer>;
  /** Its connections end, as with the program. */
  hangUp(): void;
}

/** Longer than any wait that is asked for. */
const patience = 9_000;

export function createClient({ key, cert, ca, ports }: ClientOptions): Client {
  const newAgent = (): Agent => new Agent({ key, cert, ca, keepAlive: true, maxSockets: 4 });
  let agent = newAgent();
  let door = 0;
  const identity = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return {
    identity,
    ask: (method, path, body) =>
      new Promise((resolve, reject) => {
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
            });
          });
        });
        asking.on('error', fail);
        asking.end(bytes);
      }),
    hangUp: () => {
      agent.destroy();
      agent = newAgent();
    },
  };
}
