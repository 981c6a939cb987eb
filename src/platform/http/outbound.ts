/** Requests to others in the form of `fetch`, with authorities of one's own and a limit on what is read. */
import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http';
import { request as overTls } from 'node:https';

export interface OutboundRules {
  /** PEM of the authorities that may have issued the server's certificate; undefined: those that Node knows. */
  readonly ca: string | undefined;
  readonly mostBytes: number;
}

export interface OutboundRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
}

/** Follows no redirect. Rejects with what the network said, or an Error for an answer that is too long. */
export type Outbound = (url: string, request: OutboundRequest) => Promise<Response>;

export function outbound({ ca, mostBytes }: OutboundRules): Outbound {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const options = { method, headers, agent: false, ...(signal === undefined ? {} : { signal }) } as const;
      const asking: ClientRequest = url.startsWith('https:')
        ? // Said here: an environment variable of Node's turns the usual check off.
          overTls(url, { ...options, ...(ca === undefined ? {} : { ca }), rejectUnauthorized: true })
        : plain(url, options);
      asking.on('error', reject);
      asking.on('response', (answer) => void read(answer, mostBytes).then(resolve, reject));
      asking.end(body);
    });
}

async function read(answer: IncomingMessage, mostBytes: number): Promise<Response> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) throw new Error(`the answer is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  // The constructor takes no body, not even an empty one, with these.
  const bodyless = status === 204 || status === 205 || status === 304;
  return new Response(bodyless ? null : Buffer.concat(chunks), { status, headers });
}
