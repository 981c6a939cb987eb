/** Suppliers that wait for something to fetch. Waiting costs a timer and a place in a map; the store is asked nothing. */
import { lanesIn } from '../store/collect/channels.ts';

/** One request that waits. */
export interface Waiter {
  /** Before the mailbox is read: what rings from now on is not missed, whether it rings before, under or after the reading. */
  listen(): void;
  /** Comes back when it rang since `listen`, at once if it did already, and when the wait is over. */
  rung(): Promise<void>;
  /** Nothing more is waited for: the time is over, the caller has gone, or the process stops. */
  readonly over: boolean;
  /** Ends the waiting, such as when the caller has gone. */
  leave(): void;
}

export interface WaitingRoom {
  /** @param milliseconds how long it waits at most, from now */
  enter(lanes: readonly number[], milliseconds: number): Waiter;
  /** What PostgreSQL said on the channel of stored messages. Empty: something may have been missed, so it rings for all. */
  ring(payload: string): void;
  /** Ends every wait, now and from now on. */
  stop(): void;
  /** How many wait. */
  readonly waiting: number;
}

export function openWaitingRoom(): WaitingRoom {
  const everyone = new Set<Place>();
  const byLane = new Map<number, Set<Place>>();
  let stopped = false;

  const forget = (place: Place): void => {
    everyone.delete(place);
    for (const lane of place.lanes) {
      const here = byLane.get(lane);
      here?.delete(place);
      if (here?.size === 0) byLane.delete(lane);
    }
  };

  return {
    enter: (lanes, milliseconds) => {
      const place = openPlace(lanes, forget);
      if (stopped || milliseconds <= 0) {
        place.waiter.leave();
        return place.waiter;
      }
      place.endAfter(milliseconds);
      everyone.add(place);
      for (const lane of lanes) {
        const here = byLane.get(lane) ?? new Set();
        byLane.set(lane, here.add(place));
      }
      return place.waiter;
    },
    ring: (payload) => {
      const lanes = lanesIn(payload);
      const heard = lanes.length === 0 ? [...everyone] : lanes.flatMap((lane) => [...(byLane.get(lane) ?? [])]);
      for (const place of heard) place.ring();
    },
    stop: () => {
      stopped = true;
      for (const place of everyone) place.waiter.leave();
    },
    get waiting() {
      return everyone.size;
    },
  };
}

interface Place {
  readonly lanes: readonly number[];
  readonly waiter: Waiter;
  endAfter(milliseconds: number): void;
  ring(): void;
}

function openPlace(lanes: readonly number[], forget: (place: Place) => void): Place {
  let rang = false;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let tell: (() => void) | undefined;
  const ring = (): void => {
    rang = true;
    tell?.();
    tell = undefined;
  };
  const place: Place = {
    lanes,
    ring,
    endAfter: (milliseconds) => {
      timer = setTimeout(() => place.waiter.leave(), milliseconds);
    },
    waiter: {
      listen: () => {
        rang = false;
      },
      rung: () => {
        if (rang || over) return Promise.resolve();
        const { promise, resolve } = Promise.withResolvers<void>();
        tell = resolve;
        return promise;
      },
      get over() {
        return over;
      },
      leave: () => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        forget(place);
        ring();
      },
    },
  };
  return place;
}
