import { strict as assert } from 'node:assert';
import { deadLetterFrame } from '../../../src/intake/dead-letter.ts';

const letter = {
  deadLetterId: 'd',
  fault: 'frame-empty',
  detail: 'x',
  isText: true,
  body: Buffer.from('<a/>'),
  headers: {},
};

describe('a dead letter on the queue', () => {
  it('has the original bytes, headers and the fault', () => {
    const headers = { messageType: 'x', 'message-id': 'ID:1', subscription: 'intake', ack: 'a', 'content-length': '4' };
    assert.deepEqual(deadLetterFrame('dead', { ...letter, headers, isText: false }), {
      queue: 'dead',
      body: letter.body,
      isText: false,
      headers: {
        'original-messageType': 'x',
        'original-message-id': 'ID:1',
        'dead-letter-id': 'd',
        fault: 'frame-empty',
        detail: 'x',
      },
    });
  });

  it('is text if it was, unless STOMP could not carry it as text', () => {
    assert.equal(deadLetterFrame('dead', letter).isText, true);
    const nul = deadLetterFrame('dead', { ...letter, body: Buffer.from('a\0b') });
    assert.equal(nul.isText, false);
    assert.equal(nul.headers['original-was-text'], 'true');
  });

  it('stays within what the broker takes, whatever its headers are', () => {
    const headers: Record<string, string> = { long: ':'.repeat(50_000), ['n'.repeat(20_000)]: 'v', fault: 'forged' };
    for (let i = 0; i < 1_500; i++) headers[`h${i}`] = 'v';
    const sent = deadLetterFrame('dead', { ...letter, detail: 'å\n'.repeat(20_000), headers }).headers;
    assert.ok(Object.keys(sent).length < 1_000);
    for (const [name, value] of Object.entries(sent)) {
      const line = Buffer.byteLength(`${name}:${value}`.replace(/[\\:\r\n]/g, 'xx'));
      assert.ok(line < 10_000, `${name} has ${line} bytes`);
    }
    assert.equal(sent['fault'], 'frame-empty');
    assert.ok(Number(sent['original-headers-cut']) > 1_000);
  });
});
