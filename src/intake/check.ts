/** Frame → what the store is given: a document that was read and checked, a withdrawal, or a dead letter that says what was wrong. */
import { createHash } from 'node:crypto';
import { judge } from '../documents/judge.ts';
import type { DocumentRules } from '../domain/document-rules.ts';
import { Fault, type Finding } from '../domain/fault.ts';
import { type Environment, keyedTextLimit, type MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { errorText, type Log } from '../platform/log.ts';
import type { CheckedFrame, DeadFrame, TakenFrame, WithdrawalFrame } from '../store/accept/frames.ts';
import type { Frame } from './broker/frame.ts';
import { frameNames, isWithdrawal, readHeaders, readWithdrawal, type Said } from './headers.ts';

/** What the document itself says. */
export interface DocumentFacts {
  readonly format: string;
  readonly mediaType: string;
  readonly dataSchema: string;
  readonly messageType: MessageType | undefined;
  readonly recipient: OrganisationNumber | undefined;
  readonly buyer?: OrganisationNumber | undefined;
  readonly documentNumber: string;
  readonly currency?: string | undefined;
  readonly total?: string | undefined;
  /** Breaches of the rules of its format. */
  readonly findings: readonly Finding[];
}

export interface CheckDeps {
  /** Throws Fault for what cannot be read at all. */
  read(bytes: Uint8Array, transport: 'text' | 'bytes'): DocumentFacts;
  readonly environment: Environment;
  /** The organisation that this gateway sends for: the buyer. */
  readonly sender: OrganisationNumber;
  /** Where a breach of a business rule is only noted; absent: nowhere. */
  readonly rules?: DocumentRules;
  now(): Date;
  readonly log: Log;
}

/** Most findings, and longest text in one, that go into the store and an answer. */
const findingsLimit = 50;
const textLimit = 500;
const detailLimit = 2_000;

/** Never throws: a frame that breaks the reader itself is a dead letter too. */
export function check(deps: CheckDeps, frame: Frame): TakenFrame | WithdrawalFrame {
  const names = frameNames(frame.headers);
  const bodySha256 = frame.beyondLimit?.sha256 ?? createHash('sha256').update(frame.body).digest();
  let said: Said | undefined;
  let document: DocumentFacts | undefined;
  try {
    refuseTooLarge(frame);
    // Before it is looked at as a document: it has none.
    if (isWithdrawal(frame.headers)) {
      if (frame.body.length > 0) throw new Fault('withdrawal-with-body');
      const { body, isText, headers } = frame;
      return { kind: 'withdrawal', ...names, bodySha256, ...readWithdrawal(headers), body, isText, headers };
    }
    refuseWithoutDocument(frame);
    said = readHeaders(frame.headers);
    document = deps.read(frame.body, frame.isText ? 'text' : 'bytes');
    const { rejecting, warnings } = judge(document, deps.rules ?? new Map());
    const { messageType, recipient } = agree(deps.sender, said, document, rejecting);
    return {
      kind: 'document',
      ...names,
      bodySha256,
      key: { messageType, recipient, documentNumber: document.documentNumber },
      environment: deps.environment,
      format: document.format,
      mediaType: document.mediaType,
      dataSchema: document.dataSchema,
      document: frame.body,
      eventTime: said.eventTime ?? new Date(frame.timestamp ?? deps.now().getTime()).toISOString(),
      currency: document.currency,
      total: document.total,
      findings: clipped(warnings),
      isText: frame.isText,
      headers: frame.headers,
    };
  } catch (error) {
    return {
      kind: 'dead-letter',
      brokerMessageId: names.brokerMessageId,
      kaMessageId: names.kaMessageId,
      correlationId: names.correlationId,
      bodySha256,
      fault: toFault(deps.log, frame, error),
      body: frame.body,
      isText: frame.isText,
      headers: frame.headers,
      messageType: said?.messageType ?? document?.messageType,
      documentNumber: storableName(document?.documentNumber) || undefined,
      recipient: said?.recipient ?? document?.recipient,
    };
  }
}

/** A frame that was right, but that the store does not take. */
export function asDeadLetter(frame: TakenFrame | WithdrawalFrame, fault: Fault): DeadFrame {
  if (frame.kind === 'dead-letter') return { ...frame, fault };
  if (frame.kind === 'withdrawal') {
    const { reason: _, messageId: __, ...rest } = frame;
    return { ...rest, kind: 'dead-letter', fault };
  }
  const { key, document, ...rest } = frame satisfies CheckedFrame;
  return {
    kind: 'dead-letter',
    brokerMessageId: rest.brokerMessageId,
    kaMessageId: rest.kaMessageId,
    correlationId: rest.correlationId,
    bodySha256: rest.bodySha256,
    isText: rest.isText,
    headers: rest.headers,
    fault,
    body: document,
    ...key,
  };
}

/** First of all: it lies on the dead-letter queue already, under this fault. */
function refuseTooLarge(frame: Frame): void {
  if (!frame.beyondLimit) return;
  const { bytes } = frame.beyondLimit;
  throw new Fault(
    'frame-too-large',
    `The frame has ${bytes} bytes, more than a document may have; the whole of it is on the dead-letter queue, its first ${frame.body.length} bytes are kept`,
  );
}

function refuseWithoutDocument(frame: Frame): void {
  if (frame.body.length > 0) return;
  if (!frame.isText) throw new Fault('frame-empty', 'The bytes message is empty');
  // All of these come over STOMP without a body and without a length.
  throw new Fault(
    'frame-not-a-document',
    'The frame is a JMS map, stream or object message, or an empty text message; send the document as a text or bytes message',
  );
}

/** Headers that are there must say what the document says; what neither says is missing. */
function agree(
  sender: OrganisationNumber,
  said: Said,
  document: DocumentFacts,
  findings: readonly Finding[],
): { messageType: MessageType; recipient: OrganisationNumber } {
  if (findings.length > 0) {
    const [one] = findings;
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
    throw new Fault('document-invalid', `${one?.where}: ${one?.text}${more}`, { findings });
  }
  if (said.messageType && document.messageType && said.messageType !== document.messageType) {
    throw disagreement('document-wrong-type', 'messageType', said.messageType, document.messageType);
  }
  if (said.recipient && document.recipient && said.recipient !== document.recipient) {
    throw disagreement('document-wrong-recipient', 'recipient', said.recipient, document.recipient);
  }
  // Our name is on the envelope: nothing goes out under it that another has bought.
  if (document.buyer && document.buyer !== sender) throw wrongSender(document.buyer, sender);
  const number = document.documentNumber;
  if (storableName(number) !== number || number === '') {
    const expected = `1 to ${keyedTextLimit} characters, none of them NUL`;
    const text = `A document number has ${expected}`;
    throw new Fault('document-invalid', text, {
      findings: [{ where: 'document number', rule: 'length', text, expected, found: number }],
    });
  }
  return {
    // Only what the document says decides where it goes; a header alone never does.
    messageType: document.messageType ?? missing('messageType'),
    recipient: document.recipient ?? missing('recipient'),
  };
}

function disagreement(
  code: 'document-wrong-type' | 'document-wrong-recipient',
  header: string,
  found: string,
  expected: string,
): Fault {
  const text = `The header ${header} says ${found}, the document says ${expected}`;
  return new Fault(code, text, { findings: [{ where: header, rule: 'agreement', text, expected, found }] });
}

function wrongSender(found: string, expected: string): Fault {
  const text = `The buyer in the document is ${found}, this gateway sends for ${expected}`;
  return new Fault('document-wrong-sender', text, {
    findings: [{ where: 'buyer', rule: 'sender', text, expected, found }],
  });
}

function missing(header: string): never {
  throw new Fault('header-missing', `The document does not say its ${header}`);
}

/** A document number as a key: cut, and without what SQL cannot hold. */
function storableName(text: string | undefined): string | undefined {
  return text?.slice(0, keyedTextLimit).toWellFormed().replaceAll('\0', '\uFFFD');
}

function toFault(log: Log, frame: Frame, error: unknown): Fault {
  if (!(error instanceof Fault)) {
    log.error('a frame broke its reader', { brokerMessageId: frame.brokerMessageId, error: errorText(error) });
    return new Fault('internal', 'The gateway failed on this document; its operators have been told', { cause: error });
  }
  const text = error.message.slice(0, detailLimit).toWellFormed();
  return new Fault(error.code, text, { findings: clipped(error.findings), cause: error });
}

function clipped(findings: readonly Finding[]): readonly Finding[] {
  const cut = (text: string): string => text.slice(0, textLimit).toWellFormed();
  return findings.slice(0, findingsLimit).map((finding) => ({
    where: cut(finding.where),
    rule: cut(finding.rule),
    text: cut(finding.text),
    ...(finding.expected === undefined ? {} : { expected: cut(finding.expected) }),
    ...(finding.found === undefined ? {} : { found: cut(finding.found) }),
  }));
}
