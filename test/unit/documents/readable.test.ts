import { strict as assert } from 'node:assert';
import { readReadable } from '../../../src/documents/readable/view.ts';
import {
  documentLimits,
  jsonCredit,
  jsonPurchaseOrder,
  jsonSelfInvoice,
  peppolCredit,
  peppolOrder,
  peppolSelfInvoice,
  supplierNumber,
  svefaktura,
} from '../../support/documents.ts';

const documents = {
  'a purchase order in JSON': { bytes: jsonPurchaseOrder, kind: 'order' },
  'a self-invoice in JSON': { bytes: jsonSelfInvoice, kind: 'invoice' },
  'a credit in JSON': { bytes: jsonCredit, kind: 'credit' },
  'a Svefaktura': { bytes: svefaktura, kind: 'invoice' },
  'a Peppol order': { bytes: peppolOrder, kind: 'order' },
  'a Peppol self-invoice': { bytes: peppolSelfInvoice, kind: 'invoice' },
  'a Peppol credit note': { bytes: peppolCredit, kind: 'credit' },
} as const;

describe('a document as people read it', () => {
  for (const [name, { bytes, kind }] of Object.entries(documents))
    it(`is the same whatever its format: ${name}`, () => {
      const { view } = readReadable(bytes({ lines: 2 }), documentLimits);
      assert.ok(view);
      assert.deepEqual([view.kind, view.number, view.currency], [kind, 'T-1', 'SEK']);
      assert.deepEqual([view.buyer.name, view.seller.organisationNumber], ['Arbetsförmedlingen', supplierNumber]);
      assert.deepEqual(view.buyer.more, ['Box 8888', '11399 Stockholm']);
      const fact = (wanted: string) => [...view.facts, ...view.sums].find((one) => one.name === wanted)?.value;
      assert.equal(fact('issued'), '2026-04-02');
      assert.equal(fact('net'), '16175.23');
      // Svefaktura has the buyer's reference as the order that was requisitioned.
      assert.equal(fact(name === 'a Svefaktura' ? 'order' : 'reference'), 'KA');
      if (kind === 'credit') assert.equal(fact('corrects'), 'T-1-original');
      if (kind !== 'order') {
        assert.equal(fact('payable'), '17602.00');
        assert.deepEqual(
          view.vat.map(({ percent, taxable, amount }) => [percent, taxable, amount]),
          [
            ['25', '5705.63', '1426.41'],
            ['0', '10469.60', '0.00'],
          ],
        );
      }
      assert.deepEqual(
        view.lines.map(({ id, text, quantity, price, amount }) => [id, text, quantity, price, amount]),
        [
          ['1', 'Rusta och matcha, grundersättning', '8.5', '671.25', '5705.63'],
          ['2', 'Yrkessvenska B, självstudier', '16', '654.35', '10469.60'],
        ],
      );
    });

  it('tells the contract that an order names', () => {
    const order = JSON.parse(jsonPurchaseOrder().toString()) as object;
    const { view } = readReadable(
      Buffer.from(JSON.stringify({ ...order, contractNumber: 'Af-2025/0042' })),
      documentLimits,
    );
    assert.deepEqual(
      view?.facts.filter(({ name }) => name === 'contract'),
      [{ name: 'contract', value: 'Af-2025/0042' }],
    );
  });
});
