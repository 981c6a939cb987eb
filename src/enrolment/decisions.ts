/** Who asks the authority waits here for its decision, of which the one LISTEN of the process hears. */

export interface Decisions {
  /** Before the question is asked: a decision that comes at once is heard too. @param milliseconds at most */
  expect(id: string, milliseconds: number): { readonly heard: Promise<void>; forget(): void };
  /** @param id empty: something may have been missed, and everybody looks again */
  heard(id: string): void;
  /** Nobody waits any longer. */
  stop(): void;
}

export function createDecisions(): Decisions {
  const waiting = new Map<string, Set<() => void>>();
  let stopped = false;
  const ringAll = (): void => {
    for (const ring of [...waiting.values()].flatMap((rings) => [...rings])) ring();
  };
  return {
    expect: (id, milliseconds) => {
      let ring: () => void = () => undefined;
      const rung = new Promise<void>((resolve) => {
        ring = resolve;
      });
      const rings = waiting.get(id) ?? new Set();
      waiting.set(id, rings.add(ring));
      const timer = setTimeout(ring, stopped ? 0 : milliseconds);
      const forget = (): void => {
        clearTimeout(timer);
        rings.delete(ring);
        if (rings.size === 0 && waiting.get(id) === rings) waiting.delete(id);
      };
      return { heard: rung.finally(forget), forget };
    },
    heard: (id) => {
      if (id === '') ringAll();
      else for (const ring of waiting.get(id) ?? []) ring();
    },
    stop: () => {
      stopped = true;
      ringAll();
    },
  };
}
