import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { readDocument } from '../../../../src/documents/read.ts';
import { documentLimits } from '../../../support/documents.ts';
import { swap } from '../svefaktura/mutations.ts';
import { mutations } from './mutations.ts';

const sample = (file: string): string =>
  readFileSync(new URL(`../../../samples/peppol/${file}`, import.meta.url), 'utf8');
const valid = {
  invoice: sample('self-invoice-every-rate.xml'),
  credit: sample('self-invoice-credit.xml'),
  order: sample('purchase-order.xml'),
};

function read(xml: string) {
  return readDocument(Buffer.from(xml), documentLimits, 'text');
}

describe('the rules of Peppol', () => {
  it('find nothing in valid documents', () => {
    for (const xml of Object.values(valid)) assert.deepEqual(read(xml).findings, []);
  });

  for (const [rule, cases] of Object.entries(mutations)) {
    for (const [claim, start, change, where] of cases) {
      it(`${rule} finds ${claim} (${start})`, () => {
        const changed = change(valid[start]);
        assert.notEqual(changed, valid[start]);
        const { findings } = read(changed);
        const found = findings.filter((finding) => finding.rule === rule);
        assert.ok(
          found.some((finding) => finding.where === where),
          `wanted ${rule} at ${where}, got ${JSON.stringify(findings, null, 1)}`,
        );
        for (const finding of found) assert.ok(finding.expected && finding.found && finding.text);
      });
    }
  }

  it('know no VAT category that is only what every object has', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      // With no VAT anywhere, nothing else is wrong with it.
      const { findings } = read(valid.invoice.replaceAll('>E</cbc:ID>', `>${name}</cbc:ID>`));
      const found = new Set(findings.map(({ rule }) => rule));
      assert.ok(found.has('BR-CL-17') && found.has('BR-CL-18'), `${name}: ${[...found].join(', ')}`);
    }
  });

  it('let a line be off by 0.02 and not by 0.03, and a sum not at all', () => {
    const line = (by: string) => swap('>85.00<', `>85.${by}<`)(valid.invoice);
    // 22 days at 0.0009 and at 0.002 more.
    assert.deepEqual(read(line('0009')).findings, []);
    assert.deepEqual(
      read(line('002')).findings.map(({ rule }) => rule),
      ['PEPPOL-EN16931-R120'],
    );
    assert.equal(read(swap('>485.68<', '>485.69<')(valid.invoice)).findings.length > 0, true);
  });

  it('name both values of a wrong sum', () => {
    const [finding] = read(swap('>6994.00<', '>7000.10<')(valid.invoice)).findings;
    assert.deepEqual([finding?.expected, finding?.found], ['6994.00', '7000.10']);
  });

  it('match namespaces by URI, whatever the prefixes', () => {
    const others = valid.invoice
      .replaceAll('cac:', 'x1:')
      .replaceAll('cbc:', '_b:')
      .replace('xmlns:cac', 'xmlns:x1')
      .replace('xmlns:cbc', 'xmlns:_b');
    assert.deepEqual(read(others), read(valid.invoice));
  });

  it('take VAT in a second currency for what it is: one total, without a breakdown', () => {
    const xml = both(
      swap('</cbc:DocumentCurrencyCode>', '</cbc:DocumentCurrencyCode><cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>'),
      swap(
        '</cac:TaxTotal>',
        '</cac:TaxTotal><cac:TaxTotal><cbc:TaxAmount currencyID="EUR">42.10</cbc:TaxAmount></cac:TaxTotal>',
      ),
    )(valid.invoice);
    assert.deepEqual(read(xml).findings, []);
  });

  it('leave the recipient open when the seller states two', () => {
    assert.equal(read(swap('SE559999001601', 'SE559999002401')(valid.invoice)).recipient, undefined);
    assert.equal(read(swap('SE559999001601', 'SE559999002401')(valid.order)).recipient, undefined);
  });

  it('do not take a GLN, a foreign VAT number or the words of a tax scheme for organisation numbers', () => {
    const gln = swap(
      'EndpointID schemeID="0007">5599990016',
      'EndpointID schemeID="0088">7300009000001',
    )(valid.invoice);
    assert.equal(read(gln).recipient, '5599990016');
    assert.deepEqual(read(gln).findings, []);
  });

  it('let an attachment be as long as the document may be, other texts not', () => {
    const long = 'A'.repeat(400_000);
    assert.deepEqual(read(swap('ZGFnO2FudGFsCjIwMjYtMDMtMDI7MQo=', long)(valid.invoice)).findings, []);
    assert.throws(() => read(swap('30 dagar netto', long)(valid.invoice)), { code: 'document-limit' });
  });

  it('take time in proportion to the document: 30 000 identifications of each party, 30 000 empty elements', () => {
    const ids = (number: string, times: number) =>
      `<cac:PartyIdentification><cbc:ID schemeID="0007">${number}</cbc:ID></cac:PartyIdentification>`.repeat(times);
    let party = 0;
    const xml = valid.invoice
      .replaceAll('<cac:PartyName>', () => `${ids(party++ === 0 ? '5599990016' : '2021002114', 30_000)}<cac:PartyName>`)
      .replace('<cac:PaymentTerms>', `${'<cac:PaymentMeans/>'.repeat(30_000)}<cac:PaymentTerms>`);
    const start = performance.now();
    const { findings } = readDocument(Buffer.from(xml), { bytes: 2e7, depth: 32, elements: 500_000 }, 'bytes');
    assert.equal(findings.length, 50);
    assert.ok(performance.now() - start < 5_000, `${performance.now() - start} ms`);
  });

  it('take time in proportion to the document: 5 000 lines, each with a rate of its own', () => {
    const [line = ''] = /<cac:InvoiceLine>[\s\S]*?<\/cac:InvoiceLine>/.exec(valid.invoice) ?? [];
    const lines = Array.from({ length: 5_000 }, (_, i) =>
      line.replace('<cbc:ID>1<', `<cbc:ID>${i}<`).replace('Percent>25<', `Percent>${i}<`),
    );
    const xml = valid.invoice.replace(/<cac:InvoiceLine>[\s\S]*<\/cac:InvoiceLine>/, () => lines.join(''));
    const start = performance.now();
    const { findings } = readDocument(Buffer.from(xml), { bytes: 2e7, depth: 32, elements: 500_000 }, 'bytes');
    assert.equal(findings.length, 50);
    assert.ok(performance.now() - start < 5_000, `${performance.now() - start} ms`);
  });
});

const both =
  (...changes: readonly ((xml: string) => string)[]) =>
  (xml: string): string =>
    changes.reduce((text, change) => change(text), xml);
