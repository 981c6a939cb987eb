/** A dead letter's document as text, with what was found wrong in its place. */
import { decodeDocument } from '../../documents/decode.ts';
import { lineIn, locate, type Stretch } from '../../documents/locate.ts';
import type { Finding } from '../../domain/fault.ts';

/** A piece of the text; with numbers: those findings are here. */
export interface Piece {
  readonly text: string;
  readonly findings: readonly number[];
}

export interface ShownDocument {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** For each finding its line, from 1; undefined: not in the document, or not to be found. */
  readonly lines: readonly (number | undefined)[];
}

/** The text as it was read; what could not be read is shown as well as it goes. */
export function documentText(body: Uint8Array, isText: boolean): string {
  try {
    return decodeDocument(body, isText ? 'text' : 'bytes').text;
  } catch {
    return new TextDecoder('utf-8').decode(body);
  }
}

/** @param detail the fault's own words, which may name a line */
export function markedDocument(text: string, findings: readonly Finding[], detail: string): ShownDocument {
  const found = locate(
    text,
    findings.map(({ where }) => where),
  );
  const line = lineIn(text, detail);
  const places = findings.map(({ rule }, i) => (rule === 'well-formed' && line !== undefined ? line : found[i]));
  const lines = places.map((place) => place && text.slice(0, place.from).split('\n').length);
  return { text, pieces: piecesOf(text, places), lines };
}

/** Stretches one after the other; of two that overlap, the second goes with the first. */
function piecesOf(text: string, places: readonly (Stretch | undefined)[]): Piece[] {
  const marks = places
    .flatMap((place, i) => (place === undefined ? [] : [{ ...place, findings: [i + 1] }]))
    .sort((a, b) => a.from - b.from || b.to - a.to);
  const merged: { from: number; to: number; findings: number[] }[] = [];
  for (const mark of marks) {
    const last = merged.at(-1);
    if (last !== undefined && mark.from < last.to) last.findings.push(...mark.findings);
    else merged.push({ ...mark });
  }
  const pieces: Piece[] = [];
  let at = 0;
  for (const { from, to, findings } of merged) {
    pieces.push({ text: text.slice(at, from), findings: [] }, { text: text.slice(from, to), findings });
    at = to;
  }
  return [...pieces, { text: text.slice(at), findings: [] }];
}
