import { strict as assert } from 'node:assert';
import type { Local } from '../../src/platform/local/local.ts';
import { collect, numbered, sendPatiently, testBroker } from '../support/broker.ts';
import { ownServers } from '../support/servers.ts';

describe('broker killed and restarted', () => {
  let servers: Local;
  before(async () => {
    servers = await ownServers({ broker: true });
  });
  after(() => servers.stop());

  it('the consumer comes back, three times over, and takes the rest in order', async () => {
    const local = servers.broker!;
    const broker = testBroker([local.url], local);
    const sender = broker.createSender();
    await sender.send(numbered('in', 0, 300));
    const seen: number[] = [];
    const { consumer } = collect(broker, 'in', {
      onBatch: async ({ frames }) => {
        seen.push(...frames.map(({ body }) => Number(body.toString())));
      },
    });
    for (let round = 1; round <= 3; round++) {
      await local.kill();
      await local.restart();
      await sendPatiently(sender, numbered('in', round * 300, (round + 1) * 300));
    }
    while (!seen.includes(1_199)) await new Promise((resolve) => setTimeout(resolve, 20));
    await consumer.close();
    await sender.close();

    assert.deepEqual(
      [...new Set(seen)],
      Array.from({ length: 1_200 }, (_, i) => i),
      'every frame, each for the first time in order',
    );
  });
});
