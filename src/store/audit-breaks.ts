/** Where the chain of the audit is not what was written, row by row, and what was probably done to it. */
import { type ChainPoint, hashOf, type StoredRow } from './audit-chain.ts';

export interface ChainBreak {
  readonly kind: 'row-changed' | 'rows-removed' | 'rows-reordered';
  /** The row where it shows. */
  readonly row: number;
  /** Completes “Row N: …”. */
  readonly why: string;
}

/** Taken row by row, oldest first, beginning after `base`. */
export interface ChainJudge {
  take(row: StoredRow): void;
  /** The newest row that was taken. */
  readonly head: () => ChainPoint;
  readonly rows: () => number;
  /** By row; of very many only the first. */
  readonly breaks: () => readonly ChainBreak[];
  readonly count: () => number;
}

/** More than these are counted and not told: one careless statement can break every row. */
const mostTold = 200;
/** How far off a row is looked for that stands under another number. */
const near = 20;

export function judgeChain(base: ChainPoint): ChainJudge {
  let head = base;
  let rows = 0;
  let count = 0;
  const plain: ChainBreak[] = [];
  // Not what their hashes were made of; which of them only changed places is known when all have been seen.
  const odd: StoredRow[] = [];
  let oddBefore = false;
  const note = (kind: ChainBreak['kind'], row: number, why: string) => {
    count += 1;
    if (plain.length < mostTold) plain.push({ kind, row, why });
  };
  return {
    take: (row) => {
      const expected = head.id + 1;
      const gap = row.id > expected;
      if (gap) note('rows-removed', row.id, removed(expected, row.id - 1));
      const whole = hashOf(row.previous, row).equals(row.hash);
      if (!whole) {
        count += 1;
        if (odd.length < mostTold) odd.push(row);
      } else if (!gap && !oddBefore && !row.previous.equals(head.hash))
        note('row-changed', row.id, 'it does not stand on the row before it: one of the two was written anew');
      // What follows an odd row need not fit it: that would be told twice.
      oddBefore = !whole;
      head = row;
      rows += 1;
    },
    head: () => head,
    rows: () => rows,
    breaks: () => [...plain, ...odd.map((row) => judgeOdd(row, odd))].sort((a, b) => a.row - b.row),
    count: () => count,
  };
}

const removed = (first: number, last: number): string =>
  first === last
    ? `row ${first}, which stood before it, is missing`
    : `rows ${first} to ${last}, which stood before it, are missing`;

/** A row that is whole under another number, or with another's hashes, was moved; any other was changed. */
function judgeOdd(row: StoredRow, odd: readonly StoredRow[]): ChainBreak {
  const moved = (was: number): ChainBreak => ({
    kind: 'rows-reordered',
    row: row.id,
    why: `it was written as row ${was}: rows were put in another order, or numbered anew`,
  });
  for (const other of odd) {
    if (other.id === row.id) continue;
    const there = { ...row, id: other.id };
    if (hashOf(row.previous, there).equals(row.hash) || hashOf(other.previous, there).equals(other.hash))
      return moved(other.id);
  }
  for (let id = Math.max(1, row.id - near); id <= row.id + near; id++)
    if (hashOf(row.previous, { ...row, id }).equals(row.hash)) return moved(id);
  return { kind: 'row-changed', row: row.id, why: 'its content is not what was written' };
}
