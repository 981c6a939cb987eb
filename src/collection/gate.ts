/** How much of one organisation is at work in the store at once: what it keeps busy is not kept from the others. */
import type { ServerResponse } from 'node:http';
import { Fault } from '../domain/fault.ts';
import { tooMany } from './limits.ts';

export interface GateSettings {
  /** Requests of one organisation that are at work at once. */
  readonly atOnce: number;
  /** Requests of it that wait for one of these to end. */
  readonly queue: number;
}

/** In memory: each process by itself. */
export interface Gate {
  /**
   * Does the work when the organisation has a place, first come, first served. A client that goes away leaves the queue; what
   * has begun keeps its place to its end, whoever is still there: until then it keeps a connection of the pool.
   * @throws Fault `too-many-requests`, with `Retry-After` on the response, when the queue is full; what the work throws
   */
  through<T>(organisation: string, response: ServerResponse, work: () => Promise<T>): Promise<T>;
  /** How many organisations have something at work. */
  readonly organisations: number;
}

interface House {
  working: number;
  /** In order; each is called when a place is handed over to it. */
  readonly queue: Set<() => void>;
}

export function createGate({ atOnce, queue }: GateSettings): Gate {
  const houses = new Map<string, House>();

  const enter = async (house: House, response: ServerResponse): Promise<void> => {
    if (house.working < atOnce) {
      house.working += 1;
      return;
    }
    if (house.queue.size >= queue)
      throw tooMany(response, `more than ${atOnce + queue} requests under way at once; wait for their answers`);
    await place(house.queue, response);
  };
  const leave = (organisation: string, house: House): void => {
    const [next] = house.queue;
    if (next !== undefined) {
      house.queue.delete(next);
      next();
    } else {
      house.working -= 1;
      if (house.working === 0) houses.delete(organisation);
    }
  };

  return {
    through: async (organisation, response, work) => {
      const house = houses.get(organisation) ?? { working: 0, queue: new Set() };
      houses.set(organisation, house);
      await enter(house, response);
      try {
        return await work();
      } finally {
        leave(organisation, house);
      }
    },
    get organisations() {
      return houses.size;
    },
  };
}

/** Comes back with a place, or throws when nobody is there any more to be answered. */
function place(queue: Set<() => void>, response: ServerResponse): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const gone = () => {
    queue.delete(come);
    reject(new Fault('too-many-requests', 'the client has gone, and its place in the queue with it'));
  };
  const come = () => {
    response.off('close', gone);
    resolve();
  };
  if (response.destroyed) gone();
  else {
    queue.add(come);
    response.once('close', gone);
  }
  return promise;
}
