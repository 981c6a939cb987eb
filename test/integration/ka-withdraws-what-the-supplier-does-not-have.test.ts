import { strict as assert } from 'node:assert';
import { moveMessage } from '../../src/operations/messages.ts';
import { listAudit } from '../../src/store/audit.ts';
import { findMessages } from '../../src/store/messages.ts';
import { verifyAudit } from '../support/audit.ts';
import { jsonSelfInvoice, sampleOrganisationNumber } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { assertDelivered, conserved } from '../support/gateway-account.ts';
import { type Answer, type KaDocument, kaDocument, withdrawalOf } from '../support/ka.ts';

describe('KA withdraws what the supplier does not have', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await openGateway();
  });
  afterEach(async () => {
    const { ok } = await verifyAudit(gateway.pool);
    await conserved(gateway);
    await gateway.close();
    assert.equal(ok, true);
  });

  const answersAbout = (number: string): Answer[] =>
    gateway.ka.answers().filter(({ documentNumber }) => documentNumber === number);
  const told = (number: string, ...kinds: string[]) =>
    eventually(
      () => `${kinds.join(', ')} about ${number}, not ${gateway.ka.about(number).join(', ')}`,
      () => gateway.ka.about(number).length >= kinds.length,
    ).then(() => assert.deepEqual(gateway.ka.about(number), kinds));
  /** As KA would correct it. */
  const corrected = (document: KaDocument): KaDocument => ({
    ...document,
    messageType: 'self-invoice',
    headers: { ...document.headers, messageType: 'self-invoice' },
    body: jsonSelfInvoice({ recipient: document.recipient, number: document.number, seed: 77 }),
    isText: true,
  });

  it('in the order of the queue: a document, its withdrawal and the corrected document in one batch', async () => {
    const supplier = await gateway.addSupplier();
    const first = kaDocument(supplier.organisationNumber, 'W-1');
    const second = corrected(first);
    const other = kaDocument(supplier.organisationNumber, 'W-2', 2);
    // Before intake runs, so that they come at once; and to nobody yet, so that nothing is sent too early.
    await gateway.ka.send([first, withdrawalOf(first, { reason: 'fel summa' }), second, other]);
    await gateway.startIntake();
    await told('W-1', 'accepted', 'held', 'cancelled', 'accepted', 'held');
    const [accepted, , cancelled, again] = answersAbout('W-1');
    assert.deepEqual(
      [cancelled?.messageId, cancelled?.fault, cancelled?.kaMessageId],
      [accepted?.messageId, { code: 'withdrawn-by-ka', title: 'KA withdrew it', detail: 'fel summa' }, 'KA:W-1'],
    );
    assert.notEqual(again?.messageId, accepted?.messageId);
    // By its id the old version is meant, and the new one goes its way.
    const old = { operation: 'withdraw', messageId: accepted?.messageId ?? '' };
    await gateway.ka.send([{ ...withdrawalOf(first), headers: old }]);
    await told('W-1', 'accepted', 'held', 'cancelled', 'accepted', 'held', 'cancelled');
    assert.equal(answersAbout('W-1').at(-1)?.fault?.code, 'superseded');
    await gateway.register(supplier.entry());
    await gateway.startDelivery();
    const { withdrawals } = await gateway.settled(5);
    assert.equal(withdrawals, 2);
    const received = await supplier.received();
    assert.deepEqual(
      received.map(({ id, documentNumber }) => [id, documentNumber]),
      [
        [again?.messageId, 'W-1'],
        [answersAbout('W-2')[0]?.messageId, 'W-2'],
      ],
    );
    const [entry] = await listAudit(gateway.pool, { action: 'message.withdraw', limit: 5 });
    assert.deepEqual(
      [entry?.actor, entry?.subject, entry?.reason],
      ['ka', `message/${accepted?.messageId}`, 'fel summa'],
    );
  });

  it('twice says the same, also after an operator did it; and KA hears of what an operator cancels', async () => {
    await gateway.startIntake();
    const document = kaDocument(sampleOrganisationNumber(98), 'W-1');
    const other = kaDocument(sampleOrganisationNumber(98), 'W-2', 2);
    await gateway.ka.send([document, withdrawalOf(document), withdrawalOf(document), other]);
    await told('W-1', 'accepted', 'held', 'cancelled', 'cancelled');
    const [, , once, twice] = answersAbout('W-1');
    const same = (one: Answer) => ({ ...one, id: '', time: '' });
    assert.ok(once && twice);
    assert.deepEqual(same(once), same(twice));

    await told('W-2', 'accepted', 'held');
    const [row] = await findMessages(gateway.pool, 'W-2', 1);
    await moveMessage(gateway.pool, {
      action: 'cancel',
      messageId: row?.id ?? '',
      actor: 'cli:test',
      reason: 'ordered twice',
      now: new Date(),
    });
    // By its id this time.
    await told('W-2', 'accepted', 'held', 'cancelled');
    await gateway.ka.send([
      { ...withdrawalOf(other), headers: { operation: 'withdraw', messageId: row?.id ?? '', kaMessageId: 'X' } },
    ]);
    await told('W-2', 'accepted', 'held', 'cancelled', 'cancelled');
    const [, , operators, kas] = answersAbout('W-2');
    const fault = { code: 'cancelled-by-operator', title: 'An operator cancelled it', detail: 'ordered twice' };
    assert.deepEqual([operators?.fault, kas?.fault, kas?.kaMessageId], [fault, fault, 'X']);
    assert.equal((await listAudit(gateway.pool, { action: 'message', limit: 9 })).length, 2);
    assert.equal((await conserved(gateway)).withdrawals, 3);
  });

  it('and is told why not: delivered, never accepted, or said in two ways', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    await gateway.start();
    const document = kaDocument(supplier.organisationNumber, 'W-1');
    await gateway.ka.send([document]);
    await told('W-1', 'accepted', 'delivered');
    const messageId = answersAbout('W-1')[0]?.messageId ?? '';
    // A resend is on its way or over: either way the supplier has it.
    const resend = { action: 'resend', messageId, actor: 'cli:test', reason: 'lost', now: new Date() } as const;
    supplier.endpoint.behave(503);
    await moveMessage(gateway.pool, resend);
    const unknown = kaDocument(supplier.organisationNumber, 'W-9');
    await gateway.ka.send([
      withdrawalOf(document),
      withdrawalOf(unknown),
      withdrawalOf(
        { ...document, messageType: 'purchase-order' },
        { messageId, documentNumber: 'W-1', kaMessageId: 'Y' },
      ),
    ]);
    supplier.endpoint.behave('ok');
    await gateway.settled(4);
    const rejected = gateway.ka.answers().filter(({ answer }) => answer === 'rejected');
    assert.deepEqual(
      rejected.map(({ fault, messageId: about, documentNumber }) => [fault?.code, about, documentNumber]),
      [
        ['withdrawal-too-late', messageId, 'W-1'],
        ['withdrawal-unknown', undefined, 'W-9'],
        ['header-disagrees', messageId, 'W-1'],
      ],
    );
    assert.deepEqual(
      gateway.ka.deadLetters().map(({ headers }) => [headers['fault'], headers['original-operation']]),
      rejected.map(({ fault }) => [fault?.code, 'withdraw']),
    );
    assert.deepEqual(await listAudit(gateway.pool, { action: 'message.withdraw', limit: 5 }), []);
  });

  it('but not while it is being sent; when the supplier did not take it, the next withdrawal is heard', async () => {
    const answer = Promise.withResolvers<503>();
    const supplier = await gateway.addSupplier(() => answer.promise);
    await gateway.register(supplier.entry());
    await gateway.start();
    const document = kaDocument(supplier.organisationNumber, 'W-1');
    await gateway.ka.send([document]);
    await eventually('it is on the wire', () => supplier.endpoint.requests.length === 1);
    await gateway.ka.send([withdrawalOf(document)]);
    await told('W-1', 'accepted', 'rejected');
    assert.equal(answersAbout('W-1')[1]?.fault?.code, 'withdrawal-not-now');
    answer.resolve(503);
    // As KA does: again until it is over. Between two tries of the endpoint it is heard.
    await eventually('it is withdrawn', async () => {
      await gateway.ka.send([withdrawalOf(document)]);
      const before = answersAbout('W-1').length;
      await eventually(
        'an answer',
        () => answersAbout('W-1').length > before || gateway.ka.about('W-1').includes('cancelled'),
      );
      return gateway.ka.about('W-1').includes('cancelled');
    });
    const tries = supplier.endpoint.requests.length;
    supplier.endpoint.behave('ok');
    const next = kaDocument(supplier.organisationNumber, 'W-2', 2);
    await gateway.ka.send([next]);
    await told('W-2', 'accepted', 'delivered');
    const received = (await supplier.received()).map(({ documentNumber }) => documentNumber);
    assert.deepEqual(received.slice(tries), ['W-2']);
  });

  it('and a strict lane that stood still at it goes on', async () => {
    const supplier = await gateway.addSupplier(({ body }) => (body.includes('"subject":"W-1"') ? 422 : 'ok'));
    await gateway.register(supplier.entry({ order: 'strict' }));
    await gateway.start();
    const documents = [1, 2, 3].map((n) => kaDocument(supplier.organisationNumber, `W-${n}`, n));
    const [first, ...rest] = documents;
    assert.ok(first);
    await gateway.ka.send(documents);
    await told('W-1', 'accepted', 'refused');
    await told('W-3', 'accepted');
    await gateway.ka.send([withdrawalOf(first)]);
    await gateway.settled(4);
    assert.deepEqual(gateway.ka.about('W-1'), ['accepted', 'refused', 'cancelled']);
    for (const { number } of rest) assert.deepEqual(gateway.ka.about(number), ['accepted', 'delivered']);
  });

  it('or, when it is not in time, everything is as if it had not been sent', async () => {
    const supplier = await gateway.addSupplier();
    await gateway.register(supplier.entry());
    await gateway.start();
    const documents = Array.from({ length: 60 }, (_, i) => kaDocument(supplier.organisationNumber, `R-${i}`, i));
    await gateway.ka.send(documents.flatMap((one) => [one, withdrawalOf(one)]));
    const { delivered, cancelled, withdrawals, deadLetters } = await gateway.settled(120);
    assert.deepEqual([delivered + cancelled, withdrawals + deadLetters], [60, 60]);
    assert.equal(cancelled, withdrawals);
    const got = new Set((await supplier.received()).map(({ documentNumber }) => documentNumber));
    for (const { number } of documents) {
      const kinds = gateway.ka.about(number);
      assert.equal(kinds.includes('delivered'), got.has(number), `${number}: ${kinds.join(', ')}`);
      assert.notEqual(kinds.includes('cancelled'), got.has(number), `${number}: ${kinds.join(', ')}`);
    }
    if (cancelled === 0) await assertDelivered(gateway, supplier, documents);
  });
});
