/** What an order for many messages may mean: the rules that forms and scripts have in common. Pure. */
import type { DeliveryState } from '../../domain/delivery.ts';
import type { Selection } from '../../store/messages-selected.ts';
import { type ManyAction, statesFor } from '../many-messages.ts';

export interface WantedJob {
  readonly action: ManyAction;
  readonly recipient: string;
  /** Left out: the first of those that the action can begin with. */
  readonly state: string | undefined;
  readonly messageType: Selection['messageType'];
  readonly fromSequence: number | undefined;
  readonly toSequence: number | undefined;
  readonly since: Date | undefined;
}

export type JobMistake = 'state' | 'order' | 'since' | 'all';

/** @returns what is to be selected, or what is not right */
export function selectionOf(wanted: WantedJob, now: Date): Omit<Selection, 'notYet'> | JobMistake {
  const { action, recipient, messageType, fromSequence, toSequence, since } = wanted;
  const [first, ...others]: readonly DeliveryState[] = statesFor[action];
  const state = wanted.state === undefined ? first : [first, ...others].find((one) => one === wanted.state);
  if (state === undefined) return 'state';
  if (fromSequence !== undefined && toSequence !== undefined && fromSequence > toSequence) return 'order';
  if (since !== undefined && since > now) return 'since';
  // Everything that was ever delivered is hardly ever meant.
  if (action === 'resend' && fromSequence === undefined && toSequence === undefined && since === undefined)
    return 'all';
  return { recipient, state, messageType, fromSequence, toSequence, since };
}
