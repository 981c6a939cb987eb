/** A claim looks at the evidence and says where it does not hold. */
import type { Evidence } from '../evidence.ts';

export interface Breach {
  /** One sentence. */
  readonly what: string;
  /** The message, dead letter or answer that it is about. */
  readonly id?: string | undefined;
  /** The frame's `kaMessageId`. */
  readonly ka?: string | undefined;
  /** `type|org|number`. */
  readonly key?: string | undefined;
}

export type Claim = (evidence: Evidence) => Breach[];
