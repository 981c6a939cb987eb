/** Until when something may go on that was ended: at once, and where something was broken just then, when that is healed. */
import type { Evidence } from './evidence.ts';

/** Milliseconds: what is under way may end, and on a machine that is busy everything is late. */
export const shortly = 5_000;
/** And after a fault: servers are connected to again, processes start, what was held back comes. */
export const afterFault = 15_000;

/**
 * @param at when it was ended
 * @param touches whether a fault there may delay it
 * @returns epoch milliseconds
 */
export function deadline(
  { faults }: Pick<Evidence, 'faults'>,
  at: number,
  touches: (target: string, kind: string) => boolean,
): number {
  const spans = spansOf(faults).filter(({ target, kind }) => touches(target, kind));
  let last = at + shortly;
  for (;;) {
    const later = spans
      .filter(({ from, to }) => from <= last && to >= at - before)
      .reduce((latest, { to }) => Math.max(latest, to + afterFault), last);
    if (later === last) return last;
    last = later;
  }
}

/** A fault that was healed so shortly before may still be felt. Milliseconds. */
const before = 2_000;

interface Span {
  readonly from: number;
  readonly to: number;
  readonly target: string;
  readonly kind: string;
}

function spansOf(faults: Evidence['faults']): Span[] {
  const ends = new Map(faults.flatMap(({ event, number, at }) => (event === 'begins' ? [] : [[number, at] as const])));
  return faults.flatMap(({ event, number, kind, target, at }) =>
    event === 'begins' ? [{ from: at, to: ends.get(number) ?? Number.POSITIVE_INFINITY, kind, target }] : [],
  );
}

/** The process, a connection of it, or the database. */
const isAt = (target: string, role: string): boolean => target.startsWith(`${role}-`) || target === 'postgresql';
export const ofDelivery = (target: string): boolean => isAt(target, 'delivery');
export const ofListeners = (target: string): boolean => isAt(target, 'api');
