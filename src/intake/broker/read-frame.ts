/** Reads one incoming frame to its end, holding no more of its body than the limit. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { IncomingFrame } from 'stompit';
import { type Frame, frameFacts, utf8OfJavaText } from './frame.ts';

/** Puts a body that is too large to be held on the dead-letter queue; resolves when the broker has it. */
export type SetAside = (
  frame: { readonly headers: Readonly<Record<string, string>>; readonly isText: boolean },
  body: Readable,
) => Promise<void>;

/** What is kept of a body beyond the limit, to look at. */
const excerptBytes = 65_536;

/**
 * Rejects when the body could not be set aside. When the connection breaks in the middle of a body that is held, it never
 * resolves; `ended` breaks off one that is being set aside.
 */
export async function readFrame(
  setAside: SetAside,
  incoming: IncomingFrame,
  limit: number,
  ended: Promise<Error>,
): Promise<Frame> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (name !== '__proto__') headers[name] = String(value);
  }
  const isText = headers['content-length'] === undefined;
  const start = await readUpTo(incoming, limit);
  if (start.whole) {
    const bytes = Buffer.concat(start.chunks);
    const body = isText ? utf8OfJavaText(bytes) : bytes;
    return { headers, body, isText, ...frameFacts(headers), beyondLimit: undefined };
  }
  // Whoever reads the body meets the error there; if nobody does, because it could not be put aside, an error that nobody
  // listens to would end the process.
  incoming.on('error', () => undefined);
  void ended.then((error) => incoming.destroy(error));
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = async function* () {
    for await (const chunk of joined(start.chunks, incoming)) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  await setAside({ headers, isText }, Readable.from(counted(), { objectMode: false }));
  const excerpt = Buffer.concat(start.chunks).subarray(0, Math.min(excerptBytes, limit));
  return {
    headers,
    body: Buffer.from(excerpt),
    isText,
    ...frameFacts(headers),
    beyondLimit: { bytes, sha256: hash.digest() },
  };
}

async function* joined(first: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* first;
  yield* rest;
}

/** Reads until the end, or until more than `limit` bytes have come; then the rest is still in `incoming`. */
function readUpTo(incoming: IncomingFrame, limit: number): Promise<{ chunks: Buffer[]; whole: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= limit) return;
      incoming.pause();
      incoming.off('data', onData);
      incoming.off('end', onEnd);
      resolve({ chunks, whole: false });
    };
    const onEnd = () => resolve({ chunks, whole: true });
    incoming.on('end', onEnd);
    incoming.on('data', onData);
  });
}
