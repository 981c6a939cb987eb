/**
 * JSON text → value, with limits. JSON.parse keeps the last of two equal names (RFC 8259 §4 leaves that open), so a document could say one
 * thing to us and another to the supplier's parser: two equal names in one object are a fault.
 */
import { Fault } from '../../domain/fault.ts';
import { beyondLimit, type DocumentLimits } from '../limits.ts';

/** Longest string or name, in characters, quotes and escapes included. */
const stringLimit = 100_000;

/** Throws Fault document-limit or document-not-wellformed. */
export function parseJson(text: string, limits: DocumentLimits): unknown {
  // 1. Limits before JSON.parse builds anything.
  scan(text, limits);
  // 2. The grammar is JSON.parse's business.
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw notWellFormed(`The JSON is not well-formed: ${detail}`, 'well-formed JSON (RFC 8259)', detail);
  }
}

/** One pass over the characters. On malformed text it may count wrongly; JSON.parse then refuses the text. */
function scan(text: string, limits: DocumentLimits): void {
  /** Names seen in each open object; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let values = 0;
  let inScalar = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    switch (char) {
      case 0x7b: // {
      case 0x5b: // [
        open.push(char === 0x7b ? new Set() : undefined);
        if (open.length > limits.depth) throw beyondLimit('levels of objects and arrays', limits.depth, `offset ${i}`);
        values += 1;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        inScalar = false;
        break;
      case 0x22: {
        const end = endOfString(text, i);
        if (end - i > stringLimit) throw beyondLimit('characters in one string', stringLimit, `offset ${i}`);
        const literal = text.slice(i, end + 1);
        const escaped = literal.includes('\\');
        const content = escaped ? unescaped(literal) : literal.slice(1, -1);
        if (escaped && !content.isWellFormed()) throw halfCharacter(i);
        const names = open.at(-1);
        if (names !== undefined && isName(text, end + 1)) addName(names, content, i);
        else values += 1;
        i = end;
        break;
      }
      case 0x2c: // ,
      case 0x3a: // :
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
        inScalar = false;
        break;
      default:
        if (!inScalar) values += 1;
        inScalar = true;
    }
    if (values > limits.elements) throw beyondLimit('values', limits.elements, `offset ${i}`);
  }
}

/** Index of the closing quote, or of the text's end. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 0x5c) i += 1;
    else if (char === 0x22) return i;
  }
  return text.length;
}

function isName(text: string, after: number): boolean {
  let i = after;
  while (i < text.length && ' \t\n\r'.includes(text[i] ?? '')) i += 1;
  return text[i] === ':';
}

/** Half a surrogate pair by escape (RFC 8259 §8.2): no UTF-8 has it, so two such strings would be stored as the same. */
function halfCharacter(offset: number): Fault {
  return notWellFormed(
    `The JSON has half a surrogate pair at offset ${offset}`,
    'whole characters',
    '\\uD800 to \\uDFFF alone',
    `offset ${offset}`,
  );
}

function addName(names: Set<string>, name: string, offset: number): void {
  if (names.has(name)) {
    throw notWellFormed(
      `The JSON has the name ${JSON.stringify(name)} twice in one object`,
      'each name once',
      name,
      `offset ${offset}`,
    );
  }
  names.add(name);
}

function unescaped(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}

function notWellFormed(text: string, expected: string, found: string, where = 'document'): Fault {
  return new Fault('document-not-wellformed', text, {
    findings: [{ where, rule: 'well-formed', text, expected, found: found.slice(0, 120) }],
  });
}
