/** The states of a delivery: every state × every event, in one table. */

export const deliveryStates = ['waiting', 'sending', 'delivered', 'refused', 'held', 'cancelled'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export const deliveryEvents = [
  /** A worker takes it for a try; the attempt is counted. */
  'claim',
  /** The try was answered 2xx, or “already received”. */
  'pushed',
  /** The supplier's receipt for it came in. */
  'receipt',
  /** The try failed and another one is planned. */
  'retry',
  /** The try never began. */
  'put-back',
  /** The supplier refused it. */
  'refuse',
  /** It waits for a person: schedule spent, no address, an operator. */
  'hold',
  /** An operator, or a new address, sets it on its way again. */
  'release',
  /** The worker's lease ran out before anything was recorded. */
  'lapse',
  /** Refusals in a row turned out to be the supplier's mistake. */
  'unrefuse',
  /** An operator, or KA, withdraws it. */
  'cancel',
] as const;
export type DeliveryEvent = (typeof deliveryEvents)[number];

/** same: nothing changes and nobody is told off · conflict: 409, with the state named. */
type Next = DeliveryState | 'same' | 'conflict';

const table: Readonly<Record<DeliveryState, Readonly<Record<DeliveryEvent, Next>>>> = {
  waiting: {
    claim: 'sending',
    pushed: 'delivered', // a try whose lease had lapsed came back with 2xx
    receipt: 'delivered',
    retry: 'same',
    'put-back': 'same',
    refuse: 'same', // only the newest try may refuse
    hold: 'held',
    release: 'same',
    lapse: 'same',
    unrefuse: 'same',
    cancel: 'cancelled',
  },
  sending: {
    claim: 'conflict',
    pushed: 'delivered',
    receipt: 'delivered',
    retry: 'waiting',
    'put-back': 'waiting',
    refuse: 'refused',
    hold: 'held', // by its own spent schedule; an operator's hold waits until the try is over
    release: 'same',
    lapse: 'waiting',
    unrefuse: 'same',
    cancel: 'conflict', // bytes may be on the wire; try again when the attempt is over
  },
  delivered: {
    claim: 'conflict',
    pushed: 'same',
    receipt: 'same',
    retry: 'same',
    'put-back': 'same',
    refuse: 'same',
    hold: 'conflict',
    release: 'conflict',
    lapse: 'same',
    unrefuse: 'same',
    cancel: 'conflict',
  },
  refused: {
    claim: 'conflict',
    pushed: 'delivered',
    receipt: 'delivered',
    retry: 'same',
    'put-back': 'same',
    refuse: 'same',
    hold: 'held',
    release: 'waiting',
    lapse: 'same',
    unrefuse: 'waiting',
    cancel: 'cancelled',
  },
  held: {
    claim: 'conflict',
    pushed: 'delivered',
    receipt: 'delivered',
    retry: 'same',
    'put-back': 'same',
    refuse: 'same',
    hold: 'same',
    release: 'waiting',
    lapse: 'same',
    unrefuse: 'same',
    cancel: 'cancelled',
  },
  cancelled: {
    claim: 'conflict',
    pushed: 'delivered', // the supplier has it: that is the truth, whatever was wished
    receipt: 'conflict',
    retry: 'same',
    'put-back': 'same',
    refuse: 'same',
    hold: 'conflict',
    release: 'conflict',
    lapse: 'same',
    unrefuse: 'same',
    cancel: 'same',
  },
};

/** The state after the event; `same` when nothing changes; `conflict` when that cannot be done in this state. */
export function nextDeliveryState(state: DeliveryState, event: DeliveryEvent): Next {
  return table[state][event];
}

/** The states in which `event` leads to `to`: for the `where` of an update. */
export function statesBefore(event: DeliveryEvent, to: DeliveryState): readonly DeliveryState[] {
  return deliveryStates.filter((state) => table[state][event] === to);
}
