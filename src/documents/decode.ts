/** Bytes → text. What the bytes are must be what they say they are: byte order mark, XML declaration and transport have to agree. */
import { Fault } from '../domain/fault.ts';

/** Encoding names that an XML declaration may use (lower case) → the decoder's name. */
const encodings: ReadonlyMap<string, string> = new Map([
  ['utf-8', 'utf-8'],
  ['us-ascii', 'us-ascii'],
  ['iso-8859-1', 'windows-1252'],
  ['windows-1252', 'windows-1252'],
  ['iso-8859-15', 'iso-8859-15'],
  ['utf-16', 'utf-16'],
  ['utf-16le', 'utf-16le'],
  ['utf-16be', 'utf-16be'],
]);

const adviseBytes =
  'A text message is always UTF-8 when it arrives; send the document as a bytes message, or write it in UTF-8';

export interface Decoded {
  readonly kind: 'xml' | 'json';
  readonly text: string;
}

/**
 * Tells XML from JSON by the first character and decodes.
 * JSON is UTF-8 (RFC 8259 §8.1). XML is UTF-8 or UTF-16 by its byte order mark, else what its declaration says, else UTF-8 (XML 1.0 §4.3.3).
 * Throws Fault document-not-recognised or document-encoding.
 */
export function decodeDocument(bytes: Uint8Array, transport: 'text' | 'bytes'): Decoded {
  const unit = codeUnits(bytes);
  const head = new TextDecoder(unit).decode(bytes.subarray(0, 512));
  // Only what XML and JSON call white space: a second byte order mark is none, and other parsers stop at it.
  const [first] = head.replace(/^[ \t\r\n]+/, '');
  if (first === '{') {
    if (unit !== 'utf-8') throw encodingFault('JSON is always UTF-8 (RFC 8259 §8.1)', 'UTF-8', unit.toUpperCase());
    return { kind: 'json', text: decode(bytes, 'utf-8') };
  }
  if (first !== '<') throw notRecognised(first, bytes.length);
  return { kind: 'xml', text: decode(bytes, xmlEncoding(head, bytes, unit, transport)) };
}

/** UTF-16 shows by its byte order mark or by the zero byte beside the first `<` or `{` (XML 1.0 appendix F). */
function codeUnits(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a !== 0 && b === 0 && bytes.length > 1)) return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && b !== 0 && bytes.length > 1)) return 'utf-16be';
  return 'utf-8';
}

/**
 * What the XML declaration says; undefined if it says nothing. All of it must stand in the head, without its byte order mark: in one
 * that goes on, the encoding would be hidden from us and not from the supplier, who would read other characters.
 */
function declaredEncoding(head: string): string | undefined {
  if (!/^<\?xml\s/.test(head)) return undefined;
  const end = head.indexOf('?>');
  if (end === -1) throw encodingFault('The XML declaration is too long', 'at most 250 characters', head.slice(0, 100));
  return /\sencoding\s*=\s*["']([^"']*)["']/.exec(head.slice(0, end))?.[1];
}

function xmlEncoding(
  head: string,
  bytes: Uint8Array,
  unit: 'utf-8' | 'utf-16le' | 'utf-16be',
  transport: 'text' | 'bytes',
): string {
  const declared = declaredEncoding(head);
  const name = declared?.toLowerCase();
  if (transport === 'text') {
    if (name !== undefined && name !== 'utf-8') throw encodingFault(adviseBytes, 'UTF-8', declared);
    if (unit !== 'utf-8') throw encodingFault(adviseBytes, 'UTF-8', unit.toUpperCase());
    return 'utf-8';
  }
  const encoding = name === undefined ? unit : encodings.get(name);
  if (encoding === undefined) {
    throw encodingFault(
      `The encoding ${declared} is not read here; use UTF-8`,
      [...encodings.keys()].join(', '),
      declared,
    );
  }
  if (unit !== 'utf-8') {
    if (encoding !== 'utf-16' && encoding !== unit) {
      throw encodingFault('The XML declaration and the bytes disagree', unit.toUpperCase(), declared);
    }
    return unit;
  }
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  if (encoding.startsWith('utf-16') || (mark && encoding !== 'utf-8')) {
    throw encodingFault('The XML declaration and the bytes disagree', 'UTF-8', declared);
  }
  return encoding;
}

function decode(bytes: Uint8Array, encoding: string): string {
  const ascii = encoding === 'us-ascii';
  // The decoder would take us-ascii for windows-1252; UTF-8 reads ASCII too.
  const name = ascii ? 'utf-8' : encoding;
  const text = ascii && bytes.some((byte) => byte > 0x7f) ? undefined : decodeStrictly(bytes, name);
  if (text !== undefined) return text;
  const at = ascii ? bytes.findIndex((byte) => byte > 0x7f) : name === 'utf-8' ? firstInvalid(bytes) : undefined;
  throw encodingFault(
    `The bytes are not ${encoding.toUpperCase()}${at === undefined ? '' : ` (first at byte ${at})`}`,
    `valid ${encoding.toUpperCase()}`,
    at === undefined ? 'an invalid sequence' : `byte 0x${bytes[at]?.toString(16)} at ${at}`,
  );
}

/** Undefined if the bytes are not in that encoding. `partial`: the last sequence may lack its end. */
function decodeStrictly(bytes: Uint8Array, encoding: string, partial = false): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: partial });
  } catch {
    return undefined;
  }
}

/** The first byte of the first sequence that is not UTF-8, by halving: only on the way to a fault. */
function firstInvalid(bytes: Uint8Array): number {
  const valid = (length: number, partial: boolean): boolean =>
    decodeStrictly(bytes.subarray(0, length), 'utf-8', partial) !== undefined;
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (valid(middle, true)) good = middle;
    else bad = middle;
  }
  // A sequence that only began well begins up to three bytes earlier.
  while (good > 0 && !valid(good, false)) good -= 1;
  return good;
}

function encodingFault(text: string, expected: string, found: string | undefined): Fault {
  return new Fault('document-encoding', text, {
    findings: [{ where: 'encoding', rule: 'encoding', text, expected, found: found ?? '(nothing)' }],
  });
}

function notRecognised(first: string | undefined, length: number): Fault {
  const found = first === undefined ? `${length} bytes without a character` : `a document that begins with ${first}`;
  return new Fault('document-not-recognised', 'The document is neither XML nor a JSON object', {
    findings: [
      { where: 'document', rule: 'format', text: 'A document is XML or a JSON object', expected: '< or {', found },
    ],
  });
}
