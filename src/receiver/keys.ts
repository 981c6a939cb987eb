/** The sender's keys, from its key set: fetched when they are needed, and anew when a signature names one that is not there. */
import { get } from 'node:https';
import { Fault } from '../domain/fault.ts';
import { keysOfJwks, type VerificationKeys } from '../envelope/keys.ts';

/**
 * The keys that verify envelopes. `anew`: a signature names one that is not among them.
 * It may reject: then nothing can be said of an envelope, and it has to come again.
 */
export type KeySource = (anew: boolean) => Promise<VerificationKeys>;

/** More than any key set of ours. */
const mostBytes = 1_048_576;
const timeout = 10_000;

/** A key set is not fetched more often, in milliseconds, because of signatures that name unknown keys. */
const usualFreshness = 60_000;

export interface KeepOptions {
  /** From an earlier fetch; left out: none yet. */
  readonly known?: VerificationKeys | undefined;
  /** In milliseconds; left out: a minute. */
  readonly freshness?: number | undefined;
  /** Milliseconds since some moment; left out: the machine's clock. */
  readonly now?: (() => number) | undefined;
}

/**
 * Keeps the keys, and fetches them when they are first needed or asked for anew: once for all who ask meanwhile, and for
 * unknown keys not more than once in `freshness`, whether the fetch succeeds or not. Anybody can write a signature that
 * names a key.
 * @returns the keys; rejects as `fetch` does while there are none, and when it fails to bring those that were asked for.
 */
export function keepKeys(fetch: () => Promise<VerificationKeys>, options: KeepOptions = {}): KeySource {
  const { known, freshness = usualFreshness, now = Date.now } = options;
  let kept = known;
  let triedAt = kept === undefined ? Number.NEGATIVE_INFINITY : now();
  let coming: Promise<VerificationKeys> | undefined;
  return async (anew) => {
    if (kept !== undefined && !(anew && now() - triedAt > freshness)) return kept;
    coming ??= fetch().finally(() => {
      coming = undefined;
      triedAt = now();
    });
    kept = await coming;
    return kept;
  };
}

/**
 * Keys from a key set's URL, such as the sender's `/.well-known/jwks.json`.
 * @param ca PEM of the authorities that may have issued the listener's certificate; left out: the machine's
 */
export function keysFromUrl(url: string, options: KeepOptions & { readonly ca?: string | undefined } = {}): KeySource {
  return keepKeys(() => fetchKeys(url, options.ca), options);
}

/**
 * Fetches a key set now.
 * @throws Fault `argument-invalid` when it is no key set that can be used · `server-unavailable` when nobody answers, or
 *   the answer is not 200
 */
export async function fetchKeys(url: string, ca?: string): Promise<VerificationKeys> {
  return readKeys(await fetchText(url, ca), url);
}

/**
 * Reads a key set.
 * @param source where it is from, for the message
 * @throws Fault `argument-invalid`
 */
export function readKeys(text: string, source: string): VerificationKeys {
  try {
    return keysOfJwks(JSON.parse(text));
  } catch (cause) {
    const why = /^\s*-----BEGIN/.test(text) ? 'it is PEM' : (cause as Error).message;
    throw new Fault(
      'argument-invalid',
      `${source} cannot be used as a key set: ${why}; JSON such as a gateway's /.well-known/jwks.json is expected`,
      { cause },
    );
  }
}

function fetchText(url: string, ca: string | undefined): Promise<string> {
  if (!URL.canParse(url) || !url.startsWith('https:'))
    throw new Fault('argument-invalid', `the key set must be fetched over https, not from ${url}`);
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) =>
      reject(new Fault('server-unavailable', `the key set ${url} cannot be fetched: ${why}`, { cause }));
    const request = get(url, { ...(ca === undefined ? {} : { ca }), timeout, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > mostBytes) request.destroy(new Error(`it is larger than ${mostBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else fail(`the answer was ${response.statusCode ?? 'none'}`);
      });
      response.on('error', (error) => fail(error.message, error));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${timeout / 1_000} s`)));
    request.on('error', (error) => fail(error.message, error));
  });
}
