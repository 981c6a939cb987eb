/** Where the keys that verify envelopes come from: a key set's URL or file, or the signing certificate itself. */
import { get } from 'node:https';
import { Fault } from '../domain/fault.ts';
import { keysOfCertificates, keysOfJwks, type VerificationKeys } from '../envelope/keys.ts';
import { readText } from './read-text.ts';

/** More than any key set of ours. */
const mostBytes = 1_048_576;
const timeout = 10_000;

/**
 * @param source a URL (https) or a file
 * @param ca PEM of the authorities that may have issued the listener's certificate; undefined: the machine's
 * @throws Fault `argument-invalid` when it cannot be read or is no key set that can be used · `server-unavailable` when
 *   nobody answers, or the answer is not 200
 */
export async function keysOfSet(source: string, ca?: string): Promise<VerificationKeys> {
  const text = /^https?:/i.test(source) ? await fetchText(source, ca) : readText(source);
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

/** A key set is not fetched more often because of signatures that name unknown keys. */
const freshness = 10_000;

/**
 * Keeps the keys, and fetches them when they are first needed or asked for anew: once for all who ask meanwhile.
 * @param known from an earlier fetch; undefined: none yet.
 * @returns the keys; rejects as `fetch` does.
 */
export function keepKeys(
  fetch: () => Promise<VerificationKeys>,
  known: VerificationKeys | undefined,
  now: () => number,
): (anew: boolean) => Promise<VerificationKeys> {
  let kept = known;
  let keptAt = kept === undefined ? Number.NEGATIVE_INFINITY : now();
  let coming: Promise<VerificationKeys> | undefined;
  return async (anew) => {
    if (kept !== undefined && !(anew && now() - keptAt > freshness)) return kept;
    coming ??= fetch().finally(() => {
      coming = undefined;
    });
    kept = await coming;
    keptAt = now();
    return kept;
  };
}

/** @throws Fault `argument-invalid` · `certificate-invalid` */
export function keysOfCertificateFile(file: string): VerificationKeys {
  return keysOfCertificates([readText(file)]);
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
