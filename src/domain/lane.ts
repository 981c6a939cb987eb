/** The states of a lane: every state × every event, in one table. */

export const laneStates = ['flowing', 'backing-off', 'held', 'paused'] as const;
export type LaneState = (typeof laneStates)[number];

export const laneEvents = [
  /** A try was answered as delivered, or the probed endpoint showed the right certificate. */
  'success',
  /** The endpoint failed, or too many messages in a row did. */
  'endpoint-failure',
  /** The lane's own schedule is spent. */
  'spent',
  /** The endpoint does not let us in, or is not who it must be, or refuses everything. */
  'turned-away',
  /** An operator lets it flow again. */
  'release',
  /** An operator stops it, and starts it again. */
  'pause',
  'resume',
] as const;
export type LaneEvent = (typeof laneEvents)[number];

type Next = LaneState | 'same' | 'conflict';

const table: Readonly<Record<LaneState, Readonly<Record<LaneEvent, Next>>>> = {
  flowing: {
    success: 'same',
    'endpoint-failure': 'backing-off',
    spent: 'held',
    'turned-away': 'held',
    release: 'same',
    pause: 'paused',
    resume: 'same',
  },
  'backing-off': {
    success: 'flowing',
    'endpoint-failure': 'same',
    spent: 'held',
    'turned-away': 'held',
    release: 'flowing',
    pause: 'paused',
    resume: 'same',
  },
  held: {
    success: 'flowing', // a probe got through
    'endpoint-failure': 'same',
    spent: 'same',
    'turned-away': 'same',
    release: 'flowing',
    pause: 'paused',
    resume: 'conflict',
  },
  paused: {
    success: 'same', // what was in flight when it was paused
    'endpoint-failure': 'same',
    spent: 'same',
    'turned-away': 'same',
    release: 'conflict',
    pause: 'same',
    resume: 'flowing',
  },
};

/** The state after the event; `same` when nothing changes; `conflict` when that cannot be done in this state. */
export function nextLaneState(state: LaneState, event: LaneEvent): Next {
  return table[state][event];
}
