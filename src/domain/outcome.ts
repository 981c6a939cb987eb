/** What one try on the wire came to. A value: whatever an endpoint does, a push returns one of these. */
import type { FaultCode } from './fault.ts';

/** What was seen on the wire, for the record of the attempt. Times in milliseconds from the start of the attempt. */
export interface Wire {
  readonly status?: number;
  /** The beginning of the answer's body, as text, capped. */
  readonly excerpt?: string;
  readonly tlsVersion?: string;
  readonly cipher?: string;
  /** SHA-256 of the certificate that the peer showed, lower-case hex. */
  readonly peerFingerprint?: string;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly firstByteMs?: number;
  readonly totalMs: number;
  readonly localAddress?: string;
  readonly remoteAddress?: string;
}

/**
 * - delivered: the supplier has it.
 * - endpoint-failed: nobody there, or busy; the lane backs off at once.
 * - message-failed: the endpoint fails on this one message; it waits for its own next try.
 * - refused: the supplier will not have this message.
 * - turned-away: the endpoint does not let us in, or is not who it must be; the lane is held.
 * - unsendable: the message cannot be put on the wire as it is; it is held, the lane goes on.
 * - not-sent: nothing was begun (our own stop, a lease that runs out); not an attempt.
 */
export type Outcome = Wire &
  (
    | { readonly kind: 'delivered' }
    | {
        readonly kind: 'endpoint-failed';
        readonly fault: FaultCode;
        readonly detail: string;
        /** What `Retry-After` asked for, in milliseconds, unclamped. */
        readonly retryAfterMs?: number;
      }
    | { readonly kind: 'message-failed'; readonly fault: FaultCode; readonly detail: string }
    | { readonly kind: 'refused'; readonly fault: FaultCode; readonly detail: string }
    | { readonly kind: 'unsendable'; readonly fault: FaultCode; readonly detail: string }
    | { readonly kind: 'turned-away'; readonly fault: FaultCode; readonly detail: string }
    | { readonly kind: 'not-sent'; readonly detail: string }
  );

export type OutcomeKind = Outcome['kind'];
