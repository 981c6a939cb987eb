import { strict as assert } from 'node:assert';
import type { Local } from '../../src/platform/local/local.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { assertDelivered, conserved } from '../support/gateway-account.ts';
import { type KaDocument, kaDocuments } from '../support/ka.ts';
import { ownServers, sharedServers } from '../support/servers.ts';

describe('broker killed and restarted mid-stream', function () {
  this.timeout(120_000);
  let servers: Local;
  let gateway: TestGateway;
  before(async () => {
    servers = await ownServers({ broker: true });
    const { url, user, password } = servers.broker!;
    gateway = await openGateway({
      servers: { ...sharedServers(), brokerUrl: url, brokerUser: user, brokerPassword: password },
      settings: { KUVERT_INTAKE_BATCH: '20', KUVERT_BROKER_PREFETCH: '60' },
    });
  });
  after(async () => {
    await gateway.close();
    await servers.stop();
  });

  it('twice: everything arrives, in order for each recipient, and KA gets every answer', async () => {
    const suppliers = await Promise.all([1, 2, 3].map(() => gateway.addSupplier()));
    await gateway.register(...suppliers.map((supplier) => supplier.entry()));
    const streams = suppliers.map(({ organisationNumber }, i) => kaDocuments(organisationNumber, 100, `S${i}`));
    const mixed = Array.from({ length: 100 }, (_, i) => streams.map((stream) => stream[i] as KaDocument)).flat();
    await gateway.start();
    const taken = async (): Promise<number> => (await conserved(gateway)).taken;

    for (const [from, to, killAt] of [
      [0, 130, 40],
      [130, 230, 150],
      [230, 300, undefined],
    ] as const) {
      // KA goes on sending while the broker dies: small transactions, each again until it is told that it is there.
      const sending = (async () => {
        for (let at = from; at < to; at += 5) await gateway.ka.send(mixed.slice(at, Math.min(at + 5, to)));
      })();
      if (killAt !== undefined) {
        await eventually(`${killAt} frames are taken`, async () => (await taken()) >= killAt);
        await servers.broker?.kill();
        await servers.broker?.restart();
      }
      await sending;
    }
    const found = await gateway.settled(300);

    // KA's own repeats, when a transaction was committed and the broker died before it said so, are duplicates and no more.
    assert.equal(found.messages, 300);
    assert.equal(found.delivered, 300);
    assert.equal(found.deadLetters, 0);
    assert.equal(found.taken, 300 + found.duplicates);
    for (const [i, supplier] of suppliers.entries()) {
      const received = await assertDelivered(gateway, supplier, streams[i] ?? []);
      assert.deepEqual(
        received.map(({ sequence }) => Number(sequence)),
        Array.from({ length: 100 }, (_, n) => n + 1),
        'each once and in order',
      );
    }
    for (const { number } of mixed) {
      const kinds = gateway.ka.about(number);
      const told = kinds.filter((kind) => kind !== 'duplicate');
      assert.deepEqual(told, ['accepted', 'delivered'], `answers about ${number}`);
    }
    const duplicates = gateway.ka.answers().filter(({ answer }) => answer === 'duplicate');
    assert.equal(duplicates.length, found.duplicates);
    await conserved(gateway);
  });
});
