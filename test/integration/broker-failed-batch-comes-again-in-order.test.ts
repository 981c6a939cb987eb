import { strict as assert } from 'node:assert';
import { collect, numbered, testBroker } from '../support/broker.ts';
import { freshPrefix, sharedServers } from '../support/servers.ts';

describe('a batch that fails', () => {
  it('comes again, eight times over, in order; nothing is acknowledged or sent to the broker’s own dead-letter queue', async () => {
    const { brokerUrl, brokerUser: user, brokerPassword: password } = sharedServers();
    const broker = testBroker([brokerUrl], { user, password });
    const queue = freshPrefix();
    const sender = broker.createSender();
    await sender.send(numbered(queue, 0, 100));
    let fails = 8;
    const begins: string[] = [];
    const taken = collect(broker, queue, {
      onBatch: async ({ frames }) => {
        begins.push(frames[0]!.body.toString());
        if (fails-- > 0) throw new Error('the store is away');
      },
    });
    await taken.reached(100);
    await taken.consumer.close();
    assert.deepEqual(
      begins.slice(0, 9),
      Array.from({ length: 9 }, () => '0'),
    );
    assert.deepEqual(
      taken.texts(),
      Array.from({ length: 100 }, (_, i) => String(i)),
    );

    // What was acknowledged is gone: a second consumer gets only what is sent now.
    await sender.send(numbered(queue, 100, 101));
    const again = collect(broker, queue);
    await again.reached(1);
    await again.consumer.close();
    await sender.close();
    assert.deepEqual(again.texts(), ['100']);
  });

  it('acknowledges at the batch’s word, before the work after it', async () => {
    const { brokerUrl, brokerUser: user, brokerPassword: password } = sharedServers();
    const broker = testBroker([brokerUrl], { user, password });
    const queue = freshPrefix();
    const sender = broker.createSender();
    await sender.send(numbered(queue, 0, 1));
    let tries = 0;
    const { promise: failing, resolve: fail } = Promise.withResolvers<void>();
    const first = collect(broker, queue, {
      onBatch: async ({ ack }) => {
        ack();
        tries += 1;
        fail();
        // Time for the acknowledgement to reach the broker.
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (tries === 1) throw new Error('nobody could be woken');
      },
    });
    await failing;
    await sender.send(numbered(queue, 1, 2));
    await first.reached(1);
    await first.consumer.close();
    await sender.close();
    assert.deepEqual(first.texts(), ['1']);
  });
});
