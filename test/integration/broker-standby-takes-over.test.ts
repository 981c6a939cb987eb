import { strict as assert } from 'node:assert';
import { collect, numbered, testBroker } from '../support/broker.ts';
import { freshPrefix, sharedServers } from '../support/servers.ts';

describe('two gateways on one queue', () => {
  it('only one gets frames; the other takes over when it goes, in order', async () => {
    const { brokerUrl, brokerUser: user, brokerPassword: password } = sharedServers();
    const broker = testBroker([brokerUrl], { user, password });
    const queue = freshPrefix();
    const sender = broker.createSender();
    const first = collect(broker, queue);
    await sender.send(numbered(queue, 0, 1));
    await first.reached(1);
    const second = collect(broker, queue);
    while (second.consumer.connectedTo() === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    await sender.send(numbered(queue, 1, 100));
    await first.reached(100);
    assert.equal(second.frames.length, 0);
    await first.consumer.close();
    await sender.send(numbered(queue, 100, 200));
    await second.reached(100);
    await second.consumer.close();
    await sender.close();
    assert.deepEqual(
      [...first.texts(), ...second.texts()],
      Array.from({ length: 200 }, (_, i) => String(i)),
    );
  });
});
