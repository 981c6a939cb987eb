import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { readDocument } from '../../../../src/documents/read.ts';
import { documentLimits, svefaktura } from '../../../support/documents.ts';
import { mutations, swap } from './mutations.ts';

const valid = readFileSync(new URL('../../../samples/svefaktura/self-invoice-every-rate.xml', import.meta.url), 'utf8');

function read(xml: string) {
  return readDocument(Buffer.from(xml), documentLimits, 'text');
}

describe('the rules of Svefaktura', () => {
  it('find nothing in a valid document', () => {
    assert.deepEqual(read(valid).findings, []);
  });

  for (const [rule, cases] of Object.entries(mutations)) {
    for (const [claim, change, where] of cases) {
      it(`${rule} finds ${claim}`, () => {
        const findings = read(change(valid)).findings.filter((finding) => finding.rule === rule);
        assert.ok(
          findings.some((finding) => finding.where === where),
          `wanted ${rule} at ${where}, got ${JSON.stringify(read(change(valid)).findings, null, 1)}`,
        );
        for (const finding of findings) assert.ok(finding.expected && finding.found && finding.text);
      });
    }
  }

  it('name both values of a wrong sum', () => {
    const [finding] = read(swap('>7744<', '>7800.10<')(valid)).findings;
    assert.deepEqual([finding?.expected, finding?.found], ['7744.00', '7800.10']);
  });

  it('let a sum differ by 0.5 and not by 0.51', () => {
    assert.deepEqual(read(swap('>7744<', '>7744.50<')(valid)).findings, []);
    assert.equal(read(swap('>7744<', '>7744.51<')(valid)).findings.length, 1);
  });

  it('compare as decimals: a thousand lines of 0.1 are exactly 100', () => {
    const line = (i: number) =>
      `<cac:InvoiceLine><cac:ID>${i}</cac:ID><cbc:LineExtensionAmount amountCurrencyID="SEK">0.1</cbc:LineExtensionAmount><cac:Item/></cac:InvoiceLine>`;
    const lines = Array.from({ length: 1_000 }, (_, i) => line(i)).join('');
    const xml = svefaktura()
      .toString()
      .replace(/<cac:InvoiceLine>[\s\S]*<\/cac:InvoiceLine>/, lines)
      .replace(/(LineExtensionTotalAmount amountCurrencyID="SEK">)[\d.]+/, '$1100.51');
    const finding = read(xml).findings.find(({ rule }) => rule === 'SVE-SUM-01');
    assert.deepEqual([finding?.expected, finding?.found], ['100.00', '100.51']);
  });

  it('take the word självfakturering in any case, inflected, and with a decomposed ä', () => {
    for (const word of ['Självfaktureringen', 'sjÄlVfakturering', 'självfakturering'.normalize('NFD')]) {
      assert.deepEqual(read(swap('SJÄLVFAKTURERING', word)(valid)).findings, []);
    }
  });

  it('accept a lone VAT number, and an organisation number with a hyphen', () => {
    const alone = valid
      .replace(/<cac:PartyIdentification><cac:ID>5599990016<\/cac:ID><\/cac:PartyIdentification>/, '')
      .replace(/<cac:PartyTaxScheme>\s*<cac:CompanyID>5599990016[\s\S]*?<\/cac:PartyTaxScheme>/, '');
    assert.equal(read(alone).recipient, '5599990016');
    assert.deepEqual(read(alone).findings, []);
    assert.equal(read(valid.replaceAll('>5599990016<', '>559999-0016<')).recipient, '5599990016');
  });

  it('leave the recipient open when the seller states two', () => {
    assert.equal(read(swap('SE559999001601', 'SE559999002401')(valid)).recipient, undefined);
  });

  it('let a reference to an attachment through, and no object inside the invoice', () => {
    const reference =
      '<AdditionalDocumentReference><cac:ID identificationSchemeID="ATS">OBJ-2026-17</cac:ID></AdditionalDocumentReference>';
    const refers = swap('<cac:BuyerParty>', `${reference}<cac:BuyerParty>`);
    assert.deepEqual(read(refers(valid)).findings, []);
    const embeds = swap('</Invoice>', '<Object><EncodedData>UERG</EncodedData></Object></Invoice>');
    assert.deepEqual(
      read(embeds(valid)).findings.map(({ rule, where }) => [rule, where]),
      [['SVE-STR-01', 'Invoice/Object']],
    );
  });

  it('check rates against lines only when every line states its rate', () => {
    const silent = valid.replace(/<cac:Item>([\s\S]*?)<cac:TaxCategory>[\s\S]*?<\/cac:TaxCategory>/, '<cac:Item>$1');
    assert.deepEqual(read(silent).findings, []);
  });

  it('take time in proportion to the document, even with a rate of its own on each of 5 000 lines', () => {
    const line = (i: number) =>
      `<cac:InvoiceLine><cac:ID>${i}</cac:ID><cbc:LineExtensionAmount amountCurrencyID="SEK">1</cbc:LineExtensionAmount><cac:Item><cac:TaxCategory><cac:ID>S</cac:ID><cbc:Percent>${i}</cbc:Percent><cac:TaxScheme><cac:ID>VAT</cac:ID></cac:TaxScheme></cac:TaxCategory></cac:Item></cac:InvoiceLine>`;
    const lines = Array.from({ length: 5_000 }, (_, i) => line(i)).join('');
    const xml = valid.replace(/<cac:InvoiceLine>[\s\S]*<\/cac:InvoiceLine>/, lines);
    const start = performance.now();
    assert.equal(read(xml).findings.length, 50);
    assert.ok(performance.now() - start < 3_000, `${performance.now() - start} ms`);
  });

  it('hand out at most fifty findings, quoting at most a line of each value', () => {
    const unknown = '<cac:Surprise/>'.repeat(5_000);
    const { findings } = read(valid.replace('<cac:LegalTotal>', `${unknown}<cac:LegalTotal>`));
    assert.equal(findings.length, 50);
    const long = read(swap('2026-04-02', 'x'.repeat(5_000))(valid)).findings[0];
    assert.ok((long?.found?.length ?? 0) < 200);
  });
});
