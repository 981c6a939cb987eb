/** A revocation list (RFC 5280 §5) as anybody gets it, and the serial numbers on it. */
import { get } from 'node:http';
import { read, sequence } from './der.ts';

/** @param url plain HTTP @throws when it does not come whole */
export function fetchList(url: string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const asking = get(url, { agent: false, signal: AbortSignal.timeout(10_000) }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      if (response.statusCode === 200 && response.complete) resolve(Buffer.concat(chunks));
      else reject(new Error(`the list was answered ${response.statusCode}`));
    });
  });
  asking.on('error', reject);
  return promise;
}

/** @returns in hex, upper case, without leading zeroes @throws when it is cut short */
export function serialsIn(list: Buffer): string[] {
  const [whole] = read(list);
  const [toBeSigned] = read(whole?.contents ?? Buffer.alloc(0));
  const parts = read(toBeSigned?.contents ?? Buffer.alloc(0));
  // After the two times come the revoked, if there are any, and then extensions.
  const times = parts.findLastIndex(({ tag }) => tag === utcTime || tag === generalizedTime);
  const revoked = parts[times + 1];
  if (revoked?.tag !== sequence) return [];
  return read(revoked.contents).map(({ contents }) => {
    const [serial] = read(contents);
    return (serial?.contents ?? Buffer.alloc(0))
      .toString('hex')
      .replace(/^(00)+/, '')
      .toUpperCase();
  });
}

const utcTime = 0x17;
const generalizedTime = 0x18;
