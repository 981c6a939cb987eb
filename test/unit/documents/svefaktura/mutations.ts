/** For every Svefaktura rule, changes to a valid document that break it: [what, the change, where the finding is]. */
import type { Rule } from '../../../../src/documents/rules.ts';

type SveRule = Extract<Rule, `SVE-${string}`>;
type Mutation = readonly [claim: string, change: (xml: string) => string, where: string];

/** Replaces the first `from`; a test that changes nothing would pass for the wrong reason. */
export function swap(from: string | RegExp, to: string): (xml: string) => string {
  return (xml) => {
    const changed = xml.replace(from, () => to);
    if (changed === xml) throw new Error(`nothing to replace: ${from}`);
    return changed;
  };
}

const both =
  (...changes: readonly ((xml: string) => string)[]) =>
  (xml: string): string =>
    changes.reduce((text, change) => change(text), xml);

/** They start from test/samples/svefaktura/self-invoice-every-rate.xml. */
export const mutations: Readonly<Record<SveRule, readonly Mutation[]>> = {
  'SVE-STR-01': [
    ['an unknown element', swap('<cac:LegalTotal>', '<cac:Surprise/><cac:LegalTotal>'), 'Invoice/Surprise'],
    [
      'a known name in another namespace',
      swap(
        '<cac:PaymentTerms><cbc:Note>30 dagar netto</cbc:Note>',
        '<cac:PaymentTerms><cac:Note>30 dagar netto</cac:Note>',
      ),
      'Invoice/PaymentTerms/Note',
    ],
    [
      'elements in another order',
      both(swap('<ID>SF-2026-000310</ID>', ''), swap('<InvoiceTypeCode>', '<ID>SF-2026-000310</ID><InvoiceTypeCode>')),
      'Invoice/ID',
    ],
    [
      'an element inside a value',
      swap('<InvoiceTypeCode>380', '<InvoiceTypeCode>380<ID/>'),
      'Invoice/InvoiceTypeCode/ID',
    ],
  ],
  'SVE-STR-02': [
    ['no issue date', swap('<cbc:IssueDate>2026-04-02</cbc:IssueDate>', ''), 'Invoice/IssueDate'],
    ['no lines', swap(/<cac:InvoiceLine>[\s\S]*<\/cac:InvoiceLine>/, ''), 'Invoice/InvoiceLine'],
    ['no seller', swap(/<cac:SellerParty>[\s\S]*<\/cac:SellerParty>/, ''), 'Invoice/SellerParty'],
    ['no totals', swap(/<cac:LegalTotal>[\s\S]*<\/cac:LegalTotal>/, ''), 'Invoice/LegalTotal'],
  ],
  'SVE-STR-03': [
    ['a second document number', swap('<cbc:IssueDate>', '<ID>SF-OTHER</ID><cbc:IssueDate>'), 'Invoice/ID[2]'],
    ['a second total', swap('</cac:LegalTotal>', '</cac:LegalTotal><cac:LegalTotal/>'), 'Invoice/LegalTotal[2]'],
    ['a second seller', swap('</cac:SellerParty>', '</cac:SellerParty><cac:SellerParty/>'), 'Invoice/SellerParty[2]'],
    ['a second TaxTotal', swap('</cac:TaxTotal>', '</cac:TaxTotal><cac:TaxTotal/>'), 'Invoice/TaxTotal[2]'],
  ],
  'SVE-STR-04': [['text between elements', swap('<cac:LegalTotal>', '<cac:LegalTotal>7744'), 'Invoice/LegalTotal']],
  'SVE-VAL-01': [['an empty document number', swap('<ID>SF-2026-000310</ID>', '<ID> </ID>'), 'Invoice/ID']],
  'SVE-VAL-02': [
    ['a day that is in no calendar', swap('2026-04-02', '2026-02-30'), 'Invoice/IssueDate'],
    ['a date written otherwise', swap('2026-04-02', '20260402'), 'Invoice/IssueDate'],
    ['a due date that is none', swap('2026-05-02', 'snarast'), 'Invoice/PaymentMeans/DuePaymentDate'],
  ],
  'SVE-VAL-03': [
    ['a decimal comma', swap('>1870.00<', '>1870,00<'), 'Invoice/InvoiceLine/LineExtensionAmount'],
    ['an exponent', swap('>7744<', '>7.744e3<'), 'Invoice/LegalTotal/TaxInclusiveTotalAmount'],
    [
      'a price per nothing',
      swap('>100</cbc:BaseQuantity>', '>0</cbc:BaseQuantity>'),
      'Invoice/InvoiceLine[3]/Item/BasePrice/BaseQuantity',
    ],
    ['an empty amount', swap('>500.43<', '><'), 'Invoice/TaxTotal/TotalTaxAmount'],
  ],
  'SVE-VAL-04': [
    ['a document number of 201 characters', swap('SF-2026-000310</ID>', `${'9'.repeat(201)}</ID>`), 'Invoice/ID'],
  ],
  'SVE-VAL-05': [
    ['a charge indicator that is neither', swap('>true<', '>kanske<'), 'Invoice/AllowanceCharge[2]/ChargeIndicator'],
    ['a negative charge', swap('>49.90<', '>-49.90<'), 'Invoice/AllowanceCharge[2]/Amount'],
  ],
  'SVE-TYP-01': [
    ['389, which other formats use for self-invoices', swap('>380<', '>389<'), 'Invoice/InvoiceTypeCode'],
    ['no code', swap('>380<', '><'), 'Invoice/InvoiceTypeCode'],
  ],
  'SVE-TYP-02': [
    ['a note without the word', swap('SJÄLVFAKTURERING', 'FAKTURA'), 'Invoice/Note'],
    ['no note', swap(/<cbc:Note><!\[CDATA.*<\/cbc:Note>/, ''), 'Invoice/Note'],
  ],
  'SVE-ORG-01': [
    [
      'a seller without any number',
      both(
        swap(/<cac:PartyIdentification><cac:ID>\d{10}<\/cac:ID><\/cac:PartyIdentification>/, ''),
        swap(/<cac:PartyTaxScheme>\s*<cac:CompanyID>5599990016[\s\S]*?<\/cac:PartyTaxScheme>/, ''),
        swap(/<cac:PartyTaxScheme>\s*<cac:CompanyID>SE5[\s\S]*?<\/cac:PartyTaxScheme>/, ''),
      ),
      'Invoice/SellerParty/Party/PartyTaxScheme/CompanyID',
    ],
  ],
  'SVE-ORG-02': [
    [
      'a wrong check digit',
      swap('<cac:CompanyID>5599990016', '<cac:CompanyID>5599990017'),
      'Invoice/SellerParty/Party/PartyTaxScheme/CompanyID',
    ],
    [
      'a VAT number without 01',
      swap('SE559999001601', 'SE5599990016'),
      'Invoice/SellerParty/Party/PartyTaxScheme[2]/CompanyID',
    ],
    [
      'an organisation number where a VAT number belongs',
      swap('SE559999001601', '5599990016'),
      'Invoice/SellerParty/Party/PartyTaxScheme[2]/CompanyID',
    ],
    [
      'a buyer with a wrong check digit',
      swap('202100-2114', '202100-2115'),
      'Invoice/BuyerParty/Party/PartyTaxScheme/CompanyID',
    ],
  ],
  'SVE-ORG-03': [
    [
      'a VAT number of another organisation',
      swap('SE559999001601', 'SE559999002401'),
      'Invoice/SellerParty/Party/PartyTaxScheme[2]/CompanyID',
    ],
    [
      'an identification of another organisation',
      swap('<cac:ID>5599990016', '<cac:ID>5599990024'),
      'Invoice/SellerParty/Party/PartyIdentification[2]/ID',
    ],
  ],
  'SVE-ORG-04': [
    [
      'a tax scheme that is neither',
      swap(
        '<cac:ID>SWT</cac:ID></cac:TaxScheme>\n      </cac:PartyTaxScheme>\n      <cac:PartyTaxScheme>',
        '<cac:ID>XXX</cac:ID></cac:TaxScheme>\n      </cac:PartyTaxScheme>\n      <cac:PartyTaxScheme>',
      ),
      'Invoice/SellerParty/Party/PartyTaxScheme/TaxScheme/ID',
    ],
  ],
  'SVE-ORG-05': [
    [
      'a buyer that sells to itself',
      swap('202100-2114', '5599990016'),
      'Invoice/BuyerParty/Party/PartyTaxScheme/CompanyID',
    ],
  ],
  'SVE-REF-01': [
    ['a credit of nothing', swap('>380<', '>381<'), 'Invoice/InitialInvoiceDocumentReference/ID'],
    [
      'a credit with an empty reference',
      both(
        swap('>380<', '>381<'),
        swap(
          '<InvoicingPeriod>',
          '<InitialInvoiceDocumentReference><cac:ID/></InitialInvoiceDocumentReference><InvoicingPeriod>',
        ),
      ),
      'Invoice/InitialInvoiceDocumentReference/ID',
    ],
  ],
  'SVE-REF-02': [
    [
      'a credit of itself',
      both(
        swap('>380<', '>381<'),
        swap(
          '<InvoicingPeriod>',
          '<InitialInvoiceDocumentReference><cac:ID>SF-2026-000310</cac:ID></InitialInvoiceDocumentReference><InvoicingPeriod>',
        ),
      ),
      'Invoice/InitialInvoiceDocumentReference/ID',
    ],
  ],
  'SVE-CUR-01': [
    [
      'one amount in another currency',
      swap('amountCurrencyID="SEK">90.75', 'amountCurrencyID="EUR">90.75'),
      'Invoice/TaxTotal/TaxSubTotal[3]/TaxableAmount/@amountCurrencyID',
    ],
    [
      'an amount without a currency',
      swap(' amountCurrencyID="SEK">7744', '>7744'),
      'Invoice/LegalTotal/TaxInclusiveTotalAmount/@amountCurrencyID',
    ],
    [
      'a currency that is none',
      swap('>SEK</InvoiceCurrencyCode>', '>kronor</InvoiceCurrencyCode>'),
      'Invoice/InvoiceCurrencyCode',
    ],
  ],
  'SVE-LIN-01': [
    [
      'a line that does not add up',
      swap('quantityUnitCode="dag">22<', 'quantityUnitCode="dag">23<'),
      'Invoice/InvoiceLine/LineExtensionAmount',
    ],
    [
      'a price per 100 taken per piece',
      swap('>100</cbc:BaseQuantity>', '>1</cbc:BaseQuantity>'),
      'Invoice/InvoiceLine[3]/LineExtensionAmount',
    ],
    [
      'a line allowance turned into a charge',
      swap(
        '<cbc:ChargeIndicator>false</cbc:ChargeIndicator>\n      <cbc:Amount amountCurrencyID="SEK">110',
        '<cbc:ChargeIndicator>true</cbc:ChargeIndicator>\n      <cbc:Amount amountCurrencyID="SEK">110',
      ),
      'Invoice/InvoiceLine/LineExtensionAmount',
    ],
  ],
  'SVE-LIN-02': [
    ['two lines with one ID', swap('<cac:ID>2</cac:ID>', '<cac:ID>1</cac:ID>'), 'Invoice/InvoiceLine[2]/ID'],
  ],
  'SVE-LIN-03': [
    [
      'a wrong number of lines',
      swap('>4</LineItemCountNumeric>', '>5</LineItemCountNumeric>'),
      'Invoice/LineItemCountNumeric',
    ],
  ],
  'SVE-SUM-01': [
    ['a wrong sum of lines', swap('>7294.08<', '>7294.59<'), 'Invoice/LegalTotal/LineExtensionTotalAmount'],
  ],
  'SVE-SUM-02': [['a wrong net sum', swap('>7243.98<', '>7294.08<'), 'Invoice/LegalTotal/TaxExclusiveTotalAmount']],
  'SVE-SUM-03': [['a wrong sum of tax', swap('>500.43<', '>501.00<'), 'Invoice/TaxTotal/TotalTaxAmount']],
  'SVE-SUM-04': [
    ['a wrong sum to pay', swap('>7744<', '>7745<'), 'Invoice/LegalTotal/TaxInclusiveTotalAmount'],
    [
      'no TaxTotal where tax is added',
      swap(/<cac:TaxTotal>[\s\S]*<\/cac:TaxTotal>/, ''),
      'Invoice/LegalTotal/TaxInclusiveTotalAmount',
    ],
  ],
  'SVE-SUM-05': [['a negative sum to pay', swap('>7744<', '>-7744<'), 'Invoice/LegalTotal/TaxInclusiveTotalAmount']],
  'SVE-SUM-06': [
    [
      'a rounding of a thousand',
      both(swap('>-0.41<', '>1000<'), swap('>7744<', '>8744.41<')),
      'Invoice/LegalTotal/RoundOffAmount',
    ],
  ],
  'SVE-VAT-01': [
    [
      'an unknown category',
      swap('<cac:ID>E</cac:ID>', '<cac:ID>Z</cac:ID>'),
      'Invoice/TaxTotal/TaxSubTotal[4]/TaxCategory/ID',
    ],
    [
      'a tax that is not VAT',
      swap(
        /<cac:ID>VAT<\/cac:ID><\/cac:TaxScheme><\/cac:TaxCategory>\s*<\/cac:TaxSubTotal>/,
        '<cac:ID>GST</cac:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubTotal>',
      ),
      'Invoice/TaxTotal/TaxSubTotal/TaxCategory/TaxScheme/ID',
    ],
  ],
  'SVE-VAT-02': [
    [
      'a rate that Sweden does not have',
      swap('<cbc:Percent>12</cbc:Percent>', '<cbc:Percent>19</cbc:Percent>'),
      'Invoice/TaxTotal/TaxSubTotal[2]/TaxCategory/Percent',
    ],
    [
      'a taxed exemption',
      swap('<cbc:Percent>0</cbc:Percent>', '<cbc:Percent>25</cbc:Percent>'),
      'Invoice/TaxTotal/TaxSubTotal[4]/TaxCategory/Percent',
    ],
  ],
  'SVE-VAT-03': [['a wrong tax at one rate', swap('>454.98<', '>455.60<'), 'Invoice/TaxTotal/TaxSubTotal/TaxAmount']],
  'SVE-VAT-04': [
    [
      'a taxable amount that is not the lines’',
      swap('>333.33</cbc:TaxableAmount>', '>332.80</cbc:TaxableAmount>'),
      'Invoice/TaxTotal/TaxSubTotal[2]/TaxableAmount',
    ],
    [
      'tax on a rate that no line has',
      both(
        swap(
          '<cac:ID>S</cac:ID><cbc:Percent>6</cbc:Percent><cac:TaxScheme><cac:ID>VAT</cac:ID></cac:TaxScheme></cac:TaxCategory>\n      <cac:BasePrice>',
          '<cac:ID>E</cac:ID><cbc:Percent>0</cbc:Percent><cac:TaxScheme><cac:ID>VAT</cac:ID></cac:TaxScheme></cac:TaxCategory>\n      <cac:BasePrice>',
        ),
      ),
      'Invoice/TaxTotal/TaxSubTotal[3]/TaxableAmount',
    ],
  ],
  'SVE-VAT-05': [
    [
      'no subtotal for a rate',
      swap(/<cac:TaxSubTotal>\s*<cbc:TaxableAmount amountCurrencyID="SEK">333.33[\s\S]*?<\/cac:TaxSubTotal>/, ''),
      'Invoice/TaxTotal/TaxSubTotal',
    ],
    [
      'two subtotals for a rate',
      swap('<cbc:Percent>12</cbc:Percent>', '<cbc:Percent>25</cbc:Percent>'),
      'Invoice/TaxTotal/TaxSubTotal[2]',
    ],
  ],
};
