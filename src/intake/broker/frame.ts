/** A frame as it came from the broker. */

export interface Frame {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** A JMS text message: the broker writes no content-length. Map, stream, object and empty messages look the same, with an empty body. */
  readonly isText: boolean;
  readonly brokerMessageId: string | undefined;
  /** When the producer sent it, by the broker's or producer's clock; milliseconds since 1970. */
  readonly timestamp: number | undefined;
  /** Set when the body is beyond the limit: it lies on the dead-letter queue, whole; `body` is only its beginning. */
  readonly beyondLimit: { readonly bytes: number; readonly sha256: Buffer } | undefined;
}

/** A frame to send. Text goes as a JMS text message, bytes as a bytes message. */
export interface OutgoingFrame {
  readonly queue: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly isText: boolean;
}

/** The end of the year 9999: beyond it a time cannot be written in RFC 3339, and so on no envelope. */
const lastTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** What the broker and this connection put on a frame, and nothing that a producer said. */
export function frameFacts(headers: Readonly<Record<string, string>>): Pick<Frame, 'brokerMessageId' | 'timestamp'> {
  const timestamp = Number(headers['timestamp']);
  return {
    brokerMessageId: headers['message-id'],
    timestamp: Number.isSafeInteger(timestamp) && timestamp > 0 && timestamp <= lastTime ? timestamp : undefined,
  };
}

/** Bytes that a frame takes in memory, about: two for each character, and what the engine keeps for each header. */
export function heldBytes({ headers, body }: Pick<Frame, 'headers' | 'body'>): number {
  let bytes = body.length;
  for (const name in headers) bytes += 2 * (name.length + (headers[name]?.length ?? 0)) + 64;
  return bytes;
}

/**
 * Text as UTF-8. ActiveMQ passes a text message on as Java wrote it (modified UTF-8, java.io.DataInput): a character
 * beyond U+FFFF as two surrogates of three bytes each, and NUL as C0 80. Everything else is UTF-8 and stays as it is.
 */
export function utf8OfJavaText(bytes: Buffer): Buffer {
  if (!bytes.includes(0xed) && !bytes.includes(0xc0)) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let to = 0;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    if (byte === 0xc0 && bytes[at + 1] === 0x80) {
      out[to++] = 0;
      at += 2;
    } else if (byte === 0xed && isSurrogate(bytes, at, 0xa0) && isSurrogate(bytes, at + 3, 0xb0)) {
      const high = surrogate(bytes, at);
      const low = surrogate(bytes, at + 3);
      to += out.write(String.fromCharCode(high, low), to, 'utf8');
      at += 6;
    } else {
      out[to++] = byte;
      at += 1;
    }
  }
  return out.subarray(0, to);
}

function isSurrogate(bytes: Buffer, at: number, first: number): boolean {
  const second = bytes[at + 1] ?? 0;
  return bytes[at] === 0xed && second >= first && second < first + 0x10 && ((bytes[at + 2] ?? 0) & 0xc0) === 0x80;
}

function surrogate(bytes: Buffer, at: number): number {
  return 0xd000 | (((bytes[at + 1] ?? 0) & 0x3f) << 6) | ((bytes[at + 2] ?? 0) & 0x3f);
}
