/** One question to the gateway's EST (RFC 7030), on a connection of its own. */
import { request } from 'node:https';

export interface EstOptions {
  /** Whom the gateway's certificate must come from, PEM. */
  readonly ca: string;
  /** Where the gateway is: a port of 127.0.0.1. */
  readonly port: number;
  readonly path: string;
  readonly body: string;
  /** PEM: shown as the TLS client. */
  readonly shows?: { readonly key: string; readonly cert: string };
  /** TransferID and TransferPassword. */
  readonly codes?: string;
  /** Milliseconds; who is impatient goes away without an answer. */
  readonly patience: number;
}

export interface EstAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Seconds after which the same may be asked again. */
  readonly retryAfter: number;
}

/** @throws when there is no whole answer */
export function askEst({ ca, port, path, body, shows, codes, patience }: EstOptions): Promise<EstAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<EstAnswer>();
  const asking = request(
    {
      host: '127.0.0.1',
      port,
      method: 'POST',
      path,
      ca,
      ...shows,
      ...(codes === undefined ? {} : { auth: codes }),
      headers: { 'content-type': 'application/pkcs10', 'content-length': Buffer.byteLength(body) },
      agent: false,
      signal: AbortSignal.timeout(patience),
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (!response.complete) return reject(new Error('the answer was cut short'));
        const retryAfter = Number(response.headers['retry-after'] ?? 0);
        return resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), retryAfter });
      });
    },
  );
  asking.on('error', reject);
  asking.end(body);
  return promise;
}
