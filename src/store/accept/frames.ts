/** Types of what intake hands to the store. */
import type { Fault, Finding } from '../../domain/fault.ts';
import type { DocumentKey, Environment, MessageType } from '../../domain/message.ts';
import type { OrganisationNumber } from '../../domain/organisation-number.ts';

/** What the ledger keeps of any frame, and its names for the answer. */
export interface LedgerFrame {
  /** The broker's own id of the frame; the same when it brings the frame again. */
  readonly brokerMessageId: string | undefined;
  /** SHA-256 of the body, 32 bytes. */
  readonly bodySha256: Uint8Array;
  readonly kaMessageId: string | undefined;
  readonly correlationId: string | undefined;
}

/** A frame that was read and checked: it will be a message, a duplicate, or a number already taken. */
export interface CheckedFrame extends LedgerFrame {
  readonly kind: 'document';
  readonly key: DocumentKey;
  readonly environment: Environment;
  readonly format: string;
  readonly mediaType: string;
  readonly dataSchema: string;
  readonly document: Uint8Array;
  /** RFC 3339, UTC, the producer's fraction digits kept. */
  readonly eventTime: string;
  readonly currency: string | undefined;
  readonly total: string | undefined;
  /** Breaches that were noted, not rejected. */
  readonly findings?: readonly Finding[];
  readonly traceparent: string | undefined;
  /** For the dead letter, if the number turns out to be taken. */
  readonly isText: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** A frame that cannot become a message. */
export interface DeadFrame extends LedgerFrame {
  readonly kind: 'dead-letter';
  readonly fault: Fault;
  readonly body: Uint8Array;
  readonly isText: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly messageType: string | undefined;
  readonly documentNumber: string | undefined;
  readonly recipient: string | undefined;
}

export type TakenFrame = CheckedFrame | DeadFrame;

/** A frame by which KA takes back what it sent before. */
export interface WithdrawalFrame extends LedgerFrame {
  readonly kind: 'withdrawal';
  /** This message; without it, the newest version of the document that the other three name. What is said must agree. */
  readonly messageId: string | undefined;
  readonly messageType: MessageType | undefined;
  readonly recipient: OrganisationNumber | undefined;
  readonly documentNumber: string | undefined;
  /** In KA's words, for the audit. */
  readonly reason: string | undefined;
  /** For the dead letter, if nothing can be withdrawn. */
  readonly body: Uint8Array;
  readonly isText: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** What became of a frame, in the order given. `again`: the broker brought a frame that is in the ledger already. */
export type Verdict =
  | {
      readonly kind: 'accepted';
      readonly messageId: string;
      readonly sequence: number;
      readonly state: 'waiting' | 'held';
    }
  | { readonly kind: 'duplicate'; readonly messageId: string }
  | { readonly kind: 'withdrawn'; readonly messageId: string }
  | { readonly kind: 'rejected'; readonly deadLetterId: string; readonly code: string }
  | { readonly kind: 'again' };

export interface Accepted {
  readonly verdicts: readonly Verdict[];
  /** Lanes whose wake_at this transaction moved earlier: wake them, now. */
  readonly wake: readonly number[];
  /** Lanes that something was put in: whoever waits for it to fetch it is told. */
  readonly filled: readonly number[];
}
