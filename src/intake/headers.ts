/** What a frame's headers say (docs/ka-contract.md), checked before anything is believed or stored. */
import { createHash } from 'node:crypto';
import { Fault, type Finding } from '../domain/fault.ts';
import { keyedTextLimit, type MessageType, messageTypes, parseMessageType } from '../domain/message.ts';
import { type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
import { eventTimeInUtc } from './event-time.ts';

/** What KA says about a document outside it. Undefined: not said. */
export interface Said {
  readonly messageType: MessageType | undefined;
  readonly recipient: OrganisationNumber | undefined;
  readonly eventTime: string | undefined;
}

/** What a withdrawal names: one message by its id, or the newest version of a document by the other three. */
export interface SaidWithdrawal extends Pick<Said, 'messageType' | 'recipient'> {
  readonly messageId: string | undefined;
  readonly documentNumber: string | undefined;
  /** Why, in KA's words. */
  readonly reason: string | undefined;
}

/** Names that go with a frame whatever becomes of it. */
export interface FrameNames {
  readonly brokerMessageId: string | undefined;
  readonly kaMessageId: string | undefined;
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** Longest broker message id, KA message id and correlation id in the store. */
const idLimit = 500;

const first = (headers: Headers, ...names: string[]): string | undefined =>
  names.map((name) => headers[name]?.trim()).find((value) => value !== undefined && value !== '');

/** Never faults: what cannot be a name is left out, so that even a dead letter carries the others. */
export function frameNames(headers: Headers): FrameNames {
  const broker = first(headers, 'message-id');
  const traceparent = first(headers, 'traceparent');
  return {
    // Cut short it might name two frames; its hash names one.
    brokerMessageId: broker === undefined || isName(broker) ? broker : `sha256:${sha256(broker)}`,
    kaMessageId: name(first(headers, 'kaMessageId', 'ka-message-id', 'message-id')),
    correlationId: name(first(headers, 'correlationId', 'correlation-id')),
    // W3C Trace Context §3.2.2: one that cannot be read is ignored.
    traceparent:
      traceparent && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) ? traceparent : undefined,
  };
}

/** Throws Fault header-invalid or header-disagrees with a finding for each header that is wrong. */
export function readHeaders(headers: Headers): Said {
  const reader = readerOf(headers);
  const said: Said = {
    ...readKey(reader),
    eventTime: reader.one(
      ['eventTime', 'event-time'],
      'a time as 2026-03-01T12:00:00.123+01:00 (RFC 3339)',
      eventTimeInUtc,
    ),
  };
  reader.finish();
  return said;
}

/** True for a withdrawal, false for a document. Throws Fault header-invalid for a word that is not known here. */
export function isWithdrawal(headers: Headers): boolean {
  const reader = readerOf(headers);
  const operation = reader.one(['operation'], '“withdraw”, or not there', (text) =>
    text === 'withdraw' ? text : undefined,
  );
  reader.finish();
  return operation !== undefined;
}

/** Throws Fault header-missing, header-invalid or header-disagrees. */
export function readWithdrawal(headers: Headers): SaidWithdrawal {
  const reader = readerOf(headers);
  const said: SaidWithdrawal = {
    ...readKey(reader),
    messageId: reader.one(['messageId'], 'the messageId of an answer', (text) =>
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined,
    ),
    documentNumber: reader.one(
      ['documentNumber', 'document-number'],
      `1 to ${keyedTextLimit} characters, none of them NUL`,
      name,
    ),
    reason: reader.one(['reason'], `at most ${keyedTextLimit} characters, none of them NUL`, name),
  };
  reader.finish();
  const absent = (['messageType', 'recipient', 'documentNumber'] as const).filter((one) => said[one] === undefined);
  if (said.messageId === undefined && absent.length > 0)
    throw new Fault(
      'header-missing',
      `A withdrawal names its message by messageId, or by messageType, recipient and documentNumber; missing: ${absent.join(', ')}`,
    );
  return said;
}

interface Reader {
  /** The value of whichever of the names is there; undefined when none is, or it is wrong. */
  one<T>(names: readonly string[], expected: string, read: (text: string) => T | undefined): T | undefined;
  /** Throws for what was found wrong. */
  finish(): void;
}

function readKey({ one }: Reader): Pick<Said, 'messageType' | 'recipient'> {
  return {
    messageType: one(['messageType', 'message-type'], `one of ${messageTypes.join(', ')}`, parseMessageType),
    recipient: one(['recipient'], 'an organisation number with a right check digit', parseOrganisationNumber),
  };
}

function readerOf(headers: Headers): Reader {
  const findings: Finding[] = [];
  const disagreeing: Finding[] = [];
  const one: Reader['one'] = <T>(
    names: readonly string[],
    expected: string,
    read: (text: string) => T | undefined,
  ): T | undefined => {
    let found: { name: string; value: T } | undefined;
    for (const header of names) {
      const text = first(headers, header);
      if (text === undefined) continue;
      const value = text.length <= keyedTextLimit ? read(text) : undefined;
      if (value === undefined) {
        findings.push({ where: header, rule: 'header', text: `${header} is ${expected}`, expected, found: text });
      } else if (found && found.value !== value) {
        const says = `${header} and ${found.name} say different things`;
        disagreeing.push({ where: header, rule: 'header', text: says, expected: String(found.value), found: text });
      } else found = { name: header, value };
    }
    return found?.value;
  };
  const finish = (): void => {
    const correlationId = first(headers, 'correlationId', 'correlation-id');
    if (correlationId !== undefined && !isName(correlationId)) {
      const expected = `at most ${idLimit} characters, none of them NUL`;
      findings.push({
        where: 'correlationId',
        rule: 'header',
        text: `correlationId is ${expected}`,
        expected,
        found: correlationId,
      });
    }
    if (findings.length > 0) throw new Fault('header-invalid', sentence(findings), { findings });
    if (disagreeing.length > 0) throw new Fault('header-disagrees', sentence(disagreeing), { findings: disagreeing });
  };
  return { one, finish };
}

function sentence(findings: readonly Finding[]): string {
  return findings.map(({ text, found = '' }) => `${text}; found “${found.slice(0, 100)}”`).join('. ');
}

function name(text: string | undefined): string | undefined {
  return text !== undefined && isName(text) ? text : undefined;
}

/** Text that may be a key in SQL: PostgreSQL takes no NUL, UTF-8 no lone surrogate. */
function isName(text: string): boolean {
  return text.length <= idLimit && !text.includes('\0') && text.isWellFormed();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
