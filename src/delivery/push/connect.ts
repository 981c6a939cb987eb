/**
 * Opens one connection to an endpoint: name, address, TCP, TLS, and the judgement of who answered. What comes out may be
 * written to; whatever fails on the way has cost the other side not one byte of a message.
 */
import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Wire } from '../../domain/outcome.ts';
import { fingerprintOf } from '../../pki/certificate.ts';
import { peerChain } from '../../pki/peer-chain.ts';
import { errorText } from '../../platform/log.ts';
import type { Meaning } from './classify.ts';
import { dial, unusable, type Way } from './dial.ts';
import { type EgressVerdict, readEndpointUrl } from './egress.ts';
import type { Resolve } from './resolve.ts';
import { connectTimedOut, connectTrouble, proxyTrouble, type Stage } from './trouble.ts';
import { endOf, openTunnel, type Tunnel } from './tunnel.ts';
import type { EgressProxy, PushDeps, ResolvedAddress, Target } from './types.ts';

/** An attempt that came to nothing, without the wire's particulars. */
export type Failure = Exclude<Meaning, { kind: 'delivered' }> | { readonly kind: 'not-sent'; readonly detail: string };

type Seen = Omit<Wire, 'totalMs'>;

/** An open TLS connection whose peer was judged good. */
export interface Opened {
  readonly ok: true;
  readonly socket: TLSSocket;
  readonly url: URL;
  /** What the peer showed, its own certificate first. */
  readonly shown: readonly X509Certificate[];
  readonly fingerprint: string;
  readonly wire: Seen;
  /** The first error that the socket reported, ever; kept because a TLS alert shows only here. */
  readonly socketError: () => unknown;
}
export type Opening = Opened | { readonly ok: false; readonly failure: Failure; readonly wire: Seen };

export interface OpenDeps extends Pick<PushDeps, 'judgePeer' | 'now' | 'limits' | 'egressProxy'> {
  readonly resolve: Resolve;
  readonly egress: (address: string) => EgressVerdict;
}

/** Addresses of one name that are tried, at most. */
const addressesTried = 4;

/**
 * Opens a connection to `target` within the connect timeout; aborting `signal` gives up at once. `started` is the
 * beginning of the attempt on the monotonic clock, which the times in `wire` count from.
 */
export async function openConnection(
  deps: OpenDeps,
  target: Target,
  context: SecureContext,
  started: number,
  signal?: AbortSignal,
): Promise<Opening> {
  const wire: { -readonly [K in keyof Seen]: Seen[K] } = {};
  const failed = (failure: Failure): Opening => ({ ok: false, failure, wire });
  const notAllowed = (detail: string) => failed({ kind: 'turned-away', fault: 'url-not-allowed', detail });

  // 1. The URL, with every way of writing an IP address undone.
  const read = readEndpointUrl(target.url);
  if (!read.ok) return notAllowed(read.why);
  const { url, host, port } = read;

  const clock = giveUpAfter(deps.limits.connectTimeout, signal);
  let stage: Stage = 'name';
  let socket: TLSSocket | undefined;
  const proxy = deps.egressProxy;
  const tunnelling = new AbortController();
  const gaveUp = clock.gone.then((why): Opening => {
    tunnelling.abort();
    socket?.destroy();
    return failed(
      why === 'timeout'
        ? connectTimedOut(stage, deps.limits.connectTimeout)
        : { kind: 'not-sent', detail: 'given up before anything was sent' },
    );
  });

  const open = async (): Promise<Opening> => {
    // 2. The name, resolved once: the very addresses that are judged are the ones connected to (no DNS rebinding).
    const literal = isIP(host);
    let addresses: readonly ResolvedAddress[];
    try {
      addresses = literal ? [{ address: host, family: literal }] : await deps.resolve(host);
    } catch (error) {
      return failed(connectTrouble('name', error));
    }
    if (addresses.length === 0) return failed(connectTrouble('name', new Error('the name has no address')));

    // 3. Where we may go. A forbidden address is never tried; with no other left, that is the answer.
    const judged = addresses.map(({ address, family }) => ({ address, family, verdict: deps.egress(address) }));
    const allowed = judged.filter(({ verdict }) => verdict.ok).slice(0, addressesTried);
    if (allowed.length === 0) {
      const reasons = judged.map(({ address, verdict }) => (verdict.ok ? address : `${address} is ${verdict.why}`));
      return notAllowed(`${host} may not be connected to: ${reasons.slice(0, addressesTried).join('; ')}`);
    }
    if (clock.isOver()) return gaveUp;

    // 4. TCP, or a tunnel to one of these very addresses; and TLS.
    let way: Way = { port, addresses: allowed, timeout: deps.limits.connectTimeout };
    stage = 'tcp';
    if (proxy) {
      stage = 'proxy';
      const { tunnel, to } = await tunnelTo(deps.resolve, proxy, allowed, port, tunnelling.signal);
      if (clock.isOver()) return gaveUp;
      if (!tunnel.ok) return failed(proxyTrouble(tunnel.detail));
      stage = 'tls';
      way = { tunnel: tunnel.socket };
      wire.connectMs = sinceMs(started);
      Object.assign(wire, ends(tunnel.socket));
      wire.remoteAddress = `${endOf(to, port)} via ${wire.remoteAddress ?? 'the egress proxy'}`;
    }
    const dialled = dial(host, way, context);
    if (!dialled.ok) return failed(connectTrouble('tls', dialled.error));
    const { socket: tls, socketError } = dialled;
    socket = tls;
    tls.once('connect', () => {
      stage = 'tls';
      wire.connectMs = sinceMs(started);
      Object.assign(wire, ends(tls));
    });
    const { error } = await dialled.done;
    if (clock.isOver()) return gaveUp;
    if (error !== undefined) {
      tls.destroy();
      return failed(connectTrouble(stage, error));
    }
    wire.tlsMs = sinceMs(started);
    wire.tlsVersion = tls.getProtocol() ?? 'unknown';
    wire.cipher = tls.getCipher().standardName;
    const refuse = (failure: Failure): Opening => {
      tls.destroy();
      return failed(failure);
    };
    const wrong = unusable(tls, deps.egress, proxy !== undefined);
    if (wrong !== undefined) return refuse({ kind: 'endpoint-failed', fault: 'endpoint-tls', detail: wrong });

    // 5. Who it is. Only after this may anything be written.
    const wrongPeer = (detail: string) => refuse({ kind: 'turned-away', fault: 'endpoint-certificate', detail });
    const peer = judgeShown(tls, target, deps);
    if (peer.fingerprint !== undefined) wire.peerFingerprint = peer.fingerprint;
    if (!peer.ok) return wrongPeer(peer.detail);
    const { shown, fingerprint } = peer;
    return { ok: true, socket: tls, url, shown, fingerprint, wire, socketError };
  };

  try {
    return await Promise.race([open(), gaveUp]);
  } finally {
    clock.stop();
  }
}

/** A tunnel to the first of these addresses that the proxy reaches. */
async function tunnelTo(
  resolve: Resolve,
  proxy: EgressProxy,
  addresses: readonly ResolvedAddress[],
  port: number,
  signal: AbortSignal,
): Promise<{ tunnel: Tunnel; to: string }> {
  let last: { tunnel: Tunnel; to: string } | undefined;
  for (const one of addresses) {
    last = { tunnel: await openTunnel(resolve, proxy, one, port, signal), to: one.address };
    if (last.tunnel.ok || !last.tunnel.next || signal.aborted) break;
  }
  return last ?? { tunnel: { ok: false, detail: 'no address to ask the egress proxy for', next: false }, to: '' };
}

/** Milliseconds since `started` on the monotonic clock, to a tenth. */
export function sinceMs(started: number): number {
  return Math.round((performance.now() - started) * 10) / 10;
}

/** A clock for one opening: `gone` resolves when time is up or `signal` is aborted, and never after `stop`. */
function giveUpAfter(milliseconds: number, signal?: AbortSignal) {
  const { promise: gone, resolve } = Promise.withResolvers<'timeout' | 'aborted'>();
  let over = false;
  const end = (why: 'timeout' | 'aborted') => {
    over = true;
    resolve(why);
  };
  const onAbort = () => end('aborted');
  const timer = setTimeout(end, milliseconds, 'timeout');
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const stop = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  return { gone, isOver: () => over, stop };
}

type Peer = { readonly fingerprint?: string } & (
  | { readonly ok: true; readonly fingerprint: string; readonly shown: readonly X509Certificate[] }
  | { readonly ok: false; readonly detail: string }
);

/** Judges what the peer showed. A certificate so strange that reading it throws is no good one. */
function judgeShown(socket: TLSSocket, target: Target, deps: Pick<PushDeps, 'judgePeer' | 'now'>): Peer {
  let fingerprint: string | undefined;
  const refuse = (detail: string): Peer => ({
    ok: false,
    detail,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  });
  try {
    const shown = peerChain(socket);
    const [own] = shown;
    if (!own) return refuse('the endpoint showed no certificate');
    fingerprint = fingerprintOf(own);
    const judgement = deps.judgePeer(shown, target, deps.now());
    return judgement.ok ? { ok: true, fingerprint, shown } : refuse(judgement.detail);
  } catch (error) {
    return refuse(`the certificate that the endpoint showed could not be judged: ${errorText(error)}`);
  }
}

function ends(socket: Socket): Pick<Seen, 'localAddress' | 'remoteAddress'> {
  const end = (address: string | undefined, port: number | undefined) =>
    address === undefined || port === undefined ? undefined : endOf(address, port);
  const [local, remote] = [end(socket.localAddress, socket.localPort), end(socket.remoteAddress, socket.remotePort)];
  return {
    ...(local === undefined ? {} : { localAddress: local }),
    ...(remote === undefined ? {} : { remoteAddress: remote }),
  };
}
