/** Knows a listener's connections: whose they are, how many are nobody's yet, and how all of them end. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { networkOf } from './network.ts';

export interface Connections {
  /** From now on this connection does not count among the strangers'. */
  known(socket: Socket): void;
  /** Of the certificates shown on what is open now. */
  fingerprints(): readonly string[];
  /** Breaks off every connection on which the certificate was shown, in the middle of whatever it does. @returns how many */
  breakOff(fingerprint: string): number;
}

export interface TrackedConnections extends Connections {
  /** Stops the server: no new connections, running requests may end for at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** SHA-256 of the peer's certificate, lower-case hex; undefined if it showed none. Says nothing about whether to trust it. */
export function peerFingerprint(socket: Socket): string | undefined {
  const { getPeerX509Certificate } = socket as Partial<TLSSocket>;
  return getPeerX509Certificate?.call(socket)?.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** @param mostStrangers connections from one network of which it is not known (yet) whose they are */
export function trackConnections(server: Server, mostStrangers: number): TrackedConnections {
  // Node's own closeIdleConnections() passes over those that shake hands still, or have not asked for anything yet.
  const connections = new Map<string, Socket>();
  const busy = new Map<string, number>();
  const shown = new Map<string, Set<Socket>>();
  const strangers = countStrangers(mostStrangers);
  let closing = false;

  server.on('connection', (socket: Socket) => {
    if (!strangers.admit(socket)) {
      // No word of why: it would have to be said in a handshake, which is what there are too many of.
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    connections.set(name, socket);
    socket.once('close', () => connections.delete(name));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const fingerprint = peerFingerprint(socket);
    if (fingerprint === undefined) return;
    const others = shown.get(fingerprint) ?? new Set();
    shown.set(fingerprint, others.add(socket));
    socket.once('close', () => {
      others.delete(socket);
      if (others.size === 0 && shown.get(fingerprint) === others) shown.delete(fingerprint);
    });
  });
  server.on('request', ({ socket }: IncomingMessage, response) => {
    const name = nameOf(socket);
    busy.set(name, (busy.get(name) ?? 0) + 1);
    response.once('close', () => {
      const left = (busy.get(name) ?? 1) - 1;
      if (left > 0) busy.set(name, left);
      else busy.delete(name);
      // `end`, not `destroy`: the last of the answer may not be on the wire yet.
      if (closing && left === 0) socket.end();
    });
  });

  return {
    known: (socket) => strangers.leave(nameOf(socket)),
    fingerprints: () => [...shown.keys()],
    breakOff: (fingerprint) => {
      const sockets = [...(shown.get(fingerprint) ?? [])];
      for (const socket of sockets) socket.destroy();
      return sockets.length;
    },
    stop: async (graceMs) => {
      closing = true;
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const [name, socket] of connections) if (!busy.has(name)) socket.destroy();
      const grace = setTimeout(() => {
        for (const socket of connections.values()) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(grace);
    },
  };
}

/** Who opens connections and does not say who it is may have so many of them and no more; others' are not touched. */
function countStrangers(most: number) {
  const counts = new Map<string, number>();
  const networks = new Map<string, string>();
  const leave = (name: string): void => {
    const network = networks.get(name);
    if (network === undefined) return;
    networks.delete(name);
    const left = (counts.get(network) ?? 1) - 1;
    if (left > 0) counts.set(network, left);
    else counts.delete(network);
  };
  return {
    leave,
    admit: (socket: Socket): boolean => {
      const network = networkOf(socket.remoteAddress);
      const count = (counts.get(network) ?? 0) + 1;
      if (count > most) return false;
      const name = nameOf(socket);
      counts.set(network, count);
      networks.set(name, network);
      socket.once('close', () => leave(name));
      return true;
    },
  };
}

/** The same for a TCP connection and for the TLS on it. */
const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
