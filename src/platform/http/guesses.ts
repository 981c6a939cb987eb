/** Wrong links, PINs and passwords, counted for the network they come from. In memory: each process by itself. */

export interface Guesses {
  /** Milliseconds until this network may try again; 0: it may. */
  wait(network: string): number;
  /** It was wrong. */
  wrong(network: string): void;
  /** What was counted as wrong was not. */
  takeBack(network: string): void;
}

const hour = 3_600_000;
/** Whoever comes from ever new networks does not fill the memory. */
const mostNetworks = 50_000;

/**
 * @param most at once after an hour's rest, and within any hour in the long run
 * @param now milliseconds of a clock that never goes back
 */
export function createGuesses(most: number, now: () => number): Guesses {
  const each = hour / most;
  /** When all that the network has guessed wrong is forgotten. */
  const forgottenAt = new Map<string, number>();
  return {
    wait: (network) => Math.max(0, Math.ceil((forgottenAt.get(network) ?? 0) - now() - hour + each)),
    wrong: (network) => {
      const at = Math.max(now(), forgottenAt.get(network) ?? 0) + each;
      // Put last: the first in the map are those who have not guessed for longest.
      forgottenAt.delete(network);
      forgottenAt.set(network, at);
      const [oldest] = forgottenAt.keys();
      if (forgottenAt.size > mostNetworks && oldest !== undefined) forgottenAt.delete(oldest);
    },
    takeBack: (network) => {
      const at = (forgottenAt.get(network) ?? 0) - each;
      if (at > now()) forgottenAt.set(network, at);
      else forgottenAt.delete(network);
    },
  };
}
