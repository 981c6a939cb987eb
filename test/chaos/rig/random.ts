/** The outer world's chance, with what plans need of it. */
import { chanceOf } from '../outer/random.ts';

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** The same things in another order. */
  shuffled<T>(of: readonly T[]): T[];
}

/** The same seed gives the same numbers, on every machine. */
export function seeded(seed: number): Random {
  const { next, below, pick } = chanceOf(seed);
  return {
    next,
    whole: (least, most) => least + below(most - least + 1),
    pick,
    shuffled: (of) => {
      const mixed = [...of];
      for (let last = mixed.length - 1; last > 0; last--) {
        const at = below(last + 1);
        [mixed[last], mixed[at]] = [mixed[at] as never, mixed[last] as never];
      }
      return mixed;
    },
  };
}
