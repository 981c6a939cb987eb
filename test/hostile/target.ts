/** What hostile input is sent against, and what one run of it came to. */
import type { Arbitrary } from 'fast-check';

/** Something of ours that strangers can reach. */
export interface Target {
  readonly name: string;
  /** What is sent, and to what. */
  readonly about: string;
  /** How many of a hundred inputs it gets. */
  readonly share: number;
  /** Milliseconds after which one input counts as a hang. */
  readonly limit: number;
  open(): Promise<Opened>;
}

export interface Opened {
  readonly inputs: Arbitrary<unknown>;
  /** Sends one input and judges the answer: returns in a few words what it got, throws when a claim is broken. */
  meet(input: unknown): string | Promise<string>;
  close(): Promise<void> | void;
}

/** Ties the type of the inputs to what meets them. */
export function opened<T>(parts: {
  readonly inputs: Arbitrary<T>;
  meet(input: T): string | Promise<string>;
  close?(): Promise<void> | void;
}): Opened {
  return {
    inputs: parts.inputs,
    meet: (input) => parts.meet(input as T),
    close: () => parts.close?.(),
  };
}

/** Bytes in use after a forced collection. */
export interface Heap {
  readonly heap: number;
  /** Buffers, outside the heap. */
  readonly outside: number;
}

export interface Report {
  readonly target: string;
  readonly inputs: number;
  readonly seed: number;
  readonly seconds: number;
  /** What the inputs got → how many of them. */
  readonly got: Readonly<Record<string, number>>;
  /** The longest that one input took, in milliseconds. */
  readonly slowest: number;
  /** After each tenth. */
  readonly heaps: readonly Heap[];
  readonly failure?: Failure;
}

/** A claim that was broken. */
export interface Failure {
  readonly kind: 'claim' | 'crash' | 'hang' | 'memory';
  readonly what: string;
  /** The smallest input that shows it, or the last one that was sent. */
  readonly input?: string;
}

/** What the process that runs one target tells the one that started it. */
export type Telling =
  | { readonly kind: 'alive'; readonly target: string; readonly done: number }
  | { readonly kind: 'report'; readonly report: Report };

/** Of a target that did not come to its end. */
export const noReport = (target: string, inputs: number, seed: number, failure: Failure): Report => ({
  target,
  inputs,
  seed,
  seconds: 0,
  got: {},
  slowest: 0,
  heaps: [],
  failure,
});
