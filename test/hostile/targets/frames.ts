/** Frames, headers and body, to the check that every frame passes before it is stored. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { constant, constantFrom, dictionary, nat, oneof, record, uint8Array } from 'fast-check';
import { readDocument } from '../../../src/documents/read.ts';
import { faultCodes } from '../../../src/domain/fault.ts';
import { checkDigitIsRight, type OrganisationNumber } from '../../../src/domain/organisation-number.ts';
import { type Frame, frameFacts } from '../../../src/intake/broker/frame.ts';
import { check } from '../../../src/intake/check.ts';
import { deadLetterFrame } from '../../../src/intake/dead-letter.ts';
import { silentLog } from '../../../src/platform/log.ts';
import type { DeadFrame, TakenFrame, WithdrawalFrame } from '../../../src/store/accept/frames.ts';
import { storableJson } from '../../../src/store/storable.ts';
import { documentLimits } from '../../support/documents.ts';
import { anyDocument, rightDocument } from '../documents.ts';
import { opened, type Target } from '../target.ts';
import { oddText, rarely } from '../words.ts';

const types: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  'purchase-order': 'purchase-order',
  inkopsorder: 'purchase-order',
  'self-invoice': 'self-invoice',
  sjalvfaktura: 'self-invoice',
  'self-invoice-credit': 'self-invoice-credit',
  'sjalvfaktura-kredit': 'self-invoice-credit',
}) as Record<string, string>;

const times = [
  '2026-03-01T12:00:00.123+01:00',
  '2026-03-01T12:00:00Z',
  '2026-02-30T12:00:00Z',
  '2026-03-01T24:00:00Z',
  '0000-01-01T00:00:00Z',
  '1970-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59-23:59',
  '2026-03-01T12:00:00.1234567890Z',
  '2026-03-01',
];
const stamps = [
  '1767225600123',
  '0',
  '-1',
  '253402300799999',
  '253402300800000',
  '8640000000000000',
  '8640000000000001',
  '9007199254740991',
  '1e15',
  '0x7fffffffffff',
  ' 5 ',
  'soon',
];
const ids = ['0197a3c2-6f10-7c3a-9d52-5b1c6a7e8f90', '0197A3C2-6F10-7C3A-9D52-5B1C6A7E8F90', '0197a3c2'];
const value = (...right: string[]) =>
  oneof(
    { weight: 3, arbitrary: constant(null) },
    { weight: 5, arbitrary: constantFrom(...right) },
    { weight: 1, arbitrary: oddText },
  );

const headers = record({
  messageType: value(...Object.keys(types)),
  'message-type': rarely(oneof(constantFrom(...Object.keys(types)), oddText), 8),
  recipient: value('5560160680', '556016-0680', '16556016-0680', 'SE556016068001', '5560160681', ' 5560160680 '),
  eventTime: value(...times),
  'event-time': rarely(oneof(constantFrom(...times), oddText), 8),
  timestamp: value(...stamps),
  'message-id': value('ID:broker-1:1:1:1'),
  kaMessageId: value('KA-1'),
  correlationId: value('C-1'),
  traceparent: value('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
  operation: rarely(oneof(constantFrom('withdraw', 'Withdraw'), oddText), 6),
  messageId: rarely(oneof(constantFrom(...ids), oddText), 4),
  documentNumber: rarely(oneof(constantFrom('F-1'), oddText), 3),
  reason: rarely(oddText, 3),
});

/** The recipient's header half of the time says what the document says. */
const inputs = record({
  headers,
  others: dictionary(oddText, oddText, { maxKeys: 4, noNullPrototype: true }),
  agree: nat(1),
  written: oneof(
    { weight: 3, arbitrary: anyDocument },
    {
      weight: 2,
      arbitrary: rightDocument.map((right) => ({ right, bytes: right.bytes, transport: 'bytes' as const })),
    },
    {
      weight: 1,
      arbitrary: uint8Array({ maxLength: 30 }).map((bytes) => ({
        right: undefined,
        bytes: Buffer.from(bytes),
        transport: 'bytes' as const,
      })),
    },
    {
      weight: 1,
      arbitrary: constantFrom({ right: undefined, bytes: Buffer.alloc(0), transport: 'text' as const }),
    },
  ),
  beyond: rarely(nat(1_000_000_000), 30),
  ours: nat(9),
}).map(({ headers, others, agree, written, beyond, ours }) => {
  const { right, bytes, transport } = written;
  const all: Record<string, string> = { ...others };
  for (const [name, text] of Object.entries(headers)) if (text !== null) all[name] = text;
  if (agree === 1 && right?.recipient !== undefined && all['recipient'] !== undefined)
    all['recipient'] = right.recipient;
  if (agree === 1 && right?.messageType !== undefined && all['messageType'] !== undefined)
    all['messageType'] = right.messageType;
  // As readFrame leaves it out.
  delete all['__proto__'];
  const frame: Frame = {
    headers: all,
    body: bytes,
    isText: transport === 'text',
    ...frameFacts(all),
    beyondLimit: beyond === null ? undefined : { bytes: beyond, sha256: createHash('sha256').update('whole').digest() },
  };
  return { frame, sender: ours === 0 ? '2021002114' : (right?.buyer ?? '2021002114') };
});

export const frames: Target = {
  name: 'frames',
  about: 'STOMP frames with any headers and bodies, to the check before they are stored',
  share: 30,
  limit: 5_000,
  open: async () => opened({ inputs, meet: ({ frame, sender }) => judgeCheck(frame, sender as OrganisationNumber) }),
};

const now = new Date('2026-03-02T12:00:00Z');

/** @returns what the frame became */
export function judgeCheck(frame: Frame, sender: OrganisationNumber): string {
  const taken = check(
    {
      read: (bytes, transport) => readDocument(bytes, documentLimits, transport),
      environment: 'test',
      sender,
      now: () => now,
      log: silentLog,
    },
    frame,
  );
  assertNames(taken);
  storableJson(taken.headers);
  if (taken.kind === 'dead-letter') return judgeDeadLetter(taken, frame);
  if (taken.kind === 'withdrawal') {
    assert.equal(frame.headers['operation']?.trim(), 'withdraw');
    assert.equal(frame.body.length, 0);
    assert.ok(taken.messageId !== undefined || (taken.messageType && taken.recipient && taken.documentNumber));
    return 'withdrawal';
  }
  // What became a document is one, is what its headers say, and its time can stand on an envelope.
  assert.equal(frame.beyondLimit, undefined);
  const again = readDocument(taken.document, documentLimits, frame.isText ? 'text' : 'bytes');
  assert.deepEqual(again.findings, []);
  assert.deepEqual([again.messageType, again.recipient], [taken.key.messageType, taken.key.recipient]);
  assert.ok(again.buyer === undefined || again.buyer === sender);
  assert.match(taken.eventTime, /^(?:19[789]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/);
  for (const name of ['messageType', 'message-type']) {
    const said = frame.headers[name]?.trim();
    if (said) assert.equal(types[said], taken.key.messageType);
  }
  const { documentNumber } = taken.key;
  assert.ok(documentNumber.length > 0 && documentNumber.length <= 200 && !documentNumber.includes('\0'));
  return 'accepted';
}

function assertNames(taken: TakenFrame | WithdrawalFrame): void {
  const { messageType, recipient, documentNumber } = taken.kind === 'document' ? taken.key : taken;
  for (const name of [taken.brokerMessageId, taken.kaMessageId, taken.correlationId, documentNumber]) {
    if (name === undefined) continue;
    assert.equal(typeof name, 'string');
    assert.ok(name.length <= 500 && !name.includes('\0') && name.isWellFormed(), 'a name that cannot be stored');
  }
  assert.ok(messageType === undefined || Object.values(types).includes(messageType), String(messageType));
  assert.ok(recipient === undefined || (/^\d{10}$/.test(recipient) && checkDigitIsRight(recipient)));
}

function judgeDeadLetter(taken: DeadFrame, frame: Frame): string {
  const { code, message, findings } = taken.fault;
  assert.ok(faultCodes.includes(code));
  assert.notEqual(
    code,
    'internal',
    String(taken.fault.cause instanceof Error ? taken.fault.cause.stack : taken.fault.cause),
  );
  assert.ok(message.length <= 2_000 && message.isWellFormed());
  assert.ok(findings.length <= 50);
  for (const finding of findings)
    for (const text of Object.values(finding)) assert.ok(typeof text === 'string' && text.length <= 500);
  // What the broker would break the connection at.
  const letter = deadLetterFrame('dead', {
    deadLetterId: '1',
    fault: code,
    detail: message,
    isText: frame.isText,
    body: Buffer.from(taken.body),
    headers: taken.headers,
  });
  const lines = Object.entries(letter.headers);
  assert.ok(lines.length <= 1_000);
  for (const [name, text] of lines) assert.ok(Buffer.byteLength(name) + Buffer.byteLength(text) < 10_000);
  return code;
}
