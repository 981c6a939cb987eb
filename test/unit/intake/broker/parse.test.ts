/** What stompit's parser makes of bytes from ActiveMQ, with our reading of headers and texts in it. */
import { strict as assert } from 'node:assert';
import { type Arbitrary, array, asyncProperty, assert as check, constantFrom, nat, oneof, record } from 'fast-check';
import stompit, { type IncomingFrame } from 'stompit';
import { installHeaderReading, textMark } from '../../../../src/intake/broker/parse.ts';

installHeaderReading();

interface Read {
  readonly command: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Bodies are latin-1 here, a character for each byte. */
async function read(chunks: readonly Buffer[]): Promise<Read[]> {
  const stream = new stompit.IncomingFrameStream();
  const frames: Read[] = [];
  const reading = (async () => {
    for await (const frame of stream as unknown as AsyncIterable<IncomingFrame>) {
      let body = '';
      for await (const chunk of frame) body += (chunk as Buffer).toString('latin1');
      const headers = Object.fromEntries(Object.entries(frame.headers).map(([name, value]) => [name, String(value)]));
      frames.push({ command: frame.command, headers, body });
    }
  })();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await reading;
  return frames;
}

const encode = ({ command, headers, body }: Read): string =>
  `${command}\n${Object.entries(headers)
    .map(([name, value]) => `${name}:${value}\n`)
    .join('')}\n${body}\0\n`;

/** Bytes that look like the ends and beginnings of frames. */
const words = constantFrom('a', 'å', '\0', '\n', '\0\n', '\0\n\nMESSAGE\n', 'ERROR\n\n', '\r', 'RECEIPT');
const bytes = array(words, { maxLength: 12 }).map((list) => list.join(''));
/** Nothing that could be taken for a command. */
const rest = array(constantFrom('x', '\0', '\0\n', '\nx'), { maxLength: 8 }).map((list) => list.join(''));

/** What is on the wire, and what is to be read. */
const frames: Arbitrary<{ readonly wire: string; readonly read: Read }> = oneof(
  bytes.map((body) => {
    const read = { command: 'MESSAGE', headers: { 'content-length': String(body.length) }, body };
    return { wire: encode(read), read };
  }),
  array(constantFrom('a', 'å', '\n', 'MESSAGE\n'), { maxLength: 12 }).map((list) => {
    const read = { command: 'MESSAGE', headers: { kind: 'text' }, body: list.join('') };
    return { wire: encode(read), read };
  }),
  record({
    text: array(constantFrom('a', '\0', '\n', '\0x', 'MESSAGE\n'), { maxLength: 12 }),
    lie: oneof(nat(100), constantFrom(1e12, 'x', -1)),
    beyond: rest,
  }).map(({ text, lie, beyond }) => {
    const body = text.join('').replaceAll(/\0\n+/g, '\0');
    const headers = { transformation: textMark, 'content-length': String(lie), kind: 'text' };
    return {
      wire: `${encode({ command: 'MESSAGE', headers, body })}${beyond === '' ? '' : `x${beyond}\0\n`}`,
      read: { command: 'MESSAGE', headers: { kind: 'text' }, body: body.replaceAll('\0', '\xc0\x80') },
    };
  }),
  nat(9).map((receipt) => {
    const read = { command: 'RECEIPT', headers: { 'receipt-id': String(receipt) }, body: '' };
    return { wire: encode(read), read };
  }),
);

describe('frames from ActiveMQ', () => {
  it('are the same however their bytes are cut into packets: bytes by their length, marked texts to their end', async () => {
    const inputs = record({
      list: array(record({ frame: frames, beats: nat(2) }), { minLength: 1, maxLength: 6 }),
      packets: array(nat(40), { maxLength: 30 }),
    });
    await check(
      asyncProperty(inputs, async ({ list, packets }) => {
        const wire = Buffer.from(list.map(({ frame, beats }) => frame.wire + '\n'.repeat(beats)).join(''), 'latin1');
        const chunks: Buffer[] = [];
        let at = 0;
        for (const length of packets) chunks.push(wire.subarray(at, (at += length)));
        chunks.push(wire.subarray(at));
        const expected = list.map(({ frame }) => frame.read);
        assert.deepEqual(await read(chunks.filter(({ length }) => length > 0)), expected);
        assert.deepEqual(await read([...wire].map((byte) => Buffer.from([byte]))), expected);
      }),
      { numRuns: 300 },
    );
  });

  it('keep what a header of ours says, however many others stand before it, and not all of the others', async () => {
    const headers: Record<string, string> = {};
    for (let i = 0; i < 6_000; i++) headers[`other-${i}`] = 'x'.repeat(i < 4 ? 1_000_000 : 10);
    const ours = {
      subscription: 'intake',
      ack: '1',
      'message-id': 'ID:1',
      messageType: 'self-invoice',
      recipient: '5560160680',
      operation: 'withdraw',
      documentNumber: '7',
    };
    const [frame] = await read([
      Buffer.from(encode({ command: 'MESSAGE', headers: { ...headers, ...ours }, body: '' })),
    ]);
    for (const [name, value] of Object.entries(ours)) assert.equal(frame?.headers[name], value, name);
    const characters = Object.entries(frame?.headers ?? {}).reduce(
      (sum, [name, value]) => sum + name.length + value.length,
      0,
    );
    assert.ok(characters < 4_200_000, `${characters} characters`);
  });

  it('of which none begins with a command end the connection before anything else is waited for', async () => {
    const [first, second] = await read([Buffer.from('MESSAGE\n\nthis \0 that\0\n\0')]);
    assert.equal(first?.body, 'this ');
    assert.equal(second?.command, ' that\0');
  });
});
