import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from '../../src/intake/broker/frame.ts';
import { deadLetterFrame } from '../../src/intake/dead-letter.ts';
import { collect, runJava, testBroker } from '../support/broker.ts';
import { eventually } from '../support/eventually.ts';
import { freshPrefix, sharedServers } from '../support/servers.ts';

describe('messages from JMS programs', () => {
  const { brokerUrl, brokerUser: user, brokerPassword: password, openwireUrl } = sharedServers();
  const broker = testBroker([brokerUrl], { user, password });

  it('however odd are taken, each as it was sent, and can all be put on the dead-letter queue', async () => {
    const queue = freshPrefix();
    await runJava('test/support/OddMessages.java', [openwireUrl, user, password, queue]);
    const taken = collect(broker, queue);
    await taken.reached(34);
    await taken.consumer.close();
    const of = (kind: string) => taken.frames.filter(({ headers }) => headers['kind'] === kind);
    assert.deepEqual(
      of('not-a-document').map(({ body, isText }) => [body.length, isText]),
      Array.from({ length: 6 }, () => [0, true]),
    );
    assert.deepEqual(
      of('empty').map(({ body, isText }) => [body.length, isText]),
      [[0, false]],
    );
    assert.equal(of('text')[0]?.body.toString(), 'åäö 😀 \0 end');
    assert.equal(of('header').length, 12);
    assert.equal(of('header').at(-1)?.headers['large'], 'å'.repeat(200_000));
    assert.equal(of('reserved').length, 8);
    assert.deepEqual(
      of('length').map(({ body }) => body.toString()),
      Array.from({ length: 5 }, () => 'header'),
    );
    assert.equal(taken.frames.at(-1)?.body.toString(), 'last');

    const sender = broker.createSender();
    const dead = freshPrefix();
    const letters = taken.frames.map((frame, i) =>
      deadLetterFrame(dead, { ...frame, deadLetterId: String(i), fault: 'frame-empty', detail: 'x' }),
    );
    await sender.send(letters);
    await sender.close();
    const back = collect(broker, dead);
    await back.reached(34);
    await back.consumer.close();
    assert.deepEqual(
      back.frames.map(({ body, headers }) => [
        body.toString(),
        headers['original-message-id'],
        headers['dead-letter-id'],
      ]),
      taken.frames.map(({ body, headers }, i) => [body.toString(), headers['message-id'], String(i)]),
    );
  });

  it('however odd are the same while lengths are asked for, because one was made up', async () => {
    const prefix = freshPrefix();
    const queue = `${prefix}5`;
    await runJava('test/support/LyingLengths.java', [openwireUrl, user, password, prefix, 'last', '999999999']);
    const asking = collect(broker, queue);
    await eventually('the made-up length is past', () => asking.texts().at(-1)?.startsWith('this is no length'));
    await runJava('test/support/OddMessages.java', [openwireUrl, user, password, queue]);
    await eventually('the last is taken', () => asking.texts().at(-1) === 'last');
    await asking.consumer.close();
    const plain = collect(broker, prefix);
    await runJava('test/support/OddMessages.java', [openwireUrl, user, password, prefix]);
    await plain.reached(34);
    await plain.consumer.close();
    const facts = ({ headers, body }: Frame) => {
      const {
        'message-id': _id,
        ack: _ack,
        timestamp: _at,
        destination: _queue,
        'content-length': _length,
        ...rest
      } = headers;
      return [rest, body.toString('latin1')];
    };
    assert.deepEqual(asking.frames.slice(-34).map(facts), plain.frames.map(facts));
  });

  const lengths = ['20', '21', '22', '23', '300', '100000', '1048576', '1048577', '104857600', '999999999999', 'none'];
  for (const [where, count] of [
    ['behind', 44],
    ['last', 2],
  ] as const)
    it(`whose length is a lie are taken as what they are, with everything that is not behind them (${where})`, async () => {
      const prefix = freshPrefix();
      await runJava('test/support/LyingLengths.java', [openwireUrl, user, password, prefix, where, ...lengths]);
      await Promise.all(
        lengths.map(async (length, i) => {
          const taken = collect(broker, `${prefix}${i + 5}`);
          // An acknowledgement may be lost with the connection that is left; then its frame comes again.
          const first = () => [...new Map(taken.frames.map((frame) => [frame.brokerMessageId, frame])).values()];
          await eventually(`all of ${length} are taken`, () => first().length === count);
          await taken.consumer.close();
          const bodies = first().map(({ body }) => body);
          const lying = `this is no length: ${length === 'none' ? '\0 or \0\0\0, åäö' : length}`;
          assert.deepEqual(bodies.slice(0, 2).map(String), ['first', lying], `content-length:${length}`);
          if (where === 'last') return;
          assert.deepEqual(
            bodies.slice(2, 42).map(String),
            Array.from({ length: 20 }, (_, more) => [
              `text ${more}`,
              'NUL \0\n\nMESSAGE\nsubscription:intake\n\nx\0\n',
            ]).flat(),
          );
          assert.equal(bodies[42]?.toString('hex'), '0061000a0062000a0063');
          assert.equal(bodies[43]?.toString(), 'last');
        }),
      );
    });

  it('of the sample program in the contract arrive byte for byte with their headers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuvert-ka-'));
    const queue = freshPrefix();
    const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>åäö</a>\r\n', 'latin1');
    writeFileSync(join(folder, 'a.xml'), latin);
    writeFileSync(join(folder, 'b.json'), '{"b":"😀"}');
    const printed = await runJava(
      'docs/ka-producer/SendDocument.java',
      [openwireUrl, 'self-invoice', '5560160680', join(folder, 'a.xml'), join(folder, 'b.json')],
      { BROKER_USER: user, BROKER_PASSWORD: password, KUVERT_QUEUE_IN: queue },
    );
    rmSync(folder, { recursive: true });
    const taken = collect(broker, queue);
    await taken.reached(2);
    await taken.consumer.close();
    const [a, b] = taken.frames;
    assert.deepEqual(a?.body, latin);
    assert.equal(b?.body.toString(), '{"b":"😀"}');
    assert.deepEqual(
      [a?.isText, a?.headers['messageType'], a?.headers['recipient']],
      [false, 'self-invoice', '5560160680'],
    );
    assert.match(a?.headers['eventTime'] ?? '', /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/);
    assert.deepEqual(printed.trim().split('\n'), [a?.brokerMessageId, b?.brokerMessageId]);
  });
});
