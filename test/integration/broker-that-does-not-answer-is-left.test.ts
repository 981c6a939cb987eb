import { strict as assert } from 'node:assert';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import type { Local } from '../../src/platform/local/local.ts';
import { collect, numbered, testBroker } from '../support/broker.ts';
import { ownServers, sharedServers } from '../support/servers.ts';

/** Speaks STOMP so far: beats its heart, answers CONNECT and these commands, and brings no frame ever. */
async function halfBroker(
  answered: readonly string[],
): Promise<{ server: Server; url: string; commands: string[]; sockets: Set<Socket> }> {
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const heart = setInterval(() => socket.write('\n'), 100);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(heart);
      sockets.delete(socket);
    });
    socket.on('data', (data) => {
      for (const frame of data.toString().split('\0')) {
        const [command = ''] = frame.trim().split('\n');
        if (command === '') continue;
        commands.push(command);
        if (command === 'CONNECT') socket.write('CONNECTED\nversion:1.2\nheart-beat:100,100\n\n\0');
        const receipt = /receipt:(\d+)/.exec(frame)?.[1];
        if (receipt !== undefined && answered.includes(command)) socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `stomp://127.0.0.1:${(server.address() as AddressInfo).port}`, commands, sockets };
}

describe('a broker that does not answer', () => {
  const patience = { heartbeat: 300, watchdog: 600 };

  for (const subscribes of [true, false]) {
    it(`but beats its heart (${subscribes ? 'after' : 'before'} the subscription) is left, again and again`, async () => {
      const { brokerUser: user, brokerPassword: password } = sharedServers();
      const half = await halfBroker(subscribes ? ['SUBSCRIBE'] : []);
      const broker = testBroker([half.url], { user, password }, patience);
      const { consumer } = collect(broker, 'any');
      while (half.commands.filter((command) => command === 'CONNECT').length < 3)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(half.commands.includes('BEGIN'), subscribes, 'asked, and not only listened');
      assert.equal(half.sockets.size <= 1, true, 'the old connection was not left behind');
      await consumer.close();
      half.server.close();

      // And a sender does not wait for ever for a receipt.
      const deaf = await halfBroker([]);
      const sender = testBroker([deaf.url], { user, password }, patience).createSender();
      await assert.rejects(sender.send(numbered('any', 0, 1)), /has not answered|was silent/);
      deaf.server.close();
    });
  }

  it('to a subscription that it may have lost is asked anew when nothing has come for long', async () => {
    const mute = await halfBroker(['SUBSCRIBE', 'BEGIN', 'ABORT', 'DISCONNECT']);
    const { consumer } = collect(
      testBroker([mute.url], { user: 'u', password: 'p' }, { heartbeat: 300, watchdog: 100 }),
      'any',
    );
    const count = (name: string) => mute.commands.filter((command) => command === name).length;
    while (count('SUBSCRIBE') < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(count('ABORT') > 3, 'it answered all the time');
    assert.ok(count('DISCONNECT') >= 2, 'and was left politely');
    await consumer.close();
    mute.server.close();
  });

  describe('because its process is stopped', () => {
    let servers: Local;
    before(async () => {
      servers = await ownServers({ broker: true });
    });
    after(() => servers.stop());

    it('is left within twice its heart-beat, and used again when it goes on', async () => {
      const local = servers.broker!;
      const broker = testBroker([local.url], local, { heartbeat: 500, watchdog: 2_000 });
      const sender = testBroker([local.url], local, { heartbeat: 500, watchdog: 2_000 }).createSender();
      await sender.send(numbered('in', 0, 5));
      const taken = collect(broker, 'in');
      await taken.reached(5);
      local.pause();
      const since = performance.now();
      while (taken.consumer.connectedTo() !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
      const left = performance.now() - since;
      assert.ok(left < 2_000, `left after ${Math.round(left)} ms`);
      local.resume();
      for (let sent = false; !sent; )
        sent = await sender.send(numbered('in', 5, 10)).then(
          () => true,
          () => false,
        );
      await taken.reached(10);
      await taken.consumer.close();
      await sender.close();
      assert.deepEqual(
        [...new Set(taken.texts())],
        Array.from({ length: 10 }, (_, i) => String(i)),
      );
    });
  });

  it('does not count while we are the ones who are slow', async () => {
    const { brokerUrl, brokerUser: user, brokerPassword: password } = sharedServers();
    const broker = testBroker([brokerUrl], { user, password }, patience);
    const sender = broker.createSender();
    const queue = `slow${process.pid}`;
    await sender.send(numbered(queue, 0, 50));
    let batches = 0;
    const slow = collect(broker, queue, {
      batch: 50,
      onBatch: async () => {
        batches += 1;
        await new Promise((resolve) => setTimeout(resolve, 2_500));
      },
    });
    await slow.reached(50);
    await slow.consumer.close();
    await sender.close();
    assert.ok(batches <= 2, `${batches} batches: frames came again because the connection was dropped`);
  });
});
