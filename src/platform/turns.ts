/** Work that costs much and that anybody can ask for: so much of it at once, and so much waiting. In memory: each process by itself. */
import { Fault } from '../domain/fault.ts';

export interface Turns {
  /** Does it when it is its turn, first come first served. @throws Fault `too-many-requests` when too many wait already · what the work throws */
  take<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurns({ atOnce, waiting }: { readonly atOnce: number; readonly waiting: number }): Turns {
  let running = 0;
  const queue: (() => void)[] = [];
  return {
    take: async (work) => {
      if (running < atOnce) running++;
      else {
        if (queue.length >= waiting) throw new Fault('too-many-requests');
        // Whoever ends hands their place on.
        await new Promise<void>((resolve) => queue.push(resolve));
      }
      try {
        return await work();
      } finally {
        const next = queue.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
