/** How much one organisation may ask for, and how much those may of whom nobody knows who they are. In memory: each process by itself. */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Fault } from '../domain/fault.ts';

export interface LimitSettings {
  /** Requests per second, in the long run and after a rest. */
  readonly ratePerSecond: number;
  readonly burst: number;
  readonly connections: number;
  /** Requests at once that wait for something to come. */
  readonly waits: number;
}

export interface Limits {
  /** Each throws Fault `too-many-requests`, with `Retry-After` on the response, and counts nothing then. */
  request(who: string, response: ServerResponse): void;
  /** Counted until the connection closes. */
  connection(organisation: string, socket: Socket, response: ServerResponse): void;
  /** Counted until the answer is out. */
  wait(organisation: string, response: ServerResponse): void;
}

/** Far more than there are suppliers; whoever comes from ever new networks does not fill the memory. */
const mostBuckets = 50_000;

/** @param now milliseconds of a clock that never goes back */
export function createLimits(settings: LimitSettings, now: () => number): Limits {
  const { ratePerSecond, burst } = settings;
  /** When the bucket will be full again: before now means that it is. */
  const fullAt = new Map<string, number>();
  const connections = new Map<string, Set<Socket>>();
  const waits = new Map<string, number>();
  const eachMs = 1_000 / ratePerSecond;

  return {
    request: (who, response) => {
      const at = now();
      const full = Math.max(at, fullAt.get(who) ?? at) + eachMs;
      const tooSoonMs = full - at - burst * eachMs;
      if (tooSoonMs > 0) throw tooMany(response, `more than ${ratePerSecond} requests per second`, tooSoonMs);
      // Put last: the first in the map are those who have not asked for longest.
      fullAt.delete(who);
      fullAt.set(who, full);
      const [oldest] = fullAt.keys();
      if (fullAt.size > mostBuckets && oldest !== undefined) fullAt.delete(oldest);
    },
    connection: (organisation, socket, response) => {
      const open = connections.get(organisation) ?? new Set();
      if (open.has(socket)) return;
      if (open.size >= settings.connections) {
        response.setHeader('connection', 'close');
        throw tooMany(response, `more than ${settings.connections} connections; keep some open and use them again`);
      }
      connections.set(organisation, open.add(socket));
      socket.once('close', () => {
        open.delete(socket);
        if (open.size === 0 && connections.get(organisation) === open) connections.delete(organisation);
      });
    },
    wait: (organisation, response) => {
      const waiting = waits.get(organisation) ?? 0;
      if (waiting >= settings.waits)
        throw tooMany(response, `more than ${settings.waits} requests that wait at once; one is enough`);
      waits.set(organisation, waiting + 1);
      response.once('close', () => {
        const left = (waits.get(organisation) ?? 1) - 1;
        if (left > 0) waits.set(organisation, left);
        else waits.delete(organisation);
      });
    },
  };
}

/** A refusal for now. @param afterMs milliseconds until it is worth asking again */
export function tooMany(response: ServerResponse, why: string, afterMs = 1_000): Fault {
  response.setHeader('retry-after', String(Math.max(1, Math.ceil(afterMs / 1_000))));
  return new Fault('too-many-requests', why);
}
