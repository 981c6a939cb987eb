import { strict as assert } from 'node:assert';
import { frameReader, type StompFrame } from '../../../chaos/outer/stomp.ts';

function read(bytes: Buffer, piece: number): StompFrame[] {
  const frames: StompFrame[] = [];
  const reader = frameReader((frame) => frames.push(frame));
  for (let at = 0; at < bytes.length; at += piece) reader(bytes.subarray(at, at + piece));
  return frames;
}

const text = 'MESSAGE\nack:1\nnote:Å\\c\\n\\\\\nnote:second\n\nför\0\n\n';
const binary = Buffer.concat([
  Buffer.from('MESSAGE\ncontent-length:3\n\n'),
  Buffer.from([0, 10, 0]),
  Buffer.from('\0'),
]);
const connected = Buffer.from('\n\nCONNECTED\nsession:ID\\c1\n\n\0');

describe('STOMP, read by the outer world', () => {
  for (const piece of [1, 2, 7, 1_000])
    it(`gets whole frames from pieces of ${piece} bytes`, () => {
      const frames = read(Buffer.concat([connected, Buffer.from(text), binary]), piece);
      assert.deepEqual(
        frames.map(({ command, headers, body }) => [command, { ...headers }, [...body]]),
        [
          ['CONNECTED', { session: 'ID\\c1' }, []],
          ['MESSAGE', { ack: '1', note: 'Å:\n\\' }, [...Buffer.from('för')]],
          ['MESSAGE', { 'content-length': '3' }, [0, 10, 0]],
        ],
      );
    });

  it('gives nothing before the last byte is there', () => {
    assert.equal(read(Buffer.from(text).subarray(0, text.indexOf('\0')), 1_000).length, 0);
    assert.equal(read(binary.subarray(0, binary.length - 1), 1_000).length, 0);
  });
});
