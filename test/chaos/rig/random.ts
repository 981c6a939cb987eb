/** Chance that can be repeated: the same seed gives the same numbers, on every machine. */

export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** The same things in another order. */
  shuffled<T>(of: readonly T[]): T[];
}

/** Mulberry32: 32 bits of state, good enough to choose faults by and short enough to be read. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    pick: (from) => from[whole(0, from.length - 1)] ?? from[0],
    shuffled: (of) => {
      const mixed = [...of];
      for (let last = mixed.length - 1; last > 0; last--) {
        const at = whole(0, last);
        [mixed[last], mixed[at]] = [mixed[at] as never, mixed[last] as never];
      }
      return mixed;
    },
  };
}
