/** Lists by keyset: fifty rows, and a key from which the next fifty go on. */
import type { Request } from 'express';

export const pageRows = 50;

/** What the query string says, each name once; empty fields are left out, as a form sends all of its own. */
export function queryOf({ query }: Pick<Request, 'query'>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(query).flatMap(([name, value]): [string, string][] => {
      const [first] = [value].flat();
      const text = typeof first === 'string' ? first.trim().slice(0, longestField) : '';
      return text === '' ? [] : [[name, text]];
    }),
  );
}
const longestField = 300;

/** A key as it stands in `after=`. @returns undefined for what is none: the first page */
export function afterOf(query: ReadonlyMap<string, string>): number | undefined {
  const text = query.get('after') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export interface Paging {
  /** Path and query of the next page; undefined: this is the last. */
  readonly next: string | undefined;
  /** Of the first page; undefined: this is it. */
  readonly first: string | undefined;
}

/**
 * The links below a list; filters stay as they are.
 * @param next the key that the next page goes on after
 */
export function pagingOf(path: string, query: ReadonlyMap<string, string>, next: number | string | undefined): Paging {
  const kept = new URLSearchParams([...query].filter(([name]) => name !== 'after' && name !== 'done'));
  const link = (after?: number | string): string => {
    const fields = new URLSearchParams(kept);
    if (after !== undefined) fields.set('after', String(after));
    const text = fields.toString();
    return text === '' ? path : `${path}?${text}`;
  };
  return { next: next === undefined ? undefined : link(next), first: query.has('after') ? link() : undefined };
}
