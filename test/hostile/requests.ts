/** HTTP as strangers may write it, and what is no HTTP. */
import {
  type Arbitrary,
  array,
  boolean,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  record,
  uint8Array,
} from 'fast-check';
import { edited, edits, type Grammar } from './edits.ts';
import { oddText } from './words.ts';

export interface Approach {
  readonly to: 'suppliers' | 'receiver';
  readonly over: 'tcp' | 'tls';
  readonly packets: readonly Uint8Array[];
  /** `none`: the other side is to hang up. `late`: it has time to answer what it was not asked. */
  readonly ending: 'fin' | 'reset' | 'none' | 'late';
  /** How many of the requests in it must be granted, if that is certain. */
  readonly requests: number | undefined;
}

const path = '/.well-known/jwks.json';
const good = `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
const last = good.replace('host: x', 'host: x\r\nconnection: close');
export const wellKnown = { over: 'tls', packets: [Buffer.from(last)], ending: 'none', requests: 1 } as const;

const grammar: Grammar = {
  values: /(?<=: ?)[^\r\n]+|^[A-Z]+|(?<= )\/[^ ]*(?= )|(?<=HTTP\/)[\d.]+/gm,
  places: /\r\n| /g,
  words: [
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'CONNECT',
    'PRI',
    'PROPFIND',
    'get',
    'G\0T',
    '/',
    '*',
    '//',
    '/%',
    '/%00',
    '/..%2f..',
    '/.well-known/../.well-known/jwks.json',
    `${path}?${'a=b&'.repeat(100)}`,
    `${path}#x`,
    `${path};x`,
    `https://x${path}`,
    'foo://x?y',
    'http://[::1',
    'http://user:secret@x/',
    '/\u00e5',
    '0.9',
    '1.0',
    '1.2',
    '2.0',
    'host: a\r\n',
    'content-length: 5\r\n',
    'content-length: 5, 5\r\n',
    'content-length: -1\r\n',
    'content-length: +5\r\n',
    'content-length: 99999999999999999999\r\n',
    'transfer-encoding: chunked\r\n',
    'transfer-encoding: xchunked\r\n',
    'transfer-encoding : chunked\r\n',
    'transfer-encoding:\tchunked\r\n',
    'transfer-encoding: chunked, chunked\r\n',
    'connection: close\r\n',
    'connection: upgrade\r\nupgrade: websocket\r\n',
    'upgrade: h2c\r\nhttp2-settings: AAMAAABk\r\nconnection: upgrade, http2-settings\r\n',
    'expect: 100-continue\r\n',
    'expect: nothing\r\n',
    'if-none-match: *\r\n',
    'range: bytes=0-99999999999\r\n',
    'accept-encoding: gzip;q=1e999\r\n',
    'x-jws-signature: eyJhbGciOiJFUzI1NiJ9..x\r\n',
    'content-encoding: gzip\r\n',
    '__proto__: x\r\n',
    'constructor: x\r\n',
    ' folded\r\n',
    ': x\r\n',
    'x\r\n',
    'x: \0\r\n',
    'x: \u0001\r\n',
    `x: ${'y'.repeat(17_000)}\r\n`,
    'x: y\r\n'.repeat(2_100),
    '\r\n',
    '\n',
    '\r',
    '0\r\n\r\n',
    '5\r\nhello\r\n',
    'fffffffffffffffff\r\n',
    '5;ext="\n"\r\n',
    good,
  ],
};

const plain = record({
  method: constantFrom('GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'),
  where: constantFrom(path, path, '/', '/x', `${path}/`, `${path}?a`),
  body: option(oneof(constantFrom('', '{}', '<x/>'), oddText), { freq: 2 }),
  chunked: boolean(),
}).map(({ method, where, body, chunked }) => {
  const head = `${method} ${where} HTTP/1.1\r\nhost: x\r\n`;
  if (body === null) return Buffer.from(`${head}\r\n`);
  const bytes = Buffer.from(body);
  return chunked
    ? Buffer.concat([
        Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n`),
        bytes,
        Buffer.from(bytes.length > 0 ? '\r\n0\r\n\r\n' : '\r\n'),
      ])
    : Buffer.concat([Buffer.from(`${head}content-length: ${bytes.length}\r\n\r\n`), bytes]);
});

const cuts = array(integer({ min: 1, max: 400 }), { maxLength: 5 });

function inPackets(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const packets: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    packets.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...packets, bytes.subarray(at)].filter((packet) => packet.length > 0);
}

const to = constantFrom('suppliers' as const, 'receiver' as const);
const ending = oneof(
  { weight: 12, arbitrary: constantFrom('fin' as const) },
  { weight: 1, arbitrary: constantFrom('reset' as const) },
);

/** Requests that follow each other without waiting: as many answers as there are requests. */
const pipelined: Arbitrary<Approach> = record({ count: integer({ min: 1, max: 12 }), lengths: cuts }).map(
  ({ count, lengths }) => ({
    to: 'suppliers',
    over: 'tls',
    packets: inPackets(Buffer.from(good.repeat(count - 1) + last), lengths),
    ending: 'none',
    requests: count,
  }),
);

/** Two readers may see two requests in it: whoever grants the inner one has been led by the nose. */
const smuggled: Arbitrary<Approach> = record({
  head: constantFrom(
    'content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'transfer-encoding: chunked\r\ncontent-length: 6\r\n\r\n0\r\n\r\n',
    'transfer-encoding: xchunked\r\n\r\n0\r\n\r\n',
    'transfer-encoding : chunked\r\n\r\n0\r\n\r\n',
    'transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n',
    'transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n',
    'transfer-encoding: chunked\r\n\r\n0;x="\r\n\r\n"\r\n\r\n',
    'transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n',
    'transfer-encoding: chunked\r\n\r\n-0\r\n\r\n',
    'transfer-encoding: chunked\r\n\r\n10000000000000000\r\n',
    'transfer-encoding: chunked\r\n\r\n0\n\n',
    'content-length: 5\r\ncontent-length: 6\r\n\r\nhello',
    'content-length: 5, 6\r\n\r\nhello',
    'content-length: +5\r\n\r\nhello',
    'content-length: 0x5\r\n\r\nhello',
    'content-length:\x005\r\n\r\nhello',
    'content-length : 5\r\n\r\nhello',
    'x: y\n\ncontent-length: 5\r\n\r\nhello',
  ),
  method: constantFrom('GET', 'POST'),
  lengths: cuts,
}).map(({ head, method, lengths }) => ({
  to: 'suppliers',
  over: 'tls',
  packets: inPackets(Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: x\r\n${head}${good}`, 'latin1'), lengths),
  ending: 'late',
  requests: 0,
}));

const changed: Arbitrary<Approach> = record({
  to,
  first: plain,
  second: option(plain, { freq: 3 }),
  list: edits(grammar, 4),
  lengths: cuts,
  ending,
}).map(({ to: where, first, second, list, lengths, ending: end }) => ({
  to: where,
  over: 'tls',
  packets: inPackets(edited(second === null ? first : Buffer.concat([first, second]), list, grammar), lengths),
  ending: end,
  requests: undefined,
}));

/** The beginning of a TLS 1.2 record with a ClientHello, and what may follow it. */
const hellos = [
  '16030100',
  '160301ffff',
  '16030100c8010000c40303',
  '1503010002',
  '1403010001',
  '170303ffff',
  '80460103',
  '16030400050100000100',
];
const noise = oneof(
  uint8Array({ maxLength: 300 }),
  oddText.map((text) => Buffer.from(text)),
  constantFrom(good, 'SSH-2.0-x\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x05\x01\x00').map((text) =>
    Buffer.from(text),
  ),
  record({ hello: constantFrom(...hellos), rest: uint8Array({ maxLength: 400 }) }).map(({ hello, rest }) =>
    Buffer.concat([Buffer.from(hello, 'hex'), rest]),
  ),
);

const garbage: Arbitrary<Approach> = record({
  to,
  over: constantFrom('tcp' as const, 'tcp' as const, 'tls' as const),
  packets: array(noise, { maxLength: 3 }),
  ending,
  most: nat(1),
}).map(({ to: where, over, packets, ending: end }) => ({ to: where, over, packets, ending: end, requests: undefined }));

export const approaches: Arbitrary<Approach> = oneof(
  { weight: 6, arbitrary: changed },
  { weight: 2, arbitrary: garbage },
  { weight: 1, arbitrary: pipelined },
  { weight: 1, arbitrary: smuggled },
);
