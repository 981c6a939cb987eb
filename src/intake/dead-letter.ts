/** What goes to the dead-letter queue (docs/ka-contract.md). */
import type { Readable } from 'node:stream';
import type { OutgoingFrame } from './broker/frame.ts';
import type { SetAside } from './broker/read-frame.ts';

export interface DeadLetter {
  readonly deadLetterId: string;
  readonly fault: string;
  readonly detail: string;
  readonly isText: boolean;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** ActiveMQ breaks the connection at a header line of more than 10 KB and at more than 1 000 headers; a producer over JMS has neither limit. */
const lineBytes = 8_192;
const headersLimit = 400;

/** Of this connection, not of the frame. */
const notOriginal = new Set(['subscription', 'ack', 'content-length']);

/** Original bytes, original headers with the prefix `original-`, and the fault. */
export function deadLetterFrame(queue: string, letter: DeadLetter): OutgoingFrame {
  // A STOMP text ends at the first NUL (STOMP 1.2 “Body”).
  const asText = letter.isText && !letter.body.includes(0);
  return {
    queue,
    body: letter.body,
    isText: asText,
    headers: {
      ...originals(letter.headers),
      'dead-letter-id': letter.deadLetterId,
      fault: letter.fault,
      detail: cut(letter.detail, 2_000),
      ...(letter.isText && !asText ? { 'original-was-text': 'true' } : {}),
    },
  };
}

/** Sends a body beyond the limit on, past our memory. Its dead letter in the store has the fault frame-too-large. */
export function createSetAside(
  stream: (queue: string, headers: Readonly<Record<string, string>>, body: Readable) => Promise<void>,
  queue: string,
): SetAside {
  return ({ headers, isText }, body) =>
    stream(
      queue,
      {
        ...originals(headers),
        fault: 'frame-too-large',
        detail: 'The frame is larger than a document may be',
        ...(isText
          ? { 'original-was-text': 'true', 'amq-msg-type': 'bytes' }
          : { 'content-length': headers['content-length'] ?? '' }),
      },
      body,
    );
}

function originals(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  let left = 0;
  // The names of a frame come first, so that they are not among those that find no room.
  const names = { 'message-id': '', 'correlation-id': '', timestamp: '' };
  for (const name of Object.keys({ ...names, ...headers })) {
    const value = headers[name];
    if (value === undefined) continue;
    if (notOriginal.has(name)) continue;
    if (Object.keys(kept).length >= headersLimit || encodedLength(name) > 1_000) left += 1;
    else {
      kept[`original-${name}`] = cut(value, lineBytes - 1_100);
      if (kept[`original-${name}`] !== value) left += 1;
    }
  }
  return left === 0 ? kept : { ...kept, 'original-headers-cut': String(left) };
}

/** As much of the text as fits in so many bytes on the wire, where some characters are written as two. */
function cut(text: string, bytes: number): string {
  if (encodedLength(text) <= bytes) return text;
  let length = Math.min(text.length, bytes);
  while (encodedLength(text.slice(0, length)) > bytes) length = Math.floor(length * 0.8);
  return text.slice(0, length).toWellFormed();
}

function encodedLength(text: string): number {
  return Buffer.byteLength(text) + (text.match(/[\\:\r\n]/g)?.length ?? 0);
}
