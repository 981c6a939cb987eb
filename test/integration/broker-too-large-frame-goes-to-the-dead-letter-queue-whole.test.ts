import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import type { Frame } from '../../src/intake/broker/frame.ts';
import { createSetAside } from '../../src/intake/dead-letter.ts';
import { collect, testBroker, textFrame } from '../support/broker.ts';
import { freshPrefix, sharedServers } from '../support/servers.ts';

describe('a frame beyond the limit', () => {
  it('is on the dead-letter queue byte for byte; those before and behind it are taken, in order', async () => {
    const { brokerUrl, brokerUser: user, brokerPassword: password } = sharedServers();
    const broker = testBroker([brokerUrl], { user, password });
    const queue = freshPrefix();
    const dead = freshPrefix();
    const sender = broker.createSender();
    const bytes = Buffer.alloc(3_000_000, 'a\0å');
    const text = 'åäö'.repeat(200_000);
    await sender.send([
      textFrame(queue, 'before'),
      { queue, headers: { kind: 'bytes' }, body: bytes, isText: false },
      textFrame(queue, 'between'),
      textFrame(queue, text, { kind: 'text' }),
      textFrame(queue, 'behind'),
    ]);

    const frames: Frame[] = [];
    const { promise: all, resolve } = Promise.withResolvers<void>();
    const consumer = broker.consume(
      { queue, prefetch: 10, batch: 10, bodyBytes: 100_000 },
      createSetAside((...given) => sender.stream(...given), dead),
      async (batch) => {
        frames.push(...batch.frames);
        if (frames.length === 5) resolve();
      },
    );
    await all;
    await consumer.close();
    assert.deepEqual(
      frames.map(({ beyondLimit, body }) => beyondLimit?.bytes ?? body.toString()),
      ['before', bytes.length, 'between', Buffer.byteLength(text), 'behind'],
    );
    assert.deepEqual(frames[1]?.beyondLimit?.sha256, createHash('sha256').update(bytes).digest());
    assert.equal(frames[1]?.body.length, 65_536);

    const letters = collect(broker, dead, { bodyBytes: 10_000_000 });
    await letters.reached(2);
    await letters.consumer.close();
    await sender.close();
    assert.ok(letters.frames[0]?.body.equals(bytes));
    assert.equal(letters.frames[1]?.body.toString(), text);
    assert.deepEqual(
      letters.frames.map(({ headers }) => [headers['fault'], headers['original-kind'], headers['original-was-text']]),
      [
        ['frame-too-large', 'bytes', undefined],
        ['frame-too-large', 'text', 'true'],
      ],
    );
  });
});
