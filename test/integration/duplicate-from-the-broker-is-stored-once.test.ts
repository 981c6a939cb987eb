import { strict as assert } from 'node:assert';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { assertAnswered, assertDelivered, conserved } from '../support/gateway-account.ts';
import { kaDocument, kaDocuments } from '../support/ka.ts';

describe('duplicate from the broker is stored once', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await openGateway({ settings: { KUVERT_INTAKE_BATCH: '10' } });
  });
  afterEach(() => gateway.close());

  it('frames that were stored and not acknowledged come again, and nothing happens a second time', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    const documents = kaDocuments(supplier.organisationNumber, 40);
    await gateway.startDelivery();
    const again: string[] = [];
    let lost = 0;
    await gateway.startIntake((deps) => ({
      ...deps,
      store: async (batch) => {
        const stored = await deps.store(batch);
        again.push(...stored.verdicts.flatMap(({ kind }) => (kind === 'again' ? [kind] : [])));
        // Committed, but the connection is gone before the acknowledgement: every third time.
        if (lost < 4 && stored.verdicts.some(({ kind }) => kind === 'accepted')) {
          lost += 1;
          throw Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' });
        }
        return stored;
      },
    }));
    await gateway.ka.send(documents);
    const found = await gateway.settled(40);
    await eventually('the broker brought what was not acknowledged', () => again.length >= 4);

    assert.deepEqual([found.taken, found.messages, found.duplicates, found.deadLetters], [40, 40, 0, 0]);
    const received = await assertDelivered(gateway, supplier, documents);
    assert.equal(received.length, 40);
    assertAnswered(gateway, documents);
    await conserved(gateway);
  });

  it('the same document from KA again is answered duplicate; other bytes under its number are rejected and name the first', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    await gateway.start();
    const [first, ...others] = kaDocuments(supplier.organisationNumber, 6);
    assert.ok(first);
    const corrected = { ...first, body: kaDocument(first.recipient, first.number, 4).body };
    assert.notDeepEqual(corrected.body, first.body);
    // In one batch, in later ones, and once more when it is long delivered.
    await gateway.ka.send([first, first, corrected, ...others]);
    await gateway.settled(8);
    await gateway.ka.send([first, corrected]);
    const found = await gateway.settled(10);

    assert.deepEqual([found.messages, found.duplicates, found.deadLetters], [6, 2, 2]);
    const received = await assertDelivered(gateway, supplier, [first, ...others]);
    assert.equal(received.length, 6);
    const { id } = received.find(({ documentNumber }) => documentNumber === first.number) ?? {};
    const answers = gateway.ka.answers().filter(({ documentNumber }) => documentNumber === first.number);
    assert.deepEqual(answers.map(({ answer }) => answer).sort(), [
      'accepted',
      'delivered',
      'duplicate',
      'duplicate',
      'rejected',
      'rejected',
    ]);
    for (const { answer, messageId, fault } of answers) {
      assert.equal(messageId, id, `${answer} names the first`);
      assert.equal(fault?.code, answer === 'rejected' ? 'document-number-taken' : undefined);
      if (fault) assert.match(fault.detail, new RegExp(String(id)));
    }
    const dead = gateway.ka.deadLetters();
    assert.deepEqual(
      dead.map(({ body }) => body.toString()),
      [corrected.body.toString(), corrected.body.toString()],
    );
    assertAnswered(gateway, others);
    await conserved(gateway);
  });

  it('also for a supplier that nobody knows yet', async () => {
    const stranger = sampleOrganisationNumber(77);
    await gateway.start();
    const document = kaDocument(stranger, 'S-1');
    await gateway.ka.send([document, document]);
    const found = await gateway.settled(2);
    assert.deepEqual([found.messages, found.held, found.duplicates], [1, 1, 1]);
    assert.deepEqual(gateway.ka.about('S-1'), ['accepted', 'held', 'duplicate']);
    await conserved(gateway);
  });
});
