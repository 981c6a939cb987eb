/** Changes to bytes, blind or with an eye for what they are. They shrink as lists do. */
import { type Arbitrary, array, constantFrom, nat, oneof, record, uint8Array } from 'fast-check';

export type Edit =
  | { readonly kind: 'flip'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'copy'; readonly at: number; readonly from: number; readonly length: number }
  | { readonly kind: 'put'; readonly at: number; readonly bytes: Uint8Array }
  /** What stands between two marks of the text, such as two quotes, becomes something else. */
  | { readonly kind: 'value'; readonly at: number; readonly text: string }
  /** A word behind a mark goes in front of others. */
  | { readonly kind: 'insert'; readonly at: number; readonly text: string }
  /** From one mark to a later one, again and again. */
  | { readonly kind: 'again'; readonly at: number; readonly marks: number; readonly times: number };

export interface Grammar {
  /** Where a value may stand: the match is what is replaced. */
  readonly values: RegExp;
  /** Where something can be put in: the match's end. */
  readonly places: RegExp;
  readonly words: readonly string[];
}

export const edits = (grammar: Grammar, most = 5): Arbitrary<Edit[]> => array(edit(grammar), { maxLength: most });

function edit({ words }: Grammar): Arbitrary<Edit> {
  const at = nat(1_000_000);
  const text = constantFrom(...words);
  return oneof(
    record({ kind: constantFrom('flip' as const), at, value: nat(255) }),
    record({ kind: constantFrom('cut' as const), at, length: nat(60) }),
    record({ kind: constantFrom('copy' as const), at, from: at, length: nat(400) }),
    record({ kind: constantFrom('put' as const), at, bytes: uint8Array({ maxLength: 8 }) }),
    { weight: 3, arbitrary: record({ kind: constantFrom('value' as const), at, text }) },
    { weight: 3, arbitrary: record({ kind: constantFrom('insert' as const), at, text }) },
    record({ kind: constantFrom('again' as const), at, marks: nat(12), times: nat(40) }),
  );
}

/** Longer than this, nothing more is added. */
const mostBytes = 300_000;

export function edited(bytes: Uint8Array, list: readonly Edit[], grammar: Grammar): Buffer {
  // One character for each byte, so that every byte stays what it is.
  let text = Buffer.from(bytes).toString('latin1');
  for (const one of list) text = apply(text, one, grammar).slice(0, mostBytes);
  return Buffer.from(text, 'latin1');
}

const raw = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function apply(text: string, edit: Edit, grammar: Grammar): string {
  const at = edit.at % (text.length + 1);
  switch (edit.kind) {
    case 'flip':
      return `${text.slice(0, at)}${String.fromCharCode(edit.value)}${text.slice(at + 1)}`;
    case 'cut':
      return text.slice(0, at) + text.slice(at + edit.length);
    case 'copy': {
      const from = edit.from % (text.length + 1);
      return text.slice(0, at) + text.slice(from, from + edit.length) + text.slice(at);
    }
    case 'put':
      return text.slice(0, at) + Buffer.from(edit.bytes).toString('latin1') + text.slice(at);
    case 'value': {
      const match = nth(text, grammar.values, edit.at);
      return match === undefined
        ? text
        : text.slice(0, match.index) + raw(edit.text) + text.slice(match.index + match[0].length);
    }
    case 'insert': {
      const match = nth(text, grammar.places, edit.at);
      const place = match === undefined ? at : match.index + match[0].length;
      return text.slice(0, place) + raw(edit.text) + text.slice(place);
    }
    case 'again': {
      const marks = [...text.matchAll(grammar.places)].map((match) => match.index + match[0].length);
      if (marks.length === 0) return text;
      const first = edit.at % marks.length;
      const from = marks[first] ?? 0;
      const to = marks[Math.min(first + edit.marks, marks.length - 1)] ?? from;
      return text.slice(0, to) + text.slice(from, to).repeat(edit.times) + text.slice(to);
    }
  }
}

function nth(text: string, pattern: RegExp, number: number): RegExpExecArray | undefined {
  const matches = [...text.matchAll(pattern)];
  return matches.length === 0 ? undefined : matches[number % matches.length];
}
