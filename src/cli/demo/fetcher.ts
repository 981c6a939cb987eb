/** A supplier's program that fetches: asks what waits, takes it as the library for suppliers does, and sends receipts. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { signatureHeader } from '../../envelope/facts.ts';
import { errorText } from '../../platform/error-text.ts';
import type { Take } from '../../receiver/take.ts';

export interface Fetcher {
  /** What stood in the way of the last round, if anything did. */
  readonly trouble: () => string | undefined;
  readonly stop: () => Promise<void>;
}

/** Milliseconds until the next round, after one that came to nothing. */
const pause = 500;

/**
 * Goes round until it is stopped.
 * @param gateway URL of the suppliers' listener
 * @param credentials PEM: who it is, and the authority that issued the listener's certificate
 */
export function startFetcher(
  gateway: string,
  credentials: { readonly cert: string; readonly key: string; readonly ca: string },
  take: Take,
): Fetcher {
  const agent = new Agent({ keepAlive: true, ...credentials });
  const stopping = new AbortController();
  const { signal } = stopping;
  let trouble: string | undefined;
  const ask = (method: 'GET' | 'POST', path: string, json?: object) =>
    exchange(new URL(path, gateway), { method, agent, signal }, json);

  /** @returns why a message was not taken; undefined: nothing was left */
  const round = async (): Promise<string | undefined> => {
    let left: string | undefined;
    const { body } = await ask('GET', '/v1/messages?wait=10');
    const { messages } = JSON.parse(body.toString()) as { messages: { id: string }[] };
    const ids: string[] = [];
    for (const { id } of messages) {
      const fetched = await ask('GET', `/v1/messages/${id}`);
      const taken = await take(fetched.body, String(fetched.headers[signatureHeader] ?? ''));
      if (taken.kind === 'turned-down') left = `${id} was turned down: ${taken.detail}`;
      else ids.push(id);
    }
    if (ids.length > 0) await ask('POST', '/v1/receipts', { ids });
    else if (left !== undefined) await sleep(pause, undefined, { signal });
    return left;
  };

  const going = (async () => {
    while (!signal.aborted) {
      try {
        trouble = await round();
      } catch (error) {
        trouble = errorText(error);
        if (!signal.aborted) await sleep(pause);
      }
    }
  })();
  return {
    trouble: () => trouble,
    stop: async () => {
      stopping.abort();
      await going;
      agent.destroy();
    },
  };
}

/** One request and its answer; rejects when that is not 200. */
async function exchange(
  url: URL,
  options: { readonly method: string; readonly agent: Agent; readonly signal: AbortSignal },
  json: object | undefined,
): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = json === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request(url, { ...options, headers }, resolve);
    outgoing.on('error', reject);
    outgoing.end(json === undefined ? undefined : JSON.stringify(json));
  });
  const body = await buffer(answer);
  if (answer.statusCode === 200) return { headers: answer.headers, body };
  throw new Error(`${url.pathname} was answered ${answer.statusCode}: ${body.toString()}`);
}
