/** What a push is given and what it needs of others. */
import type { X509Certificate } from 'node:crypto';
import type { Outcome, Wire } from '../../domain/outcome.ts';
import type { Log } from '../../platform/log.ts';

/** Where a push goes and whom it may meet there, as the claim read it from the register. */
export interface Target {
  readonly addressId: number;
  readonly url: string;
  /**
   * Names the state of the address and of the certificate register that this target was read from. A push with another
   * version than the last one for the same address closes the connections made for the old one.
   */
  readonly version: string;
  /** Certificates registered for the address. */
  readonly certificates: readonly RegisteredCertificate[];
  /** Most connections at a time. */
  readonly connections: number;
}

export interface RegisteredCertificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  readonly withdrawn: boolean;
}

/** One sealed envelope on its way: the exact bytes and what stands in the request's head. */
export interface Parcel {
  readonly messageId: string;
  readonly bytes: Uint8Array;
  /** Detached JWS over `bytes`, for `x-jws-signature`. */
  readonly signature: string;
  readonly contentType: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly traceparent?: string;
  /** Asked in the last moment before the first byte is written; false: not any more. Left out: it always may. */
  readonly mayBegin?: (() => boolean) | undefined;
}

/** A peer that may be written to, or why not, in one sentence. */
export type Judgement = { readonly ok: true } | { readonly ok: false; readonly detail: string };

/** Our own client key and certificate (PEM); `version` changes when they are replaced. */
export interface Credential {
  readonly version: string;
  readonly key: string;
  readonly certificate: string;
}

/** Times in milliseconds, sizes in bytes; the settings of the same names. */
export interface PushLimits {
  readonly connectTimeout: number;
  readonly pushTimeout: number;
  readonly answerBytes: number;
  readonly answerExcerpt: number;
}

/** One address of a name, as `node:dns` gives it. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** The house's own proxy, which opens tunnels to the outside (HTTP CONNECT). */
export interface EgressProxy {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** It is spoken to over TLS. */
  readonly secure: boolean;
  /** What to show it as `proxy-authorization`. */
  readonly authorization?: string;
  /** PEM of the authorities that may have issued its certificate; left out: the machine's. */
  readonly ca?: string;
}

export interface PushDeps {
  /** The credential to show now. Asked before every push, so it must be cheap. */
  readonly credential: () => Credential;
  /**
   * Is who showed these certificates (its own first) registered for the target, and good at `now` (epoch milliseconds)?
   * Without side effects; it is asked again, about connections that are kept open, when a certificate may have expired.
   */
  readonly judgePeer: (shown: readonly X509Certificate[], target: Target, now: number) => Judgement;
  readonly now: () => number;
  readonly limits: PushLimits;
  /** CIDR ranges that are not public and may be connected to all the same. */
  readonly egressAllow: readonly string[];
  /** Left out: endpoints are connected to directly. No environment variable of other programs is looked at. */
  readonly egressProxy?: EgressProxy | undefined;
  readonly log: Log;
  /** For `user-agent: kuvert/<version>`. */
  readonly version: string;
  /** Resolves a name to all its addresses; left out: the machine's own resolver. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>;
}

/** What a probe came to: `reachable` (let in, the peer is the right one), or what a push would have met. */
export type ProbeOutcome = (Wire & { readonly kind: 'reachable' }) | Exclude<Outcome, { kind: 'delivered' }>;

export interface Pusher {
  /** One try on the wire. Never throws for what an endpoint does; aborting `signal` gives up at once. */
  push(target: Target, parcel: Parcel, signal?: AbortSignal): Promise<Outcome>;
  /** A handshake and nothing more: not one byte of HTTP. */
  probe(target: Target, signal?: AbortSignal): Promise<ProbeOutcome>;
  /** Ends every connection, also those in use. */
  close(): Promise<void>;
}
