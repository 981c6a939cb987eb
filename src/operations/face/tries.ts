/** Tries of passwords, counted for the network that they come from. */
import type { Guesses } from '../../platform/http/guesses.ts';
import { isLoopback, networkOf } from '../../platform/http/network.ts';

export interface Tries {
  /**
   * Each try counts as wrong from its beginning: many at once are no more than many one after the other.
   * @returns milliseconds until one may begin; 0: it has
   */
  begin(remoteAddress: string | undefined): number;
  /** It was right, or nobody looked at it. */
  takeBack(remoteAddress: string | undefined): void;
}

/** From this machine itself all may be one person, or a proxy that all people come by: there it is only the accounts that count. */
export function createTries(guesses: Guesses): Tries {
  return {
    begin: (remoteAddress) => {
      if (isLoopback(remoteAddress)) return 0;
      const network = networkOf(remoteAddress);
      const wait = guesses.wait(network);
      if (wait === 0) guesses.wrong(network);
      return wait;
    },
    takeBack: (remoteAddress) => {
      if (!isLoopback(remoteAddress)) guesses.takeBack(networkOf(remoteAddress));
    },
  };
}
