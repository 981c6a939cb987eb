/** A browser without windows: cookies, redirects that are looked at, forms with their hidden field. Over plain HTTP, as on this machine itself. */
import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The same, for what is no text. */
  readonly bytes: Buffer;
}

export interface Visitor {
  readonly cookies: Map<string, string>;
  /** With `sec-fetch-site: cross-site` as by a link or a redirect of somebody else's page: without Strict cookies. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** As a page of `origin` sends it; the hidden field of the last page that had one goes with it. */
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

export function visitor(origin: string): Visitor {
  const { hostname, port, host } = new URL(origin);
  const cookies = new Map<string, string>();
  const strict = new Set<string>();
  let form = '';
  const ask = (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const elsewhere = headers['sec-fetch-site'] === 'cross-site';
      const sent = [...cookies].filter(([name]) => !(elsewhere && strict.has(name)));
      const cookie = sent.map(([name, value]) => `${name}=${value}`).join('; ');
      const asking = request(
        {
          hostname,
          port,
          path,
          method,
          agent: false,
          headers: { host, ...(cookie === '' ? {} : { cookie }), ...headers },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            for (const set of answer.headers['set-cookie'] ?? []) {
              const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
              if (/expires=Thu, 01 Jan 1970/i.test(set)) cookies.delete(name);
              else cookies.set(name, value);
              if (/samesite=strict/i.test(set)) strict.add(name);
              else strict.delete(name);
            }
            const bytes = Buffer.concat(chunks);
            const text = bytes.toString();
            form = /name="form" value="([^"]+)"/.exec(text)?.[1] ?? form;
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text, bytes });
          });
        },
      );
      asking.on('error', reject);
      asking.end(body);
    });
  return {
    cookies,
    get: (path, headers = {}) => ask('GET', path, headers),
    post: (path, fields, headers = {}) =>
      ask(
        'POST',
        path,
        { 'content-type': 'application/x-www-form-urlencoded', origin, 'sec-fetch-site': 'same-origin', ...headers },
        new URLSearchParams({ form, ...fields }).toString(),
      ),
  };
}
