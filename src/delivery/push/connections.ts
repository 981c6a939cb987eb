/**
 * The open connections of each address: kept between messages, limited in number, and never older than what the register
 * and our own credential say now.
 */
import type { X509Certificate } from 'node:crypto';
import type { Opened } from './connect.ts';
import { type Line, lineOn } from './exchange.ts';
import type { PushDeps, Target } from './types.ts';

/** A connection to a judged peer. */
export interface Connection {
  readonly opened: Opened;
  readonly line: Line;
  /** Requests that it has carried. */
  used: number;
  /** When its peer was judged, and when it must be judged again (epoch milliseconds). */
  judged: { at: number; until: number };
}

/** The right to use one of the address's connections. Give it back in any case, with the connection if there is one. */
export interface Place {
  /** An idle connection whose peer is still good; undefined: open one. */
  idle(): Connection | undefined;
  /** Takes a freshly opened connection in; undefined (and it is closed) if the address has changed meanwhile. */
  adopt(opened: Opened): Connection | undefined;
  giveBack(connection?: Connection): void;
}

export interface Connections {
  /** Waits for a place; undefined if none came within `wait` milliseconds, on abort, or if the address has changed. */
  place(target: Target, credentialVersion: string, wait: number, signal?: AbortSignal): Promise<Place | undefined>;
  closeAll(): void;
}

interface Agent {
  readonly key: string;
  readonly target: Target;
  readonly idle: Set<Connection>;
  readonly waiting: Set<(got: boolean) => void>;
  taken: number;
  retired: boolean;
}

/** Idle connections kept in all; beyond it the longest idle one is closed. */
const mostIdle = 500;
/** A peer on a kept connection is judged again after this, besides whenever one of its certificates ends. */
const judgementLasts = 60_000;

export function createConnections(deps: Pick<PushDeps, 'judgePeer' | 'now'>): Connections {
  const agents = new Map<number, Agent>();
  /** All idle connections, the longest idle first. */
  const idleOnes = new Map<Connection, Agent>();
  const inUse = new Set<Connection>();
  let closed = false;

  const retire = (agent: Agent) => {
    agent.retired = true;
    for (const connection of agent.idle) drop(agent, connection);
    for (const wake of agent.waiting) wake(false);
  };
  const drop = (agent: Agent, connection: Connection) => {
    agent.idle.delete(connection);
    idleOnes.delete(connection);
    inUse.delete(connection);
    connection.line.destroy();
    forgetIfUnused(agent);
  };
  const forgetIfUnused = (agent: Agent) => {
    if (
      agent.taken === 0 &&
      agent.idle.size === 0 &&
      agent.waiting.size === 0 &&
      agents.get(agent.target.addressId) === agent
    )
      agents.delete(agent.target.addressId);
  };

  const agentFor = (target: Target, credentialVersion: string): Agent => {
    const key = JSON.stringify([target.version, credentialVersion, target.url, target.certificates]);
    const known = agents.get(target.addressId);
    if (known?.key === key) return known;
    // A kept-alive socket must not outlive a withdrawn certificate. What is in flight was judged and ends with its answer.
    if (known) retire(known);
    const agent: Agent = { key, target, idle: new Set(), waiting: new Set(), taken: 0, retired: false };
    agents.set(target.addressId, agent);
    return agent;
  };

  const goodFor = (shown: readonly X509Certificate[], now: number): Connection['judged'] => {
    const ends = shown.map((certificate) => certificate.validToDate.getTime()).filter((end) => end >= now);
    return { at: now, until: Math.min(now + judgementLasts, ...ends) };
  };
  const stillGood = (connection: Connection, target: Target): boolean => {
    const now = deps.now();
    // The clock may also have been set back, to before a certificate's beginning.
    if (now >= connection.judged.at && now < connection.judged.until) return true;
    if (!deps.judgePeer(connection.opened.shown, target, now).ok) return false;
    connection.judged = goodFor(connection.opened.shown, now);
    return true;
  };

  const placeIn = (agent: Agent): Place => {
    let given = false;
    return {
      idle: () => {
        // The youngest first: it is the least likely to be closed by the other side just now.
        for (const connection of [...agent.idle].reverse()) {
          if (agent.retired || !connection.line.isOpen() || !stillGood(connection, agent.target)) {
            drop(agent, connection);
            continue;
          }
          agent.idle.delete(connection);
          idleOnes.delete(connection);
          inUse.add(connection);
          return connection;
        }
        return undefined;
      },
      adopt: (opened) => {
        if (agent.retired || closed) {
          opened.socket.destroy();
          return undefined;
        }
        const line = lineOn(opened.socket, opened.url.origin);
        const connection: Connection = { opened, line, used: 0, judged: goodFor(opened.shown, deps.now()) };
        opened.socket.once('close', () => drop(agent, connection));
        inUse.add(connection);
        return connection;
      },
      giveBack: (connection) => {
        if (given) return;
        given = true;
        agent.taken -= 1;
        if (connection) inUse.delete(connection);
        if (connection && (agent.retired || closed)) connection.line.destroy();
        else if (connection?.line.isOpen()) {
          agent.idle.add(connection);
          idleOnes.set(connection, agent);
          const [oldest] = idleOnes;
          if (idleOnes.size > mostIdle && oldest) drop(oldest[1], oldest[0]);
        }
        const [next] = agent.waiting;
        next?.(true);
        forgetIfUnused(agent);
      },
    };
  };

  return {
    place: async (target, credentialVersion, wait, signal) => {
      if (closed || signal?.aborted) return undefined;
      const agent = agentFor(target, credentialVersion);
      if (agent.taken >= Math.max(1, target.connections)) {
        if (!(await turn(agent, wait, signal))) {
          forgetIfUnused(agent);
          return undefined;
        }
      } else agent.taken += 1;
      return placeIn(agent);
    },
    closeAll: () => {
      closed = true;
      for (const agent of agents.values()) retire(agent);
      for (const connection of inUse) connection.line.giveUp();
    },
  };
}

/** Waits in line for a place, first come first served; true if the place was taken. */
function turn(agent: Agent, wait: number, signal?: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const end = (got: boolean) => {
    if (!agent.waiting.delete(end)) return;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    // Taken here, not by whoever awaits: another could slip in between.
    if (got) agent.taken += 1;
    resolve(got);
  };
  const timer = setTimeout(end, wait, false);
  const onAbort = () => end(false);
  signal?.addEventListener('abort', onAbort, { once: true });
  agent.waiting.add(end);
  return promise;
}
