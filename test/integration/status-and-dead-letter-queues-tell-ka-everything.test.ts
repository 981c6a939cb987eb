import { strict as assert } from 'node:assert';
import { type AnswerKind, answerKinds } from '../../src/domain/answer.ts';
import { sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { assertAnswered, conserved } from '../support/gateway-account.ts';
import { type KaDocument, kaDocument, kaDocuments, withdrawalOf } from '../support/ka.ts';

describe('status and dead-letter queues tell KA everything', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await openGateway({ settings: { KUVERT_REFUSALS_HOLD: '3' } });
  });
  afterEach(() => gateway.close());

  it('every kind of answer comes, right by its schema, in order for each message, with what KA called it', async () => {
    const refusing = await gateway.addSupplier(422);
    const good = await gateway.addSupplier();
    const shut = await gateway.addSupplier(403);
    await gateway.register(refusing.entry(), good.entry(), shut.entry());
    await gateway.start();
    const named = (one: KaDocument): KaDocument => ({
      ...one,
      headers: { ...one.headers, kaMessageId: `KA:${one.number}` },
    });
    const delivered = kaDocuments(good.organisationNumber, 6, 'G').map(named);
    const [refused] = kaDocuments(refusing.organisationNumber, 1, 'R').map(named);
    const waiting = kaDocuments(shut.organisationNumber, 4, 'W').map(named);
    const unknown = named(kaDocument(sampleOrganisationNumber(99), 'U-1'));
    const [first] = delivered;
    assert.ok(refused && first);
    const broken: KaDocument = {
      ...named({ ...first, number: 'B-1' }),
      body: Buffer.concat([first.body.subarray(0, 200), Buffer.from('å')]),
    };
    const taken = named(kaDocument(sampleOrganisationNumber(99), 'T-1'));
    await gateway.ka.send([...delivered, refused, ...waiting, unknown, first, broken, taken, withdrawalOf(taken)]);

    const { ka } = gateway;
    const lane = await eventually('the held lane is announced', () => ka.answers().find(({ lane: one }) => one));
    await eventually('six are delivered', () => ka.answers().filter((one) => one.answer === 'delivered').length === 6);
    await eventually('one is refused', () => ka.about(refused.number).includes('refused'));
    await eventually('one is cancelled', () => ka.about(taken.number).includes('cancelled'));
    await eventually('one is rejected', () => ka.answers().some(({ answer }) => answer === 'rejected'));

    const told = new Set<AnswerKind>(ka.answers().map(({ answer }) => answer));
    assert.deepEqual([...told].sort(), [...answerKinds].sort());
    assertAnswered(gateway, delivered.slice(1));
    assert.deepEqual(ka.about(first.number).sort(), ['accepted', 'delivered', 'duplicate']);
    assert.deepEqual(ka.about(refused.number), ['accepted', 'refused']);
    assert.deepEqual(ka.about(unknown.number), ['accepted', 'held']);
    assert.deepEqual(ka.about(taken.number), ['accepted', 'held', 'cancelled']);
    // The lane is announced once, its messages wait.
    assertAnswered(gateway, waiting, ['accepted']);
    assert.deepEqual(
      [lane.answer, lane.recipient, lane.fault?.code, lane.messageId],
      ['held', shut.organisationNumber, 'endpoint-rejects-us', undefined],
    );
    for (const one of ka.answers()) {
      if (one.documentNumber === undefined) continue;
      assert.deepEqual(
        [one.kaMessageId, one.correlationId],
        [`KA:${one.documentNumber}`, `about ${one.documentNumber}`],
      );
    }
    for (const documents of [delivered, waiting])
      assert.deepEqual(
        documents.map(({ number }) => ka.answers().find((one) => one.documentNumber === number)?.sequence),
        documents.map((_, i) => String(i + 1)),
      );
    const [letter] = ka.deadLetters();
    const rejected = ka.answers().find(({ answer }) => answer === 'rejected');
    assert.ok(letter && rejected);
    assert.deepEqual(letter.body.toString(), broken.body.toString());
    assert.equal(letter.headers['dead-letter-id'], rejected.deadLetterId);
    assert.equal(letter.headers['fault'], rejected.fault?.code);
    assert.equal(letter.headers['original-kaMessageId'], `KA:B-1`);

    // The supplier lets us in again: what waited comes, each answered, and the release is not another announcement.
    shut.endpoint.behave('ok');
    await gateway.settled(16);
    assertAnswered(gateway, waiting);
    assert.equal(ka.answers().filter(({ lane: one }) => one).length, 1);
    await conserved(gateway);
  });

  it('refusals one after another are taken back, and KA is told of the lane', async () => {
    const supplier = await gateway.addSupplier(422);
    await gateway.register(supplier.entry());
    await gateway.start();
    const documents = kaDocuments(supplier.organisationNumber, 5);
    await gateway.ka.send(documents);
    const lane = await eventually('the lane is held', () => gateway.ka.answers().find(({ lane: one }) => one));
    assert.equal(lane.fault?.code, 'mass-refusal');
    supplier.endpoint.behave('ok');
    await gateway.settled(5);
    for (const { number } of documents) assert.equal(gateway.ka.about(number).at(-1), 'delivered', number);
    await conserved(gateway);
  });

  it('at least once: answers whose sending nobody could confirm come again, with the same ids', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    await gateway.start();
    const documents = kaDocuments(supplier.organisationNumber, 3);
    await gateway.ka.send(documents);
    await gateway.settled(3);
    const before = gateway.ka.answers().map(({ id }) => id);
    assert.equal(before.length, 6);
    // As a gateway leaves them that ends between the broker's receipt and its own note of it.
    await gateway.pool.query('update outbox set sent_at = null');
    const again = await eventually('they come again', () => gateway.ka.frames() >= 12 && gateway.ka.answers());
    assert.deepEqual(
      again.map(({ id }) => id),
      before,
    );
    assertAnswered(gateway, documents);
    await conserved(gateway);
  });
});
