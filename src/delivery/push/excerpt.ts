/** The beginning of an answer, made safe to keep: for a database column, a log line and a person's screen. */

/** Controls, line separators, and invisible marks such as those that turn the reading direction. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The first `most` bytes of an answer as text of at most `most` UTF-8 bytes. White space becomes single spaces, so that a
 * stranger's text stays on one line; control characters and broken UTF-8 become U+FFFD (PostgreSQL refuses NUL).
 */
export function safeExcerpt(bytes: Uint8Array, most: number): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true })
    .decode(bytes.subarray(0, most), { stream: true })
    .replace(/\s+/g, ' ')
    .replace(unsafe, '\ufffd')
    .trim();
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most));
  return text.slice(0, read);
}
