import { strict as assert } from 'node:assert';
import { Readable } from 'node:stream';
import type { IncomingFrame } from 'stompit';
import { frameFacts, utf8OfJavaText } from '../../../../src/intake/broker/frame.ts';
import { readFrame } from '../../../../src/intake/broker/read-frame.ts';

/** As java.io.DataOutput writes it: every UTF-16 unit by itself. */
function javaText(text: string): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0 && unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}

function incoming(chunks: readonly string[], headers: Record<string, string | number> = {}): IncomingFrame {
  return Object.assign(
    Readable.from(
      chunks.map((chunk) => Buffer.from(chunk)),
      { objectMode: false },
    ),
    { command: 'MESSAGE', headers },
  );
}

describe('when a frame was sent', () => {
  it('is what its headers say, as far as that can be written as a time', () => {
    const at = (timestamp: string) => frameFacts({ timestamp }).timestamp;
    assert.equal(at('1767225600123'), 1_767_225_600_123);
    assert.equal(at('253402300799999'), Date.UTC(9999, 11, 31, 23, 59, 59, 999));
    // The first of the year 10000, the first that no Date can hold, and the last whole number.
    for (const text of ['253402300800000', '8640000000000001', '9007199254740991', '-1', '0', 'soon'])
      assert.equal(at(text), undefined, text);
  });
});

const never = new Promise<Error>(() => undefined);

describe('the body of a frame', () => {
  it('that a Java program wrote as text is UTF-8 afterwards', () => {
    for (const text of ['', 'åäö €', '😀', 'a😀b𝒳c', '\0', 'nul\0inside', '\ud7ff\ue000', '\uffff'])
      assert.equal(utf8OfJavaText(javaText(text)).toString(), text);
    for (const text of ['åäö 😀', '한국어 \ud7ff']) assert.equal(utf8OfJavaText(Buffer.from(text)).toString(), text);
  });

  it('keeps what is no such text, a lone surrogate too', () => {
    for (const bytes of [[0xed], [0xed, 0xa0], [0xed, 0xa0, 0xbd, 0x41], [0xed, 0xb8, 0x80], [0xc0], [0xc0, 0x81]]) {
      assert.deepEqual(utf8OfJavaText(Buffer.from(bytes)), Buffer.from(bytes));
    }
  });

  it('is bytes with a content-length and text without', async () => {
    const fail = () => Promise.reject(new Error('not to be set aside'));
    const text = await readFrame(fail, incoming(['ab', 'c'], { timestamp: '5', 'message-id': 'ID:1' }), 3, never);
    assert.deepEqual(
      [text.body.toString(), text.isText, text.timestamp, text.brokerMessageId],
      ['abc', true, 5, 'ID:1'],
    );
    const bytes = await readFrame(fail, incoming(['abc'], { 'content-length': 3 }), 3, never);
    assert.deepEqual([bytes.body.toString(), bytes.isText, bytes.timestamp], ['abc', false, undefined]);
  });

  it('beyond the limit goes aside whole, and only its beginning is kept', async () => {
    let aside = '';
    const frame = await readFrame(
      async (_, body) => {
        for await (const chunk of body) aside += String(chunk);
      },
      incoming(['abc', 'def', 'ghi']),
      4,
      never,
    );
    assert.equal(aside, 'abcdefghi');
    assert.equal(frame.beyondLimit?.bytes, 9);
    assert.equal(frame.body.toString(), 'abcd');
    assert.equal(frame.beyondLimit?.sha256.toString('hex').slice(0, 8), '19cc02f2');
  });

  it('that cannot be put aside is not taken', async () => {
    await assert.rejects(
      readFrame(() => Promise.reject(new Error('no broker')), incoming(['abcdef']), 4, never),
      /no broker/,
    );
  });
});
