/** Answers to KA on the status queue (schemas/status/1.json), as plain objects. */
import type { FaultCode, Finding } from './fault.ts';
import { faultTable } from './fault.ts';

export const answerKinds = ['accepted', 'duplicate', 'rejected', 'delivered', 'refused', 'held', 'cancelled'] as const;
export type AnswerKind = (typeof answerKinds)[number];

export interface AnswerFault {
  readonly code: FaultCode;
  readonly detail: string;
  readonly findings?: readonly Finding[];
}

/** What an answer is about. All but `held` of a lane are about one message. */
export interface AnswerFacts {
  /** The answer's own id: UUIDv7. Answers come at least once; drop repeats by it. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** Our message id; for a duplicate, or a number already taken, the first one's. Absent when nothing was accepted. */
  readonly messageId?: string | undefined;
  readonly sequence?: string | undefined;
  readonly version?: number | undefined;
  readonly deadLetterId?: string | undefined;
  readonly kaMessageId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly messageType?: string | undefined;
  readonly documentNumber?: string | undefined;
  readonly recipient?: string | undefined;
  /** For a held lane, instead of a message: the address and how many deliveries wait there. */
  readonly lane?: { readonly address: string; readonly waiting: number } | undefined;
  readonly fault?: AnswerFault | undefined;
  /** Of an accepted document: breaches that are noted and not rejected. */
  readonly warnings?: readonly Finding[] | undefined;
}

/** The answer as it is put on the queue: members without a value are left out. */
export function answer(kind: AnswerKind, facts: AnswerFacts): Record<string, unknown> {
  const { id, time, fault, ...rest } = facts;
  return JSON.parse(
    JSON.stringify({
      id,
      answer: kind,
      time,
      ...rest,
      fault: fault && {
        code: fault.code,
        title: faultTable[fault.code].title,
        detail: fault.detail,
        findings: fault.findings,
      },
    }),
  ) as Record<string, unknown>;
}
