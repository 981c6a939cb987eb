/** What the storing transaction decided about a frame. */
import type { CheckedFrame, DeadFrame, WithdrawalFrame } from './frames.ts';
import type { NewMessage } from './messages.ts';

/** What is decided about one frame of the batch, in the order of the batch. */
export type Decision =
  | { readonly kind: 'again' }
  | { readonly kind: 'message'; readonly frame: CheckedFrame; readonly message: NewMessage }
  | { readonly kind: 'duplicate'; readonly frame: CheckedFrame; readonly messageId: string }
  | {
      readonly kind: 'dead-letter';
      readonly frame: DeadFrame;
      readonly deadLetterId: string;
      /** The message that has the number already. */
      readonly firstId: string | undefined;
    };

/** A withdrawal that was heard: its message is cancelled, by it or before. */
export interface Withdrawn {
  readonly kind: 'withdrawal';
  readonly frame: WithdrawalFrame;
  readonly messageId: string;
}
