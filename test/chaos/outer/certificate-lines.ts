/** The lines of the outer world's files that are about certificates, and those of whoever changes and breaks things around it. */

/** enrolled.jsonl: a supplier's program asks for a certificate in the place of another. */
interface Enrolling {
  readonly org: string;
  /** SHA-256 of the public key that it is for. */
  readonly key: string;
  /** SHA-256 of the certificate that it shows. */
  readonly renews: string;
  /** `another`: for a second key, when it has the certificate for the first; it must be refused. */
  readonly wants: 'this' | 'another';
}

/** enrolled.jsonl: it is about to ask, as often as it takes; written before the first byte. */
export interface AskingLine extends Enrolling {
  readonly event: 'asking';
}

/** enrolled.jsonl: it was given a certificate. `begun`: when it asked. */
export interface IssuedLine extends Enrolling {
  readonly event: 'issued';
  readonly begun: number;
  readonly fingerprint: string;
  /** SHA-256 of the public key in it. */
  readonly holds: string;
}

/** enrolled.jsonl: it was told something else. */
export interface NotIssuedLine extends Enrolling {
  readonly event: 'not-issued';
  readonly begun: number;
  readonly status: number;
  readonly fault: string;
}

/** enrolled.jsonl: no answer came. */
export interface UnansweredLine extends Enrolling {
  readonly event: 'unanswered';
  readonly begun: number;
}

export type EnrolledLine = AskingLine | IssuedLine | NotIssuedLine | UnansweredLine;

/** lists.jsonl: a revocation list as it was handed out. */
export interface ListLine {
  readonly event: 'list';
  readonly url: string;
  /** Upper-case hex. */
  readonly serials: readonly string[];
}

/** connections.jsonl: a connection of a program that fetches is there, or is no more. */
export interface ConnectionLine {
  readonly event: 'connected' | 'ended';
  /** Of this process, from 1. */
  readonly connection: number;
  readonly org: string;
  /** SHA-256 of the certificate that is shown on it. */
  readonly identity: string;
}

/**
 * register.jsonl, written by whoever changes the register in the middle of it all: `registered` before the gateway is told,
 * `withdrawn` after it has confirmed; `confirmed` and `withdrawing` are the other end of each, so that between those two nobody may doubt it.
 * What has no line here is as the register says in the end.
 */
export interface RegisterLine {
  readonly event: 'registered' | 'confirmed' | 'withdrawing' | 'withdrawn';
  readonly org: string;
  readonly fingerprint: string;
}

/** faults.jsonl, written by whoever breaks things: two for each, unless it was left out. */
export interface FaultLine {
  readonly event: 'begins' | 'healed' | 'left out' | 'failed';
  readonly number: number;
  readonly kind: string;
  /** A process of the gateway, a server, a supplier, or `process/peer` for a connection between two. */
  readonly target: string;
}
