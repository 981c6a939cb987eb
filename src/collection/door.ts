/** The suppliers' door: each request is let in by the register as it is now, and put out when the register changes. */
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { peerChain } from '../pki/peer-chain.ts';
import type { AppOptions } from '../platform/http/app.ts';
import { type Connections, peerFingerprint } from '../platform/http/connections.ts';
import { networkOf } from '../platform/http/network.ts';
import { errorText, type Log } from '../platform/log.ts';
import type { RegisteredCaller } from '../store/collect/callers.ts';
import { type Caller, type CallerOf, judgeCaller } from './caller.ts';
import type { Limits } from './limits.ts';

export interface DoorParts {
  readonly log: Log;
  now(): Date;
  /** Who may have issued suppliers' certificates. */
  authorities(): readonly X509Certificate[];
  /** What the register has, by fingerprint. */
  find(fingerprints: readonly string[]): Promise<ReadonlyMap<string, RegisteredCaller>>;
  readonly limits: Limits;
  /** Of the listener, which is there when the first request comes. */
  connections(): Connections;
}

export interface Door {
  /** For `createApp`: lets a request in or throws why not. */
  readonly enter: NonNullable<AppOptions['enter']>;
  /** As the register is now, also in the middle of a request. */
  readonly callerOf: CallerOf;
  /**
   * Something was taken from this certificate, or (empty text) anything may have been from any: what is open is looked up again
   * and broken off if it may not go on, or if that cannot be told.
   */
  registerChanged(fingerprint: string): Promise<void>;
}

export function createDoor(parts: DoorParts): Door {
  const { log, limits, find, connections } = parts;
  /** Of a request that has just been let in; who asks later, after a wait, is told anew. */
  const callers = new WeakMap<IncomingMessage, Caller>();
  /** Whose certificate it was when it was last let in: says who pays for a request, and nothing about whether it may. */
  const organisations = new Map<string, string>();
  /** What is under way now, by fingerprint. */
  const inside = new Map<string, Set<Caller>>();
  let changes = 0;
  /** What the register said before a change that has been heard of meanwhile counts no more. */
  const findNow = async (fingerprint: string): Promise<RegisteredCaller | undefined> => {
    for (;;) {
      const before = changes;
      const found = await find([fingerprint]);
      if (before === changes) return found.get(fingerprint);
    }
  };

  const judge = async (socket: TLSSocket, fingerprint: string | undefined): Promise<Caller> => {
    const registered = fingerprint === undefined ? undefined : await findNow(fingerprint);
    return judgeCaller(proofOf(socket), registered, { authorities: parts.authorities(), now: parts.now() });
  };

  return {
    enter: async (request, response, route) => {
      const socket = request.socket as TLSSocket;
      const fingerprint = peerFingerprint(socket);
      // 1. Somebody's account, before the store is asked: a stranger's is that of where it comes from.
      const organisation = fingerprint === undefined ? undefined : organisations.get(fingerprint);
      limits.request(organisation ?? networkOf(socket.remoteAddress), response);
      if (route.certificate === 'not-asked') return;
      // 2. Who is it, by the register?
      const caller = await judge(socket, fingerprint).catch((refusal: unknown) => {
        if (fingerprint !== undefined) organisations.delete(fingerprint);
        throw refusal;
      });
      // Gone, or put out, meanwhile: it would be counted for ever.
      if (socket.destroyed) return;
      // 3. Does the organisation have room?
      if (organisation === undefined) limits.request(caller.organisationNumber, response);
      limits.connection(caller.organisationNumber, socket, response);
      connections().known(socket);
      organisations.set(caller.fingerprint, caller.organisationNumber);
      if (Number(request.query['wait']) > 0) limits.wait(caller.organisationNumber, response);
      // 4. In.
      callers.set(request, caller);
      stay(inside, caller, response);
    },
    callerOf: async (request) => {
      const caller = callers.get(request);
      callers.delete(request);
      const socket = request.socket as TLSSocket;
      return caller ?? judge(socket, peerFingerprint(socket));
    },
    registerChanged: async (fingerprint) => {
      changes += 1;
      const open = fingerprint === '' ? connections().fingerprints() : [fingerprint];
      if (open.length === 0) return;
      const found = await Promise.race([find(open), notTold()]).catch((error: unknown) => {
        log.warn('the register cannot be asked who may go on', { error: errorText(error) });
        return new Map<string, RegisteredCaller>();
      });
      for (const one of open) {
        if (mayGoOn(found.get(one), inside.get(one))) continue;
        organisations.delete(one);
        const broken = connections().breakOff(one);
        if (broken > 0) log.info('connections broken off by the register', { fingerprint: one, connections: broken });
      }
    },
  };
}

/** Milliseconds. A pool that has no connection free must not keep what was withdrawn open. */
const mostAsking = 700;

async function notTold(): Promise<never> {
  await sleep(mostAsking, undefined, { ref: false });
  throw new Error('the register did not say in time');
}

/** Everything that is under way must still be allowed: also what was let in before the certificate left one address of two. */
function mayGoOn(registered: RegisteredCaller | undefined, inside: ReadonlySet<Caller> = new Set()): boolean {
  if (registered === undefined || registered.withdrawnAt !== undefined || registered.addresses.length === 0)
    return false;
  return [...inside].every(({ addresses }) => addresses.every((id) => registered.addresses.includes(id)));
}

function stay(inside: Map<string, Set<Caller>>, caller: Caller, response: ServerResponse): void {
  const { fingerprint } = caller;
  const others = inside.get(fingerprint) ?? new Set();
  inside.set(fingerprint, others.add(caller));
  response.once('close', () => {
    others.delete(caller);
    if (others.size === 0 && inside.get(fingerprint) === others) inside.delete(fingerprint);
  });
}

interface Proof {
  readonly shown: readonly X509Certificate[];
  readonly pathProven: boolean;
}
const proofs = new WeakMap<TLSSocket, Proof>();

/** Given once, in the handshake: nothing is resumed or renegotiated at our listener. On a resumed session `authorized` would mean nothing. */
function proofOf(socket: TLSSocket): Proof {
  const known = proofs.get(socket);
  if (known !== undefined) return known;
  const proof = { shown: peerChain(socket), pathProven: socket.authorized && !socket.isSessionReused() };
  proofs.set(socket, proof);
  return proof;
}
