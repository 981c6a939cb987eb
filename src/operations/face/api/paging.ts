/** Lists for scripts: so many items, and an opaque key after which the next ones come. */
import { Fault } from '../../../domain/fault.ts';
import { keyParts, keyText } from '../../key-text.ts';
import { type AskedBy, textIn } from './ask.ts';

export type KeyPart = string | number;

/** Items of a page, when nothing is said. */
const usualLimit = 50;

export const limitIn = (asked: Pick<AskedBy, 'request'>): number => Number(textIn(asked, 'limit') ?? usualLimit);

/**
 * The key in `after`, as `pageOf` made it for the same list.
 * @param kinds of its parts
 * @throws Fault `request-malformed`: a list that began anew without a word would never end
 */
export function keyIn<const Kinds extends readonly ('string' | 'number')[]>(
  asked: Pick<AskedBy, 'request'>,
  kinds: Kinds,
): KeyOf<Kinds> | undefined {
  const text = textIn(asked, 'after');
  if (text === undefined) return undefined;
  const parts = keyParts(text);
  const right =
    parts.length === kinds.length &&
    parts.every((part, i) =>
      kinds[i] === 'number' ? isNumber(part) : typeof part === 'string' && !part.includes('\0'),
    );
  if (!right) throw noKey();
  return parts as unknown as KeyOf<Kinds>;
}

/** As far as a time can lie from 1970; PostgreSQL has more. */
const isNumber = (part: unknown): boolean => Number.isSafeInteger(part) && Math.abs(Number(part)) <= 8.64e15;

type KeyOf<Kinds extends readonly ('string' | 'number')[]> = {
  readonly [I in keyof Kinds]: Kinds[I] extends 'number' ? number : string;
};

export const noKey = (): Fault =>
  new Fault('request-malformed', '/query/after is not what `next` of a page of this list said');

export interface Page<Item> {
  readonly items: readonly Item[];
  /** To be sent as `after`; left out: there is no more. */
  readonly next?: string;
}

/**
 * @param rows one more than the page has, if there are
 * @param keyOf the last row's key, or its text where it is not made of plain parts
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (last: Row) => readonly KeyPart[] | string,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const key = last && keyOf(last);
  return {
    items: shown.map(itemOf),
    ...(key === undefined ? {} : { next: typeof key === 'string' ? key : keyText(key) }),
  };
}
