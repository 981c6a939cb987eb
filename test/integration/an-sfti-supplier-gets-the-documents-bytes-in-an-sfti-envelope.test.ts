import { strict as assert } from 'node:assert';
import { moveMessage } from '../../src/operations/messages.ts';
import { jsonPurchaseOrder, svefaktura } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { type KaFrame, sha256Of } from '../support/ka.ts';

describe('an SFTI supplier gets the document’s bytes in an SFTI envelope', function () {
  this.timeout(120_000);
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await openGateway();
  });
  afterEach(() => gateway.close());

  const invoice = (recipient: string, body: Buffer): KaFrame => ({
    headers: { messageType: 'self-invoice', recipient, correlationId: 'ärende <7> & "8"' },
    body,
    isText: false,
  });

  it('byte for byte, signed, as application/xml; a supplier beside it gets CloudEvents', async () => {
    const [xml, json] = [await gateway.addSupplier(), await gateway.addSupplier()];
    await gateway.register(xml.entry({ envelopeFormat: 'sfti', concurrency: 3 }), json.entry());
    await gateway.start();
    const plain = svefaktura({ recipient: xml.organisationNumber, number: 'S-1' });
    const decorated = Buffer.concat([
      Buffer.from('\uFEFF<?xml version="1.0"?><!-- <Invoice> -->\r\n'),
      plain.subarray(plain.indexOf('<Invoice')),
      Buffer.from('<!-- slut -->'),
    ]).toString();
    const bodies = [
      plain,
      Buffer.from(decorated.replaceAll('S-1', 'S-2')),
      svefaktura({ recipient: xml.organisationNumber, number: 'S-3', prefixes: ['sh', 'x', 'y'] }),
    ];
    await gateway.ka.send([
      ...bodies.map((body) => invoice(xml.organisationNumber, body)),
      invoice(json.organisationNumber, svefaktura({ recipient: json.organisationNumber, number: 'S-4' })),
    ]);
    const found = await gateway.settled(4);
    assert.equal(found.delivered, 4, JSON.stringify(gateway.ka.answers()));

    const received = await xml.received();
    assert.deepEqual(received.map((one) => sha256Of(one.document)).sort(), bodies.map(sha256Of).sort());
    for (const [i, one] of received.entries()) {
      const { headers, body } = xml.endpoint.requests[i] ?? assert.fail();
      assert.equal(one.format, 'sfti');
      assert.match(String(headers['content-type']), /^application\/xml/);
      assert.equal(one.correlationId, 'ärende <7> & "8"');
      const text = one.document.toString();
      const element = /<(sh:)?Invoice[\s>][^]*<\/\1?Invoice>/.exec(text.slice(text.indexOf(' -->') + 1))?.[0] ?? '?';
      assert.ok(body.includes(element), 'the root element stands in the envelope as KA wrote it');
    }
    assert.deepEqual(
      (await json.received()).map(({ format }) => format),
      ['cloudevents'],
    );
    assert.match(String(json.endpoint.requests[0]?.headers['content-type']), /^application\/cloudevents\+json/);
  });

  it('what is not XML in UTF-8 is held and KA told why; the rest goes on; with another format it is released', async () => {
    const supplier = await gateway.addSupplier();
    const { organisationNumber: recipient } = supplier;
    await gateway.register(supplier.entry({ envelopeFormat: 'sfti' }));
    await gateway.start();
    await gateway.ka.send([
      {
        headers: { messageType: 'purchase-order', recipient },
        body: jsonPurchaseOrder({ recipient, number: 'J-1' }),
        isText: true,
      },
      invoice(recipient, svefaktura({ recipient, number: 'L-1', encoding: 'ISO-8859-1' })),
      invoice(recipient, svefaktura({ recipient, number: 'S-1' })),
    ]);
    const found = await gateway.settled(3);
    assert.equal(found.delivered, 1);
    assert.equal(found.held, 2);
    const held = gateway.ka.answers().filter(({ answer }) => answer === 'held');
    assert.deepEqual(
      held.map(({ documentNumber, fault }) => [documentNumber, fault?.code, fault?.detail]),
      [
        ['J-1', 'format-not-possible', 'the document is application/json; an SFTI envelope takes XML only'],
        [
          'L-1',
          'format-not-possible',
          'the document is written in ISO-8859-1; an SFTI envelope takes UTF-8 only, because the document’s bytes are copied as they are',
        ],
      ],
    );
    assert.equal(supplier.endpoint.requests.length, 1, 'nothing of the held ones went out');

    await gateway.register(supplier.entry());
    for (const { messageId = '' } of held)
      await moveMessage(gateway.pool, {
        action: 'release',
        messageId,
        actor: 'cli:test',
        reason: 'the address takes CloudEvents now',
        now: new Date(),
      });
    assert.equal((await gateway.settled(3)).delivered, 3);
    assert.deepEqual(
      (await supplier.received()).map(({ documentNumber, format }) => `${documentNumber} ${format}`).sort(),
      ['J-1 cloudevents', 'L-1 cloudevents', 'S-1 sfti'],
    );
  });

  it('what was sealed before the address changed its format keeps its bytes and its content type', async () => {
    const supplier = await gateway.addSupplier('ok');
    const { endpoint, organisationNumber: recipient } = supplier;
    endpoint.behave(503);
    await gateway.register(supplier.entry());
    await gateway.start();
    await gateway.ka.send([invoice(recipient, svefaktura({ recipient, number: 'S-1' }))]);
    await eventually('it was tried', () => endpoint.requests.length >= 1);
    await gateway.register(supplier.entry({ envelopeFormat: 'sfti' }));
    await gateway.ka.send([invoice(recipient, svefaktura({ recipient, number: 'S-2' }))]);
    endpoint.behave('ok');
    assert.equal((await gateway.settled(2)).delivered, 2);
    const received = await supplier.received();
    const first = received.filter(({ documentNumber }) => documentNumber === 'S-1');
    assert.ok(first.length > 1);
    assert.equal(new Set(first.map(({ exact }) => exact)).size, 1);
    for (const [i, { format, documentNumber }] of received.entries()) {
      assert.equal(format, documentNumber === 'S-1' ? 'cloudevents' : 'sfti');
      assert.match(
        String(endpoint.requests[i]?.headers['content-type']),
        format === 'sfti' ? /^application\/xml/ : /json/,
      );
    }
  });
});
