/** Asking a listener of ours over real TLS, and a log that remembers. */
import { request } from 'node:https';
import type { Fields, Log } from '../../src/platform/log.ts';
import type { DevCredential } from './dev-authority.ts';

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Asking {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  /** PEM of the authority that the listener's certificate must come from. */
  readonly ca: string;
  /** What the client shows. */
  readonly as?: DevCredential;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** One request on a connection of its own, not resumed. */
export async function ask({ port, path, method = 'GET', ca, as, headers, body }: Asking): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        ca,
        agent: false,
        ...(headers && { headers: { ...headers } }),
        ...(as && { key: as.keyPem, cert: as.chainPem }),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
}

export interface RememberingLog extends Log {
  readonly lines: readonly (Fields & { readonly level: string; readonly event: string })[];
}

export function rememberingLog(): RememberingLog {
  const lines: (Fields & { level: string; event: string })[] = [];
  const make = (base: Fields): RememberingLog => {
    const keep =
      (level: string) =>
      (event: string, fields: Fields = {}) =>
        void lines.push({ level, event, ...base, ...fields });
    return {
      lines,
      error: keep('error'),
      warn: keep('warn'),
      info: keep('info'),
      debug: keep('debug'),
      with: (fields) => make({ ...base, ...fields }),
    };
  };
  return make({});
}
