/** Chance that a seed repeats. */
import { createHash } from 'node:crypto';

export interface Chance {
  /** 0 ≤ x < 1. */
  next(): number;
  /** 0 ≤ whole number < n. */
  below(n: number): number;
  /** One of them. @throws when there is none. */
  pick<T>(from: readonly T[]): T;
  /** True so often. */
  happens(share: number): boolean;
}

/** mulberry32. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    pick: (from) => {
      if (from.length === 0) throw new RangeError('nothing to pick from');
      return from[below(from.length)] as (typeof from)[number];
    },
    happens: (share) => next() < share,
  };
}

/** A number from 0 to 2³² − 1 that depends on these words only: what one message meets again at each try. */
export function drawn(...words: readonly (string | number)[]): number {
  return createHash('sha256').update(words.join('\n')).digest().readUInt32BE(0);
}
