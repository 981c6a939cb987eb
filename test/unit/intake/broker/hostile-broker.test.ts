/** Whatever a broker says, the consumer leaves it and comes back; what it says that is right is taken. */
import { strict as assert } from 'node:assert';
import type { Script } from '../../../hostile/stomp.ts';
import type { Opened } from '../../../hostile/target.ts';
import { broker } from '../../../hostile/targets/broker.ts';

const nothing: Script = { hello: undefined, says: [], frames: undefined, packets: [], ending: 'fin', aside: 'taken' };
const bytes = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));
const message = (headers: string, body: string): string => `MESSAGE\nsubscription:intake\n${headers}\n${body}\0`;

describe('a broker', () => {
  let consumer: Opened;
  before(async () => {
    consumer = await broker.open();
  });
  after(() => consumer.close());

  const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'];
  for (const [what, says] of [
    ['a receipt', inherited.map((name) => `RECEIPT\nreceipt-id:${name}\n\n\0`)],
    ['a subscription', inherited.map((name) => `MESSAGE\nsubscription:${name}\n\nx\0`)],
    ['a command', inherited.map((name) => `${name}\nsubscription:intake\n\n\0`)],
  ] as const)
    it(`that names ${what} by what every object has is left, and the process lives`, async () => {
      for (const one of says) assert.equal(await consumer.meet({ ...nothing, says: bytes(one) }), 'left');
    });

  it('that greets with a version that every object has is left, and the process lives', async () => {
    for (const name of inherited) {
      const hello = Buffer.from(`CONNECTED\nversion:${name}\n\n\0`);
      assert.equal(await consumer.meet({ ...nothing, hello, says: bytes('X\n\n\0') }), 'left');
    }
  });

  it('that states a negative length is left, and the process lives', async () => {
    const error = `ERROR\ncontent-type:text/plain\ncontent-length:-5\n\n${'x'.repeat(20_000)}\0`;
    assert.equal(await consumer.meet({ ...nothing, says: bytes(error) }), 'left');
    for (const one of [message('content-length:-5\n', 'x'.repeat(9_000)), message('content-length: -1\n', '')])
      assert.match(await consumer.meet({ ...nothing, says: bytes(one) }), /^left/);
  });

  it('that says an error with more text than it states is left, and the process lives', async () => {
    for (const length of ['3', '4096']) {
      const error = `ERROR\ncontent-type:text/plain\ncontent-length:${length}\n\n${'x'.repeat(150_000)}\0`;
      assert.equal(await consumer.meet({ ...nothing, says: bytes(error) }), 'left');
    }
  });

  for (const aside of ['refused', 'half'] as const)
    it(`that brings a large body which cannot be put aside (${aside}) is left, and the process lives`, async () => {
      const large = message(`content-length:50000\n`, 'x'.repeat(50_000));
      assert.equal(await consumer.meet({ ...nothing, says: bytes(large), aside }), 'left');
    });

  it('that breaks off in the middle of anything is left', async () => {
    const whole = message('content-length:20000\n', 'x'.repeat(20_000));
    for (const end of [3, 9, 30, 45, 60, 300, 19_000, whole.length - 1])
      for (const ending of ['fin', 'reset'] as const)
        assert.equal(await consumer.meet({ ...nothing, says: bytes(whole.slice(0, end)), ending }), 'left');
  });
});
