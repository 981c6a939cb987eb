/** The lines of the outer world's files. */
import type { MessageType } from './world.ts';

/** produced.jsonl: one frame that KA puts on the queue. The same frame may be tried several times. */
export interface IntentLine {
  readonly event: 'intent';
  readonly kind: 'document' | 'withdrawal';
  /** `kaMessageId` of the frame: its name in every answer. */
  readonly ka: string;
  /** `type|org|number`, as the document says. Of a broken document: as it would have said. */
  readonly key: string;
  readonly type: MessageType;
  readonly org: string;
  readonly number: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  /** What the contract makes of it, unless another document has its number. */
  readonly expects: 'message' | 'dead-letter' | 'withdrawal';
  /** What is wrong with it. */
  readonly broken?: string;
  readonly doubled?: true;
  readonly reordered?: true;
  readonly unknown?: true;
  readonly reused?: true;
}

/** The broker's receipt has come: it is on the queue. An intent without this may or may not be. */
export interface SentLine {
  readonly event: 'sent';
  readonly ka: string;
}

/** The connection was lost before the receipt. */
export interface UnsureLine {
  readonly event: 'unsure';
  readonly ka: string;
  readonly why: string;
}

export type ProducedLine = IntentLine | SentLine | UnsureLine;

/** What the supplier did with a request: the status that it answered, or what it did instead. */
export type Did = number | 'reset' | 'hang';

/** What is in an envelope that could be read. */
export interface EnvelopeClaims {
  readonly id: string;
  readonly recipient: string;
  readonly sender: string | undefined;
  readonly environment: string;
  readonly sequence: number;
  readonly type: string;
  readonly number: string;
}

/** received.jsonl, first line of a request: written before anything is answered. */
export interface ReceivedLine {
  readonly event: 'received';
  /** Of this process, from 1. */
  readonly request: number;
  /** The listener's owner and lane. */
  readonly org: string;
  readonly lane: string;
  /** The header `idempotency-key`; of a whole request it must be the id in the envelope. */
  readonly id: string;
  /** The header `kuvert-attempt`. */
  readonly attempt: number;
  readonly whole: boolean;
  readonly bodySha256?: string;
  readonly documentSha256?: string;
  /** `valid`, or why not. */
  readonly signature?: string;
  readonly claims?: EnvelopeClaims;
  /** SHA-256 of the certificate that this listener showed on this connection. */
  readonly identity: string;
  /** SHA-256 of the client certificate that it was shown. */
  readonly client: string;
  readonly connection: number;
  /** Which request of its connection, from 1. */
  readonly nth: number;
  /** The supplier has it now, whatever it says. */
  readonly kept: boolean;
  readonly answers: Did;
  /** What it answers says by the contract that it has the message. */
  readonly receipt: boolean;
}

/** received.jsonl, second line of a request. */
export interface AnsweredLine {
  readonly event: 'answered';
  readonly request: number;
  readonly org: string;
  readonly id: string;
  /** `gone`: the other side was, before the answer. */
  readonly answered: Did | 'gone';
  /** The answer that says that it has the message went out whole. */
  readonly delivered: boolean;
}

/** What a program that fetches did or was told; `begun`: when it asked, epoch milliseconds. */
interface Collecting {
  readonly org: string;
  /** SHA-256 of the certificate that it showed. */
  readonly identity: string;
  readonly begun: number;
}

/** collected.jsonl: it was told of the message, for the first time. */
export interface ListedLine extends Collecting {
  readonly event: 'listed';
  readonly id: string;
  readonly sequence: number;
}

/** collected.jsonl: it was given the bytes; written before anything is said about them. */
export interface FetchedLine extends Collecting {
  readonly event: 'fetched';
  readonly id: string;
  readonly bodySha256: string;
  readonly documentSha256?: string;
  /** `valid`, or why not. */
  readonly signature: string;
  readonly claims?: EnvelopeClaims;
}

/** collected.jsonl: it is about to say that it has these. */
export interface ReceiptingLine extends Collecting {
  readonly event: 'receipting';
  readonly ids: readonly string[];
}

/** collected.jsonl: what it was told of that, for each. */
export interface ReceiptedLine extends Collecting {
  readonly event: 'receipted';
  readonly id: string;
  /** `received`, `already-received`, `not-found`, … */
  readonly result: string;
}

/** collected.jsonl: it was refused something. */
export interface TurnedAwayLine extends Collecting {
  readonly event: 'turned-away';
  readonly what: string;
  readonly status: number;
  /** The last part of the problem's type. */
  readonly fault: string;
}

/** collected.jsonl: what it was told of its numbers, from the first to the highest, page by page put together. */
export interface NumbersLine extends Collecting {
  readonly event: 'numbers';
  readonly highest: number;
  readonly numbers: readonly ToldNumbers[];
}

/** Numbers that are alike; both ends included. */
export interface ToldNumbers {
  readonly first: number;
  readonly last: number;
  readonly state: string;
  readonly id?: string;
}

export type CollectedLine = ListedLine | FetchedLine | ReceiptingLine | ReceiptedLine | TurnedAwayLine | NumbersLine;

/** status.jsonl: an answer as it came on KA's status queue. */
export interface StatusLine {
  readonly raw: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: AnswerBody;
}

/** As much of an answer as is looked at. */
export interface AnswerBody {
  readonly id: string;
  readonly answer: string;
  readonly messageId?: string;
  readonly deadLetterId?: string;
  readonly kaMessageId?: string;
  readonly sequence?: string;
  readonly version?: number;
  readonly messageType?: string;
  readonly documentNumber?: string;
  readonly recipient?: string;
  readonly lane?: { readonly address: string };
  readonly fault?: { readonly code: string; readonly detail?: string };
}

/** dead.jsonl: a frame as it came on the dead-letter queue. */
export interface DeadLine {
  readonly headers: Readonly<Record<string, string>>;
  readonly bodySha256: string;
  readonly bytes: number;
}

/** A line with the time that it was written. */
export type At<Line> = Line & { readonly at: number };
