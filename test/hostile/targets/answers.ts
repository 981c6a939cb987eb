/** What an endpoint answers to a push, to the pusher. */
import { strict as assert } from 'node:assert';
import { array, boolean, constantFrom, nat, oneof, record, uint8Array } from 'fast-check';
import { faultCodes } from '../../../src/domain/fault.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import { createParties, endpointOf, parcelOf, pusherFor, targetOf } from '../../support/pushing.ts';
import { edited, edits, type Grammar } from '../edits.ts';
import { opened, type Target } from '../target.ts';
import { oddText, rarely } from '../words.ts';

const { messageId } = parcelOf();

const grammar: Grammar = {
  values: /(?<=: ?)[^\r\n]+|(?<=HTTP\/1\.[01] )\d+|"[^"]*"/g,
  places: /\r\n|[{,:]/g,
  words: [
    'HTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n',
    'transfer-encoding: chunked\r\n',
    'transfer-encoding: chunked, identity\r\n',
    'content-length: 5\r\n',
    'content-length: -1\r\n',
    'content-length: 99999999999999999999\r\n',
    'connection: close\r\n',
    'connection: upgrade\r\nupgrade: x\r\n',
    'keep-alive: timeout=99999999999\r\n',
    'retry-after: -1\r\n',
    'retry-after: 999999999999\r\n',
    'retry-after: Fri, 31 Feb 2026 25:61:61 GMT\r\n',
    'content-encoding: gzip\r\n',
    'set-cookie: a=b\r\n',
    `x: ${'y'.repeat(20_000)}\r\n`,
    ': x\r\n',
    ' x\r\n',
    'x\r\n',
    '\0',
    '\n\n',
    '\r\n\r\n',
    'ffffffffffffffff\r\n',
    '0\r\n\r\n',
    '000',
    '099',
    '199',
    '200',
    '204',
    '301',
    '304',
    '409',
    '422',
    '503',
    '600',
    '999',
    'z'.repeat(5_000),
    '\u202e\u0007\u001b[2J',
  ],
};

const plain = record({
  version: constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2'),
  status: constantFrom(
    200,
    201,
    202,
    204,
    299,
    301,
    304,
    400,
    401,
    404,
    408,
    409,
    410,
    413,
    422,
    425,
    429,
    500,
    503,
    599,
  ),
  headers: array(
    constantFrom(
      'retry-after: 120',
      'content-type: application/problem+json',
      'connection: close',
      'x: y',
      'date: now',
      'server: å',
    ),
    { maxLength: 4 },
  ),
  body: oneof(
    constantFrom(
      '',
      'thanks',
      `{"type":"https://x/already-received","messageId":"${messageId}"}`,
      `{"type":"https://x/already-received","instance":"/${messageId}?#"}`,
      `{"type":"https://x/already-received","messageId":"another"}`,
      '{"type":{"toString":1}}',
    ),
    oddText,
  ),
  chunked: boolean(),
}).map(({ version, status, headers, body, chunked }) => {
  const bytes = Buffer.from(body);
  const head = `${version} ${status} X\r\n${headers.map((line) => `${line}\r\n`).join('')}`;
  return chunked
    ? Buffer.concat([
        Buffer.from(
          `${head}transfer-encoding: chunked\r\n\r\n${bytes.length > 0 ? `${bytes.length.toString(16)}\r\n` : ''}`,
        ),
        bytes,
        Buffer.from(bytes.length > 0 ? '\r\n0\r\n\r\n' : '0\r\n\r\n'),
      ])
    : Buffer.concat([Buffer.from(`${head}content-length: ${bytes.length}\r\n\r\n`), bytes]);
});

const inputs = record({
  raw: oneof(
    { weight: 9, arbitrary: plain },
    { weight: 1, arbitrary: uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  ),
  list: edits(grammar, 4),
  changed: nat(3),
  /** Not often: what does not end is waited for. */
  open: rarely(nat(0), 200),
});

export const answers: Target = {
  name: 'answers',
  about: "an endpoint's answers, byte for byte, to the push",
  share: 3,
  limit: 8_000,
  open: async () => {
    const parties = await createParties();
    const endpoint = await endpointOf(parties);
    const pusher = pusherFor(parties, {
      limits: { connectTimeout: 2_000, pushTimeout: 1_000, answerBytes: 65_536, answerExcerpt: 200 },
    });
    return opened({
      inputs,
      meet: async ({ raw, list, changed, open }) => {
        const bytes = changed === 0 ? raw : edited(raw, list, grammar);
        endpoint.behave({ raw: bytes, end: open === null });
        endpoint.requests.length = 0;
        return judgeOutcome(bytes, await pusher.push(targetOf(endpoint.url, [parties.supplier]), parcelOf()));
      },
      close: async () => {
        await pusher.close();
        await endpoint.stop();
      },
    });
  },
};

function judgeOutcome(bytes: Buffer, outcome: Outcome): string {
  const status = finalStatus(bytes.toString('latin1'));
  const what = JSON.stringify(outcome);
  if ('fault' in outcome) assert.ok(faultCodes.includes(outcome.fault), what);
  if ('fault' in outcome) assert.notEqual(outcome.fault, 'internal', what);
  const { excerpt } = outcome;
  if (excerpt !== undefined) {
    assert.doesNotMatch(excerpt, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    assert.ok(Buffer.byteLength(excerpt) <= 200);
  }
  // Nothing is a receipt that does not begin as one.
  if (outcome.kind === 'delivered') {
    const text = bytes.toString('latin1');
    const had = status === 409 && text.includes('/already-received') && text.includes(messageId);
    assert.ok((status !== undefined && status >= 200 && status <= 299) || had, what);
  }
  if (outcome.kind === 'refused') assert.ok(status !== undefined && status >= 400 && status <= 499, what);
  if (outcome.kind === 'endpoint-failed' && outcome.retryAfterMs !== undefined)
    assert.ok(outcome.retryAfterMs >= 0, what);
  return 'fault' in outcome ? `${outcome.kind}: ${outcome.fault}` : outcome.kind;
}

/** The status of the first answer that is no interim one, read without the library that the pusher reads with. */
function finalStatus(text: string): number | undefined {
  let rest = text.replace(/^[\r\n]+/, '');
  for (;;) {
    const [, digits] = /^HTTP\/1\.[01] (\d{3})(?![0-9])/.exec(rest) ?? [];
    if (digits === undefined) return undefined;
    if (Number(digits) >= 200) return Number(digits);
    const end = /\r?\n\r?\n/.exec(rest);
    if (end === null) return undefined;
    rest = rest.slice(end.index + end[0].length);
  }
}
