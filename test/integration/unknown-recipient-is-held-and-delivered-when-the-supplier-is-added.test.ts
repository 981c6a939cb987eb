import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { assertAnswered, assertDelivered, conserved } from '../support/gateway-account.ts';
import { kaDocuments } from '../support/ka.ts';

describe('unknown recipient is held and delivered when the supplier is added', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  beforeEach(async () => {
    // Batches of two: an import meets one of many transactions.
    gateway = await openGateway({ settings: { KUVERT_INTAKE_BATCH: '2' } });
  });
  afterEach(() => gateway.close());

  it('numbered as it came, told to KA, and on its way as soon as the register knows the address', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.start();
    const early = kaDocuments(supplier.organisationNumber, 5, 'E');
    const late = kaDocuments(supplier.organisationNumber, 5, 'L');
    await gateway.ka.send(early);
    const held = await gateway.settled(5);
    assert.deepEqual([held.messages, held.held], [5, 5]);
    assertAnswered(gateway, early, ['accepted', 'held']);
    const told = gateway.ka.answers().flatMap(({ answer, fault }) => (answer === 'held' ? [fault?.code] : []));
    assert.deepEqual(
      told,
      Array.from({ length: 5 }, () => 'no-address'),
    );

    const { suppliers } = await gateway.register(supplier.entry());
    assert.deepEqual([suppliers[0]?.outcome, suppliers[0]?.released], ['added', 5]);
    await gateway.ka.send(late);
    const found = await gateway.settled(10);
    assert.equal(found.delivered, 10);
    const received = await assertDelivered(gateway, supplier, [...early, ...late]);
    assert.deepEqual(
      received.map(({ sequence }) => Number(sequence)),
      Array.from({ length: 10 }, (_, i) => i + 1),
      'each once and in order',
    );
    assertAnswered(gateway, early, ['accepted', 'held', 'delivered']);
    assertAnswered(gateway, late);
    await conserved(gateway);
  });

  it('a type that was not agreed is held until it is', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry({ messageTypes: ['purchase-order'] }));
    await gateway.start();
    const documents = kaDocuments(supplier.organisationNumber, 6);
    await gateway.ka.send(documents);
    const before = await gateway.settled(6);
    assert.deepEqual([before.delivered, before.held], [2, 4]);
    const told = gateway.ka.answers().flatMap(({ answer, fault }) => (answer === 'held' ? [fault?.code] : []));
    assert.deepEqual(
      told,
      Array.from({ length: 4 }, () => 'type-not-agreed'),
    );
    await gateway.register(supplier.entry());
    const found = await gateway.settled(6);
    assert.equal(found.delivered, 6);
    await assertDelivered(gateway, supplier, documents);
    await conserved(gateway);
  });

  it('no message stays behind when intake stores while the import commits, for forty suppliers', async () => {
    const suppliers = await Promise.all(Array.from({ length: 40 }, () => gateway.addSupplier()));
    const streams = suppliers.map(({ organisationNumber }) => kaDocuments(organisationNumber, 8, organisationNumber));
    const imports: Promise<unknown>[] = [];
    await gateway.startDelivery();
    await gateway.startIntake((deps) => ({
      ...deps,
      store: (batch) => {
        // While one batch of the supplier's messages is being stored, a little sooner or later from supplier to supplier.
        for (const [i, supplier] of suppliers.entries()) {
          const met = batch.some(
            (frame) => frame.kind === 'document' && frame.key.documentNumber === streams[i]?.[4]?.number,
          );
          if (met) imports.push(sleep(i % 8).then(() => gateway.register(supplier.entry())));
        }
        return deps.store(batch);
      },
    }));
    await gateway.ka.send(streams.flat());
    await eventually('all imports have begun', () => imports.length === 40);
    await Promise.all(imports);
    const found = await gateway.settled(320);
    assert.deepEqual([found.messages, found.held, found.delivered], [320, 0, 320]);
    let released = 0;
    for (const [i, supplier] of suppliers.entries()) {
      await assertDelivered(gateway, supplier, streams[i] ?? []);
      for (const { number } of streams[i] ?? []) {
        const kinds = gateway.ka.about(number);
        if (kinds.includes('held')) released += 1;
        assert.deepEqual(
          kinds.filter((kind) => kind !== 'held'),
          ['accepted', 'delivered'],
        );
      }
    }
    assert.ok(released > 0 && released < 320, `${released} of 320 met the import on its way: there was no race`);
    await conserved(gateway);
  });
});
