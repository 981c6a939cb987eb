import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { readDocument } from '../../../src/documents/read.ts';
import { Fault } from '../../../src/domain/fault.ts';
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

const samples = new URL('../../samples/', import.meta.url);

function files(folder: string): string[] {
  return readdirSync(new URL(folder, samples), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `${folder}${name}`);
}

function fault(read: () => unknown): Fault {
  try {
    read();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('reading a document', () => {
  it('says what the document itself says', () => {
    const order = jsonPurchaseOrder({ number: 'IO-1', issued: '2026-03-02' });
    const { findings, total, ...said } = readDocument(order, documentLimits, 'text');
    assert.deepEqual(findings, []);
    assert.match(total ?? '', /^\d+\.\d\d$/);
    assert.deepEqual(said, {
      format: 'json',
      mediaType: 'application/json',
      dataSchema: 'urn:kuvert:schemas:purchase-order:1',
      messageType: 'purchase-order',
      recipient: supplierNumber,
      buyer: '2021002114',
      documentNumber: 'IO-1',
      issued: '2026-03-02',
      currency: 'SEK',
    });
  });

  it('tells a Svefaktura’s type from its code, and its receiver is the seller, its sender the buyer', () => {
    for (const credit of [false, true]) {
      const read = readDocument(svefaktura({ credit }), documentLimits, 'text');
      assert.equal(read.messageType, credit ? 'self-invoice-credit' : 'self-invoice');
      assert.equal(read.recipient, supplierNumber);
      assert.equal(read.buyer, '2021002114');
      assert.equal(read.dataSchema, 'urn:sfti:documents:BasicInvoice:1:0');
      assert.equal(read.mediaType, 'application/xml');
    }
  });

  it('tells a Peppol document from its root; its receiver is the supplier, its sender the customer', () => {
    for (const [bytes, messageType, root] of [
      [peppolSelfInvoice(), 'self-invoice', 'Invoice'],
      [peppolCredit(), 'self-invoice-credit', 'CreditNote'],
      [peppolOrder(), 'purchase-order', 'Order'],
    ] as const) {
      const read = readDocument(bytes, documentLimits, 'text');
      assert.deepEqual(read.findings, []);
      assert.equal(read.messageType, messageType);
      assert.equal(read.recipient, supplierNumber);
      assert.equal(read.buyer, '2021002114');
      assert.equal(read.dataSchema, `urn:oasis:names:specification:ubl:schema:xsd:${root}-2`);
    }
  });

  it('reads the same from every encoding, with and without a byte order mark', () => {
    const text = peppolSelfInvoice().toString('utf8').replaceAll('–', '-');
    const plain = readDocument(Buffer.from(text), documentLimits, 'bytes');
    assert.deepEqual(plain.findings, []);
    const declared = (encoding: string) => text.replace('encoding="UTF-8"', `encoding="${encoding}"`);
    const wide = Buffer.from(`\uFEFF${declared('UTF-16')}`, 'utf16le');
    for (const [name, bytes] of [
      ['UTF-8 with a mark', Buffer.from(`\uFEFF${text}`)],
      ['UTF-16, little end first', wide],
      ['UTF-16, big end first', Buffer.from(wide).swap16()],
      ['ISO-8859-1', Buffer.from(declared('ISO-8859-1'), 'latin1')],
      ['windows-1252', Buffer.from(declared('windows-1252'), 'latin1')],
    ] as const) {
      assert.deepEqual(readDocument(bytes, documentLimits, 'bytes'), plain, name);
    }
  });

  it('reads the same from other prefixes', () => {
    const plain = readDocument(svefaktura(), documentLimits, 'text');
    assert.deepEqual(readDocument(svefaktura({ prefixes: ['cbc', 'x', 'y'] }), documentLimits, 'text'), plain);
  });

  for (const file of [...files('json/'), ...files('svefaktura/'), ...files('peppol/')]) {
    it(`finds nothing wrong with the sample ${file}`, () => {
      const read = readDocument(readFileSync(new URL(file, samples)), documentLimits, 'bytes');
      assert.deepEqual(read.findings, []);
      assert.ok(
        read.messageType && read.recipient && read.documentNumber && read.total && read.currency && read.issued,
      );
    });
  }

  const broken: Readonly<Record<string, string>> = {
    'json/broken/amount-as-number.json': 'JSN-SCH-01',
    'json/broken/name-twice.json': 'document-not-wellformed',
    'json/broken/wrong-net.json': 'JSN-SUM-01',
    'peppol/broken/order-wrong-line.xml': 'PEPPOL-T01-R024',
    'peppol/broken/ordinary-invoice.xml': 'PEPPOL-EN16931-R004',
    'peppol/broken/two-organisations.xml': 'UBL-ORG-02',
    'peppol/broken/wrong-total.xml': 'BR-CO-16',
    'svefaktura/broken/billion-laughs.xml': 'document-not-wellformed',
    'svefaktura/broken/not-a-self-invoice.xml': 'SVE-TYP-02',
    'svefaktura/broken/truncated.xml': 'document-not-wellformed',
    'svefaktura/broken/wrong-check-digit.xml': 'SVE-ORG-02',
    'svefaktura/broken/wrong-total.xml': 'SVE-SUM-04',
  };
  it('knows what is wrong with every broken sample', () => {
    assert.deepEqual(
      [...files('json/broken/'), ...files('peppol/broken/'), ...files('svefaktura/broken/')].toSorted(),
      Object.keys(broken).toSorted(),
    );
    for (const [file, wanted] of Object.entries(broken)) {
      const bytes = readFileSync(new URL(file, samples));
      const read = () => readDocument(bytes, documentLimits, 'bytes');
      const found = wanted.startsWith('document-') ? fault(read).code : read().findings[0]?.rule;
      assert.equal(found, wanted, file);
    }
  });

  it('refuses more bytes than the limit before it looks at them', () => {
    const bytes = svefaktura();
    const limited = fault(() => readDocument(bytes, { ...documentLimits, bytes: bytes.length - 1 }, 'bytes'));
    assert.equal(limited.code, 'document-limit');
    readDocument(bytes, { ...documentLimits, bytes: bytes.length }, 'bytes');
  });

  it('refuses more elements and levels than the limits in every format', () => {
    for (const bytes of [
      svefaktura(),
      jsonSelfInvoice(),
      jsonCredit(),
      jsonPurchaseOrder(),
      peppolSelfInvoice(),
      peppolOrder(),
    ]) {
      for (const limits of [
        { ...documentLimits, elements: 10 },
        { ...documentLimits, depth: 2 },
      ]) {
        assert.equal(fault(() => readDocument(bytes, limits, 'text')).code, 'document-limit');
      }
    }
  });

  it('does not recognise other XML, nor the right name in another namespace', () => {
    for (const [root, says] of [
      ['<Invoice/>', /\{\}Invoice/],
      ['<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-1"/>', /Invoice-1/],
      ['<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>', /Order/],
      ['<ObjectEnvelope xmlns="urn:sfti:documents:ObjectEnvelope:1:0"/>', /ObjectEnvelope/],
      ['<Order xmlns="urn:sfti:documents:BasicInvoice:1:0"/>', /Order/],
      ['<StandardBusinessDocument xmlns="urn:sfti:documents:StandardBusinessDocumentHeader"/>', /without its envelope/],
    ] as const) {
      const unknown = fault(() => readDocument(Buffer.from(root), documentLimits, 'text'));
      assert.equal(unknown.code, 'document-not-recognised');
      assert.match(unknown.message, says);
    }
  });

  it('does not recognise JSON that names no schema of ours', () => {
    for (const text of [
      '{}',
      '{"schema":1}',
      '{"schema":"urn:kuvert:schemas:self-invoice:2"}',
      '{"schema":["urn:kuvert:schemas:self-invoice:1"]}',
    ]) {
      const unknown = fault(() => readDocument(Buffer.from(text), documentLimits, 'text'));
      assert.equal(unknown.code, 'document-not-recognised');
      assert.match(unknown.findings[0]?.expected ?? '', /urn:kuvert:schemas:purchase-order:1/);
    }
  });

  it('never throws anything but a fault, whatever byte is changed or cut', () => {
    let state = 7;
    const next = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    for (const original of [
      svefaktura({ lines: 2 }),
      jsonCredit({ lines: 2 }),
      peppolCredit({ lines: 2 }),
      peppolOrder({ lines: 2 }),
    ]) {
      for (let i = 0; i < 400; i++) {
        const bytes = Buffer.from(original);
        for (let n = 0; n <= next(3); n++) bytes[next(bytes.length)] = next(256);
        const cut = next(4) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes;
        try {
          readDocument(cut, documentLimits, 'bytes');
        } catch (error) {
          assert.ok(error instanceof Fault && error.code.startsWith('document-'), String(error));
        }
      }
    }
  });
});
