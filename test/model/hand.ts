/** A hand: one worker's drain of one lane, which goes a step only when it is told to. */
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Hold } from '../../src/store/lane/take.ts';
import type { OutcomeName } from './outcomes.ts';

/** Before each of these a hand stands still. */
export type Place =
  | 'take'
  | 'due'
  | 'claim'
  | 'push'
  | 'probe'
  | 'record'
  | 'rest'
  | 'leave'
  /** The drain is over, the job is not asleep yet. */
  | 'arm'
  /** Asleep, not looked again. */
  | 'look'
  /** Looked; what was seen is not acted on. */
  | 'looked';

/** What goes wrong with the next thing that is asked of the store. */
export interface Trouble {
  /** Before anything is done, or after the commit, so that only the answer is lost. */
  readonly when: 'before' | 'after';
  /** The server's (tried again where that is done), or a defect (never). */
  readonly whose: 'server' | 'ours';
}

export interface TryOnWire {
  readonly delivery: number;
  readonly attempt: number;
  readonly answer: (outcome: Outcome) => void;
  readonly breaks: (error: Error) => void;
}

export interface Hand {
  readonly number: number;
  readonly process: number;
  readonly lane: number;
  /** Where it stands; undefined: on its way to the next place. */
  at: Place | undefined;
  /** Its job is active in the queue; else it is asleep, or the queue knows nothing of it any more. */
  job: 'active' | 'gone';
  /** Between the drain and the end of the ring: which call of the queue's comes next. */
  phase: 'draining' | 'arming' | 'armed' | 'acting';
  hold: Hold | undefined;
  /** On the wire. */
  tries: TryOnWire[];
  /** What the next answers are. */
  plan: readonly OutcomeName[];
  trouble: Trouble | undefined;
  /** Principals whose messages it is moving, beside where it stands. */
  following: number;
  /** Milliseconds on its own clock. */
  clock: number;
  /** Never goes on. */
  dead: boolean;
  ended: boolean;
  /** Leaves the place where it stands. */
  open: () => void;
}

export function newHand(number: number, process: number, lane: number, job: Hand['job']): Hand {
  return {
    number,
    process,
    lane,
    at: undefined,
    job,
    phase: 'draining',
    hold: undefined,
    tries: [],
    plan: ['delivered'],
    trouble: undefined,
    following: 0,
    clock: 0,
    dead: false,
    ended: false,
    open: () => undefined,
  };
}

/** The trouble as what the store would throw. */
export function troubleError({ whose }: Trouble): Error {
  const error = new Error(`trouble that the model makes (${whose})`);
  return whose === 'server' ? Object.assign(error, { code: '57P01' }) : error;
}
