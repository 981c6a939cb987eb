/** One document on its own, as intake would judge it. */
import type { DocumentRules } from '../domain/document-rules.ts';
import { Fault, type FaultCode, type Finding } from '../domain/fault.ts';
import type { MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { ReadDocument } from './document.ts';
import { judge } from './judge.ts';
import { type DocumentLimits, readDocument } from './read.ts';

export interface FileCheck {
  readonly limits: DocumentLimits;
  readonly rules: DocumentRules;
  /** What the headers will say, if they say it. */
  readonly expected: {
    readonly messageType: MessageType | undefined;
    readonly recipient: OrganisationNumber | undefined;
    /** Whom this gateway sends for. */
    readonly buyer: OrganisationNumber;
  };
}

export interface Checked {
  readonly accepted: boolean;
  /** Why it is not. */
  readonly fault?: { readonly code: FaultCode; readonly text: string };
  /** What the document says of itself; absent when it cannot be read. */
  readonly document?: Omit<ReadDocument, 'findings'>;
  /** What rejects it. */
  readonly findings: readonly Finding[];
  /** What is only noted. */
  readonly warnings: readonly Finding[];
}

/** Never throws a Fault: what is wrong with the document is the result. */
export function checkDocument(
  bytes: Uint8Array,
  transport: 'text' | 'bytes',
  { limits, rules, expected }: FileCheck,
): Checked {
  try {
    const { findings, ...document } = readDocument(bytes, limits, transport);
    const { rejecting, warnings } = judge({ ...document, findings }, rules);
    const [first] = rejecting;
    if (first !== undefined) {
      const fault = { code: 'document-invalid', text: `${first.where}: ${first.text}` } as const;
      return { accepted: false, fault, document, findings: rejecting, warnings };
    }
    const { messageType, recipient } = document;
    const disagreement =
      differs('document-wrong-type', 'messageType', expected.messageType, messageType) ??
      differs('document-wrong-recipient', 'recipient', expected.recipient, recipient) ??
      wrongSender(expected.buyer, document.buyer);
    return { accepted: disagreement === undefined, ...disagreement, document, findings: [], warnings };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const fault = { code: error.code, text: error.message };
    return { accepted: false, fault, findings: error.findings, warnings: [] };
  }
}

function differs(
  code: FaultCode,
  header: string,
  said: string | undefined,
  document: string | undefined,
): { fault: NonNullable<Checked['fault']> } | undefined {
  if (said === undefined || said === document) return undefined;
  return { fault: { code, text: `The header ${header} would say ${said}, the document says ${document}` } };
}

function wrongSender(
  sender: OrganisationNumber,
  buyer: OrganisationNumber | undefined,
): { fault: NonNullable<Checked['fault']> } | undefined {
  if (buyer === undefined || buyer === sender) return undefined;
  const text = `The buyer in the document is ${buyer}, the gateway sends for ${sender}`;
  return { fault: { code: 'document-wrong-sender', text } };
}
