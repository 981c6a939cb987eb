/** What a broker may say, as bytes: right frames, wrong ones, and no frames at all. */
import {
  type Arbitrary,
  array,
  boolean,
  constantFrom,
  nat,
  oneof,
  option,
  record,
  tuple,
  uint8Array,
} from 'fast-check';
import { inherited, oddText, rarely } from './words.ts';

export interface SentFrame {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly isText: boolean;
  /** Of a text: what its producer says in a property content-length. */
  readonly lie: number | undefined;
}

export interface Script {
  /** The answer to CONNECT; undefined: the one of a right broker. */
  readonly hello: Buffer | undefined;
  /** What it says once it was subscribed to. */
  readonly says: readonly Buffer[];
  /** What it says instead, as ActiveMQ would, until all of them are acknowledged. */
  readonly frames: readonly SentFrame[] | undefined;
  /** Where the bytes are cut into packets. */
  readonly packets: readonly number[];
  readonly ending: 'fin' | 'reset' | 'silence';
  /** What becomes of a body that is too large to be held. */
  readonly aside: 'taken' | 'refused' | 'half';
}

/** STOMP 1.2 “Value Encoding”. */
const escape = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll(':', '\\c');

function encode(command: string, headers: readonly (readonly [string, string])[], body: Buffer): Buffer {
  const lines = headers.map(([name, value]) => `${escape(name)}:${escape(value)}\n`);
  return Buffer.concat([Buffer.from(`${command}\n${lines.join('')}\n`), body, Buffer.from([0])]);
}

const bodies = oneof(
  { weight: 4, arbitrary: uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: nat(12_000).map((length) => Buffer.alloc(length, 'x')) },
  { weight: 1, arbitrary: oddText.map((text) => Buffer.from(text)) },
);
const names = oneof(oddText, constantFrom('messageType', 'recipient', 'timestamp', 'content-type', 'x'));
const headerList = array(tuple(names, oddText), { maxLength: 5 });

const rightFrame: Arbitrary<SentFrame> = record({
  headers: headerList,
  body: bodies,
  isText: boolean(),
  lie: rarely(nat(30_000), 15),
}).map(({ headers, body, isText, lie }) => ({
  headers: headers.filter(
    ([name]) => !['content-length', 'subscription', 'ack', 'message-id', 'transformation'].includes(name),
  ),
  // A text ends at its first NUL.
  body: isText ? Buffer.from(body.filter((byte) => byte !== 0 && byte !== 0xc0 && byte !== 0xed)) : body,
  isText,
  lie: isText ? (lie ?? undefined) : undefined,
}));

/** As ActiveMQ writes it: what is no bytes message bears the mark that SUBSCRIBE asked for. */
export function sent({ headers, body, isText, lie }: SentFrame, number: number, mark?: string): Buffer {
  const length = isText ? lie : body.length;
  return Buffer.concat([
    encode(
      'MESSAGE',
      [
        ['subscription', 'intake'],
        ['ack', `ack-${number}`],
        ['message-id', `ID:${number}`],
        ...(length === undefined ? [] : [['content-length', String(length)] as const]),
        ...(isText && mark !== undefined ? [['transformation', mark] as const] : []),
        ...headers,
      ],
      body,
    ),
    Buffer.from('\n'),
  ]);
}

const lengths = [
  '-1',
  '-5',
  '0',
  '3',
  '1e3',
  '0x10',
  '99999999999999999999',
  'NaN',
  '',
  ' 7',
  '7 7',
  '4096',
  '2147483648',
];
const wrongFrame: Arbitrary<Buffer> = record({
  command: constantFrom(
    'MESSAGE',
    'MESSAGE',
    'MESSAGE',
    'RECEIPT',
    'RECEIPT',
    'ERROR',
    'ERROR',
    'CONNECTED',
    'SEND',
    '',
    'X',
    'message',
    ...inherited,
  ),
  subscription: option(constantFrom('intake', 'intake', 'other', ...inherited), { freq: 6 }),
  receipt: option(constantFrom('1', '2', '3', '99', '-1', ...inherited), { freq: 2 }),
  length: option(constantFrom(...lengths), { freq: 2 }),
  type: option(constantFrom('text/plain', 'application/json'), { freq: 2 }),
  beat: option(constantFrom('0,0', '1,1', '-1,-1', '999999999,999999999', '2147483647,1', 'x', ''), { freq: 4 }),
  version: option(constantFrom('1.0', '1.1', '1.2', '9', ...inherited), { freq: 4 }),
  others: headerList,
  body: bodies,
}).map(({ command, subscription, receipt, length, type, beat, version, others, body }) => {
  const named = {
    subscription,
    'receipt-id': receipt,
    'content-length': length,
    'content-type': type,
    'heart-beat': beat,
    version,
  };
  const headers = Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== null);
  return encode(command, [...headers, ...others], body);
});

const noise: Arbitrary<Buffer> = oneof(
  uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  oddText.map((text) => Buffer.from(text)),
  constantFrom(
    '\n',
    '\r\n',
    '\r',
    '\r\r\n',
    '\0',
    'MESSAGE\n',
    'MESSAGE\n\n',
    'MESSAGE\n:\n\n\0',
    'MESSAGE\nno colon\n\n\0',
    '\\x\n\n\0',
  ).map((text) => Buffer.from(text)),
);

/** A right frame with one byte changed, or cut short. */
const brokenFrame: Arbitrary<Buffer> = record({
  frame: rightFrame,
  at: nat(10_000),
  value: nat(255),
  cut: boolean(),
}).map(({ frame, at, value, cut }) => {
  const bytes = Buffer.from(sent(frame, 1));
  const place = at % bytes.length;
  if (cut) return bytes.subarray(0, place);
  bytes[place] = value;
  return bytes;
});

const packets = array(nat(2_000), { maxLength: 6 });
const aside = constantFrom('taken' as const, 'refused' as const, 'half' as const);

const rightScript: Arbitrary<Script> = record({
  frames: array(rightFrame, { minLength: 1, maxLength: 6 }),
  packets,
}).map(({ frames, packets: cuts }) => ({
  hello: undefined,
  says: [],
  frames,
  packets: cuts,
  ending: 'fin',
  aside: 'taken',
}));

const wrongScript: Arbitrary<Script> = record({
  hello: rarely(oneof(wrongFrame, noise), 5),
  says: array(
    oneof(
      rightFrame.map((frame) => sent(frame, 1)),
      wrongFrame,
      wrongFrame,
      brokenFrame,
      noise,
    ),
    { maxLength: 5 },
  ),
  packets,
  ending: oneof(
    { weight: 150, arbitrary: constantFrom('fin' as const) },
    { weight: 150, arbitrary: constantFrom('reset' as const) },
    { weight: 1, arbitrary: constantFrom('silence' as const) },
  ),
  aside,
}).map(({ hello, ...rest }) => ({ ...rest, hello: hello ?? undefined, frames: undefined }));

export const scripts: Arbitrary<Script> = oneof(
  { weight: 1, arbitrary: rightScript },
  { weight: 3, arbitrary: wrongScript },
);
