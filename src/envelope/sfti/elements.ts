/**
 * Where elements begin and end, in bytes. A strict parser tells whether XML is well-formed but gives characters; what is
 * copied verbatim, hashed and signed is bytes.
 */

export interface ByteRange {
  /** The `<` of the start tag. */
  readonly start: number;
  /** One after the `>` of the end tag. */
  readonly end: number;
}

const [greaterThan, slash, question, bang] = [...Buffer.from('>/?!')];
const [doubleQuote, singleQuote] = [...Buffer.from('"\'')];

/**
 * The elements that lie `level` levels deep (0: the root), in order.
 * @param bytes well-formed XML in UTF-8: there, the bytes of markup are never part of another character. For anything else
 *   the answer is of no use, but it comes. Nothing is found in a document with a doctype.
 */
export function elementsAt(bytes: Uint8Array, level: number): ByteRange[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: ByteRange[] = [];
  let depth = 0;
  let start = 0;
  let at = text.indexOf('<');
  while (at !== -1) {
    const kind = text[at + 1];
    let end: number;
    if (kind === question) end = after(text, '?>', at);
    else if (kind === bang) {
      if (text[at + 2] === 0x2d) end = after(text, '-->', at + 4);
      else if (text[at + 2] === 0x5b) end = after(text, ']]>', at);
      else return [];
    } else if (kind === slash) {
      end = after(text, '>', at);
      depth -= 1;
      if (depth === level) found.push({ start, end });
    } else {
      end = tagEnd(text, at);
      if (depth === level) start = at;
      if (text[end - 2] !== slash) depth += 1;
      else if (depth === level) found.push({ start, end });
    }
    at = text.indexOf('<', end);
  }
  return found;
}

function after(text: Buffer, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? text.length : at + mark.length;
}

/** One after the `>` of a start tag: not one in an attribute's value. */
function tagEnd(text: Buffer, from: number): number {
  let quote: number | undefined;
  for (let at = from; at < text.length; at++) {
    const byte = text[at];
    if (quote !== undefined) {
      if (byte === quote) quote = undefined;
    } else if (byte === doubleQuote || byte === singleQuote) quote = byte;
    else if (byte === greaterThan) return at + 1;
  }
  return text.length;
}
