/** For every Peppol rule, changes to a valid document that break it: [what, the change, where the finding is]. */
import { swap } from '../svefaktura/mutations.ts';

export type Start = 'invoice' | 'credit' | 'order';
export type Mutation = readonly [claim: string, start: Start, change: (xml: string) => string, where: string];

const both =
  (...changes: readonly ((xml: string) => string)[]) =>
  (xml: string): string =>
    changes.reduce((text, change) => change(text), xml);

/** Takes the first element of that name away, children and all. */
const without = (name: string, after = ''): ((xml: string) => string) =>
  swap(new RegExp(`(?<=${after}[\\s\\S]*?)<${name}[ >](?:(?!<${name}[ >])[\\s\\S])*?</${name}>`), '');

const invoice = (claim: string, change: (xml: string) => string, where: string): Mutation => [
  claim,
  'invoice',
  change,
  `Invoice/${where}`,
];
const order = (claim: string, change: (xml: string) => string, where: string): Mutation => [
  claim,
  'order',
  change,
  `Order/${where}`,
];
const seller = 'AccountingSupplierParty/Party';
const buyer = 'AccountingCustomerParty/Party';
const total = 'LegalMonetaryTotal';

/** The exempt line and its row in the breakdown, in another category without tax. */
const as = (code: string) => (xml: string) =>
  code === 'E' ? xml : xml.replaceAll('<cbc:ID>E</cbc:ID>', `<cbc:ID>${code}</cbc:ID>`);
const row = 'TaxTotal/TaxSubtotal[4]';
const exemptLine = /<cac:InvoiceLine>\s*<cbc:ID>2<[\s\S]*?<\/cac:InvoiceLine>/;

function untaxed(code: 'E' | 'Z' | 'AE' | 'O'): Record<string, readonly Mutation[]> {
  const rate = `<cbc:ID>${code}</cbc:ID><cbc:Percent>0<`;
  const taxedLine = (xml: string) =>
    xml.replace(exemptLine, (line) => line.replace(rate, `<cbc:ID>${code}</cbc:ID><cbc:Percent>25<`));
  return {
    [`BR-${code}-01`]: [
      invoice(
        'no row for it',
        both(
          as(code),
          swap(/<cac:TaxSubtotal><cbc:TaxableAmount currencyID="SEK">4820[\s\S]*?<\/cac:TaxSubtotal>/, ''),
        ),
        'TaxTotal/TaxSubtotal',
      ),
    ],
    ...(code === 'O'
      ? {}
      : {
          [`BR-${code}-05`]: [
            invoice('a rate', both(as(code), taxedLine), 'InvoiceLine[2]/Item/ClassifiedTaxCategory/Percent'),
          ],
        }),
    [`BR-${code}-08`]: [
      invoice(
        'another taxable amount',
        both(as(code), swap('"SEK">4820.00</cbc:TaxableAmount>', '"SEK">4820.01</cbc:TaxableAmount>')),
        `${row}/TaxableAmount`,
      ),
    ],
    [`BR-${code}-09`]: [
      invoice(
        'a tax',
        both(as(code), swap('"SEK">0.00</cbc:TaxAmount>', '"SEK">0.01</cbc:TaxAmount>')),
        `${row}/TaxAmount`,
      ),
    ],
    ...(code === 'Z'
      ? {}
      : {
          [`BR-${code}-10`]: [
            invoice(
              'no reason',
              both(as(code), without('cbc:TaxExemptionReason')),
              `${row}/TaxCategory/TaxExemptionReason`,
            ),
          ],
        }),
  };
}

/** A third decimal that changes nothing is one too many. */
function decimals(name: string, where: string, after = ''): readonly Mutation[] {
  const change = swap(new RegExp(`(?<=${after}[\\s\\S]*?<cbc:${name} currencyID="SEK">[\\d.]+)<`), '0<');
  return [invoice('a third decimal', change, where)];
}

/** They start from test/samples/peppol: self-invoice-every-rate.xml, self-invoice-credit.xml, purchase-order.xml. */
export const mutations = {
  'UBL-STR-01': [
    invoice(
      'an unknown element',
      swap('<cac:LegalMonetaryTotal>', '<cac:Surprise/><cac:LegalMonetaryTotal>'),
      'Surprise',
    ),
    invoice(
      'a known name in another namespace',
      swap('<cbc:IssueDate>2026-04-02</cbc:IssueDate>', '<cac:IssueDate>2026-04-02</cac:IssueDate>'),
      'IssueDate',
    ),
    invoice(
      'another order',
      both(without('cbc:ID'), swap('<cbc:Note>', '<cbc:ID>PSF-2026-000310</cbc:ID><cbc:Note>')),
      'ID',
    ),
    order(
      'an unknown element',
      swap('<cac:ValidityPeriod>', '<cac:Surprise>x</cac:Surprise><cac:ValidityPeriod>'),
      'Surprise',
    ),
  ],
  'UBL-STR-02': [
    invoice('an allowance without an amount', without('cbc:Amount'), 'AllowanceCharge/Amount'),
    order('an order without an amount to pay', without('cbc:PayableAmount'), 'AnticipatedMonetaryTotal/PayableAmount'),
  ],
  'UBL-STR-03': [
    invoice('a second document number', swap('<cbc:IssueDate>', '<cbc:ID>OTHER</cbc:ID><cbc:IssueDate>'), 'ID[2]'),
    invoice(
      'a second total',
      swap('</cac:LegalMonetaryTotal>', '</cac:LegalMonetaryTotal><cac:LegalMonetaryTotal/>'),
      'LegalMonetaryTotal[2]',
    ),
    invoice(
      'a second seller',
      swap('</cac:AccountingSupplierParty>', '</cac:AccountingSupplierParty><cac:AccountingSupplierParty/>'),
      'AccountingSupplierParty[2]',
    ),
    order(
      'a second seller',
      swap('</cac:SellerSupplierParty>', '</cac:SellerSupplierParty><cac:SellerSupplierParty/>'),
      'SellerSupplierParty[2]',
    ),
  ],
  'UBL-STR-04': [
    invoice('text between elements', swap('<cac:LegalMonetaryTotal>', '<cac:LegalMonetaryTotal>6994'), total),
  ],
  'UBL-VAL-01': [
    invoice('a decimal comma', swap('>6994.00<', '>6994,00<'), `${total}/PayableAmount`),
    order('an exponent', swap('>85.00<', '>8.5e1<'), 'OrderLine/LineItem/Price/PriceAmount'),
  ],
  'UBL-VAL-02': [invoice('a document number of 201 characters', swap('PSF-2026-000310', '9'.repeat(201)), 'ID')],
  'UBL-VAL-03': [invoice('a negative charge', swap('>49.90<', '>-49.90<'), 'AllowanceCharge[2]/Amount')],
  'UBL-VAL-04': [
    order('a charge indicator that is neither', swap('>true<', '>kanske<'), 'AllowanceCharge[2]/ChargeIndicator'),
  ],
  'UBL-ATT-01': [
    invoice(
      'an attachment that is not base64',
      swap('>ZGFn', '>Z*Fn'),
      'AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject',
    ),
    invoice(
      'an attachment that was cut',
      swap('MQo=', 'MQo'),
      'AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject',
    ),
  ],
  'UBL-CUR-01': [
    invoice(
      'a currency that is none',
      swap('>SEK</cbc:DocumentCurrencyCode>', '>kronor</cbc:DocumentCurrencyCode>'),
      'DocumentCurrencyCode',
    ),
  ],
  'UBL-LIN-01': [
    invoice('two lines with one ID', swap(/<cbc:ID>2<\/cbc:ID>/, '<cbc:ID>1</cbc:ID>'), 'InvoiceLine[2]/ID'),
  ],
  'UBL-VAT-01': [
    invoice('two rows for a rate', swap('>12</cbc:Percent>', '>25</cbc:Percent>'), 'TaxTotal/TaxSubtotal[2]'),
  ],
  'UBL-REF-01': [
    [
      'a credit of itself',
      'credit',
      swap('<cbc:ID>PSF-2026-000310<', '<cbc:ID>PSF-2026-000311<'),
      'CreditNote/BillingReference/InvoiceDocumentReference/ID',
    ],
  ],
  'UBL-ORG-01': [
    invoice(
      'a seller without any number',
      (xml) =>
        xml
          .replaceAll(/schemeID="0007">5599990016/g, 'schemeID="0088">7300009000001')
          .replace('SE559999001601', 'DE123456789'),
      `${seller}/PartyLegalEntity/CompanyID`,
    ),
    order(
      'a seller without any number',
      (xml) =>
        xml
          .replaceAll(/schemeID="0007">5599990016/g, 'schemeID="0088">7300009000001')
          .replace('SE559999001601', 'DE123456789'),
      'SellerSupplierParty/Party/PartyLegalEntity/CompanyID',
    ),
  ],
  'UBL-ORG-02': [
    invoice(
      'a VAT number of another organisation',
      swap('SE559999001601', 'SE559999002401'),
      `${seller}/PartyTaxScheme/CompanyID`,
    ),
    invoice(
      'an endpoint of another organisation',
      swap('EndpointID schemeID="0007">5599990016', 'EndpointID schemeID="0007">5599990024'),
      `${seller}/PartyIdentification/ID`,
    ),
    order(
      'a VAT number of another organisation',
      swap('SE559999001601', 'SE559999002401'),
      'SellerSupplierParty/Party/PartyTaxScheme/CompanyID',
    ),
  ],
  'UBL-ORG-03': [
    invoice('a buyer that sells to itself', (xml) => xml.replaceAll('2021002114', '5599990016'), `${buyer}/EndpointID`),
  ],
  'PEPPOL-COMMON-R001': [order('an empty element', swap('>KA<', '><'), 'CustomerReference')],
  'PEPPOL-COMMON-R049': [invoice('a wrong check digit', swap('5599990016', '5599990017'), `${seller}/EndpointID`)],
  'SE-R-001': [
    invoice('a VAT number without 01', swap('SE559999001601', 'SE5599990016'), `${seller}/PartyTaxScheme/CompanyID`),
  ],
  'SE-R-006': [
    invoice(
      'a rate that Sweden does not have',
      swap('>12</cbc:Percent>', '>19</cbc:Percent>'),
      'TaxTotal/TaxSubtotal[2]/TaxCategory/Percent',
    ),
  ],
  'PEPPOL-EN16931-F001': [
    invoice('a day that is in no calendar', swap('2026-04-02', '2026-02-30'), 'IssueDate'),
    order('a date written otherwise', swap('2026-02-20', '20260220'), 'IssueDate'),
  ],
  'PEPPOL-EN16931-CL001': [
    invoice(
      'a program as an attachment',
      swap('text/csv', 'application/x-msdownload'),
      'AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject/@mimeCode',
    ),
  ],
  'BR-01': [invoice('no specification identifier', without('cbc:CustomizationID'), 'CustomizationID')],
  'BR-02': [invoice('no document number', without('cbc:ID'), 'ID')],
  'BR-03': [invoice('no issue date', without('cbc:IssueDate'), 'IssueDate')],
  'BR-04': [
    invoice('no type code', without('cbc:InvoiceTypeCode'), 'InvoiceTypeCode'),
    ['no type code', 'credit', without('cbc:CreditNoteTypeCode'), 'CreditNote/CreditNoteTypeCode'],
  ],
  'BR-05': [invoice('no currency', without('cbc:DocumentCurrencyCode'), 'DocumentCurrencyCode')],
  'BR-06': [
    invoice('a seller without a name', without('cbc:RegistrationName'), `${seller}/PartyLegalEntity/RegistrationName`),
  ],
  'BR-07': [
    invoice(
      'a buyer without a name',
      without('cbc:RegistrationName', 'AccountingCustomerParty'),
      `${buyer}/PartyLegalEntity/RegistrationName`,
    ),
  ],
  'BR-08': [invoice('a seller without an address', without('cac:PostalAddress'), `${seller}/PostalAddress`)],
  'BR-09': [
    invoice('a seller without a country', without('cac:Country'), `${seller}/PostalAddress/Country/IdentificationCode`),
  ],
  'BR-10': [
    invoice(
      'a buyer without an address',
      without('cac:PostalAddress', 'AccountingCustomerParty'),
      `${buyer}/PostalAddress`,
    ),
  ],
  'BR-11': [
    invoice(
      'a buyer without a country',
      without('cac:Country', 'AccountingCustomerParty'),
      `${buyer}/PostalAddress/Country/IdentificationCode`,
    ),
  ],
  'BR-12': [invoice('no sum of the lines', without('cbc:LineExtensionAmount'), `${total}/LineExtensionAmount`)],
  'BR-13': [invoice('no sum without VAT', without('cbc:TaxExclusiveAmount'), `${total}/TaxExclusiveAmount`)],
  'BR-14': [invoice('no sum with VAT', without('cbc:TaxInclusiveAmount'), `${total}/TaxInclusiveAmount`)],
  'BR-15': [invoice('no amount to pay', without('cbc:PayableAmount'), `${total}/PayableAmount`)],
  'BR-16': [invoice('no lines', swap(/<cac:InvoiceLine>[\s\S]*<\/cac:InvoiceLine>/, ''), 'InvoiceLine')],
  'BR-21': [invoice('a line without an identifier', swap('<cbc:ID>1</cbc:ID>', ''), 'InvoiceLine/ID')],
  'BR-22': [
    invoice('a line without a quantity', without('cbc:InvoicedQuantity'), 'InvoiceLine/InvoicedQuantity'),
    [
      'a line without a quantity',
      'credit',
      without('cbc:CreditedQuantity'),
      'CreditNote/CreditNoteLine/CreditedQuantity',
    ],
  ],
  'BR-23': [
    invoice('a quantity without a unit', swap(' unitCode="DAY"', ''), 'InvoiceLine/InvoicedQuantity/@unitCode'),
  ],
  'BR-24': [
    invoice(
      'a line without an amount',
      without('cbc:LineExtensionAmount', 'InvoiceLine'),
      'InvoiceLine/LineExtensionAmount',
    ),
  ],
  'BR-25': [invoice('a line for nothing', without('cbc:Name', '<cac:Item>'), 'InvoiceLine/Item/Name')],
  'BR-26': [invoice('a line without a price', without('cac:Price'), 'InvoiceLine/Price/PriceAmount')],
  'BR-27': [invoice('a negative price', swap('>85.00<', '>-85.00<'), 'InvoiceLine/Price/PriceAmount')],
  'BR-45': [
    invoice('a row without a taxable amount', without('cbc:TaxableAmount'), 'TaxTotal/TaxSubtotal/TaxableAmount'),
  ],
  'BR-46': [
    invoice('a row without a tax amount', without('cbc:TaxAmount', 'TaxSubtotal'), 'TaxTotal/TaxSubtotal/TaxAmount'),
  ],
  'BR-47': [
    invoice(
      'a row without a category',
      without('cbc:ID', '<cac:TaxSubtotal>[\\s\\S]*?<cac:TaxCategory>'),
      'TaxTotal/TaxSubtotal/TaxCategory/ID',
    ),
  ],
  'BR-48': [
    invoice(
      'a category without a rate',
      without('cbc:Percent', '<cac:TaxSubtotal>'),
      'TaxTotal/TaxSubtotal/TaxCategory/Percent',
    ),
  ],
  'BR-55': [
    [
      'a reference without a number',
      'credit',
      swap('<cbc:ID>PSF-2026-000310</cbc:ID>', '<cbc:IssueDate>2026-04-02</cbc:IssueDate>'),
      'CreditNote/BillingReference/InvoiceDocumentReference/ID',
    ],
  ],
  'PEPPOL-EN16931-R001': [invoice('no profile', without('cbc:ProfileID'), 'ProfileID')],
  'PEPPOL-EN16931-R003': [invoice('no reference at all', without('cbc:BuyerReference'), 'BuyerReference')],
  'PEPPOL-EN16931-R004': [
    invoice(
      'the specification of an ordinary invoice',
      swap('poacc:selfbilling:3.0', 'poacc:billing:3.0'),
      'CustomizationID',
    ),
    invoice(
      'more after the specification',
      swap('poacc:selfbilling:3.0', 'poacc:selfbilling:3.0.1'),
      'CustomizationID',
    ),
  ],
  'PEPPOL-EN16931-R007': [
    invoice('the profile of an ordinary invoice', swap('selfbilling:01:1.0', 'billing:01:1.0'), 'ProfileID'),
  ],
  'PEPPOL-EN16931-R008': [invoice('an empty element', swap('>KA<', '> <'), 'BuyerReference')],
  'PEPPOL-EN16931-R010': [
    invoice(
      'a buyer without an electronic address',
      without('cbc:EndpointID', 'AccountingCustomerParty'),
      `${buyer}/EndpointID`,
    ),
  ],
  'PEPPOL-EN16931-R020': [
    invoice('a seller without an electronic address', without('cbc:EndpointID'), `${seller}/EndpointID`),
  ],
  'PEPPOL-EN16931-P0100': [
    invoice('an ordinary invoice', swap('>389<', '>380<'), 'InvoiceTypeCode'),
    invoice('a self-billed debit note', swap('>389<', '>527<'), 'InvoiceTypeCode'),
  ],
  'PEPPOL-EN16931-P0101': [
    ['an ordinary credit note', 'credit', swap('>261<', '>381<'), 'CreditNote/CreditNoteTypeCode'],
  ],
  'PEPPOL-EN16931-R040': [
    invoice('an allowance that is not its percentage', swap('Numeric>5<', 'Numeric>6<'), 'AllowanceCharge/Amount'),
  ],
  'PEPPOL-EN16931-R043': [
    invoice('a charge indicator that is neither', swap('>true<', '>1<'), 'AllowanceCharge[2]/ChargeIndicator'),
  ],
  'PEPPOL-EN16931-R051': [
    invoice(
      'one amount in another currency',
      swap('"SEK">95.00', '"EUR">95.00'),
      'TaxTotal/TaxSubtotal[3]/TaxableAmount/@currencyID',
    ),
    invoice(
      'an amount without a currency',
      swap(' currencyID="SEK">6994', '>6994'),
      `${total}/PayableAmount/@currencyID`,
    ),
  ],
  'PEPPOL-EN16931-R053': [
    invoice(
      'no breakdown',
      (xml) => xml.replaceAll(/<cac:TaxSubtotal>[\s\S]*?<\/cac:TaxSubtotal>/g, ''),
      'TaxTotal/TaxSubtotal',
    ),
    invoice(
      'two breakdowns',
      (xml) => xml.replace(/<cac:TaxTotal>[\s\S]*?<\/cac:TaxTotal>/, (one) => one + one),
      'TaxTotal[2]',
    ),
  ],
  'PEPPOL-EN16931-R120': [
    invoice(
      'a line that does not add up',
      swap('unitCode="DAY">22<', 'unitCode="DAY">23<'),
      'InvoiceLine/LineExtensionAmount',
    ),
    invoice(
      'a price per 100 taken per piece',
      swap('>100</cbc:BaseQuantity>', '>1</cbc:BaseQuantity>'),
      'InvoiceLine[3]/LineExtensionAmount',
    ),
    [
      'a line that does not add up',
      'credit',
      swap('unitCode="DAY">22<', 'unitCode="DAY">23<'),
      'CreditNote/CreditNoteLine/LineExtensionAmount',
    ],
  ],
  'PEPPOL-EN16931-R121': [
    invoice(
      'a price per nothing',
      swap('>100</cbc:BaseQuantity>', '>0</cbc:BaseQuantity>'),
      'InvoiceLine[3]/Price/BaseQuantity',
    ),
  ],
  'BR-CL-17': [invoice('an unknown category', swap('<cbc:ID>E<', '<cbc:ID>X<'), `${row}/TaxCategory/ID`)],
  'BR-CL-18': [
    invoice(
      'an unknown category',
      (xml) => xml.replace(exemptLine, (line) => line.replace('<cbc:ID>E<', '<cbc:ID>X<')),
      'InvoiceLine[2]/Item/ClassifiedTaxCategory/ID',
    ),
  ],
  'BR-CO-04': [
    invoice(
      'a line without a category',
      without('cac:ClassifiedTaxCategory'),
      'InvoiceLine/Item/ClassifiedTaxCategory/ID',
    ),
  ],
  'BR-CO-10': [invoice('a wrong sum of lines', swap('>7058.33<', '>7058.34<'), `${total}/LineExtensionAmount`)],
  'BR-CO-11': [
    invoice(
      'a wrong sum of allowances',
      swap('>100.00</cbc:AllowanceTotal', '>100.01</cbc:AllowanceTotal'),
      `${total}/AllowanceTotalAmount`,
    ),
    invoice('no sum of allowances', without('cbc:AllowanceTotalAmount'), `${total}/AllowanceTotalAmount`),
  ],
  'BR-CO-12': [
    invoice(
      'a wrong sum of charges',
      swap('>49.90</cbc:ChargeTotal', '>49.91</cbc:ChargeTotal'),
      `${total}/ChargeTotalAmount`,
    ),
  ],
  'BR-CO-13': [invoice('a wrong sum without VAT', swap('>7008.23<', '>7008.24<'), `${total}/TaxExclusiveAmount`)],
  'BR-CO-14': [invoice('a wrong VAT total', swap('>485.68<', '>485.69<'), 'TaxTotal/TaxAmount')],
  'BR-CO-15': [invoice('a wrong sum with VAT', swap('>7493.91<', '>7493.92<'), `${total}/TaxInclusiveAmount`)],
  'BR-CO-16': [
    invoice('a wrong amount to pay', swap('>6994.00<', '>6995.00<'), `${total}/PayableAmount`),
    ['a wrong amount to pay', 'credit', swap('>6994.00<', '>6995.00<'), 'CreditNote/LegalMonetaryTotal/PayableAmount'],
  ],
  'BR-CO-17': [invoice('a wrong tax at one rate', swap('>439.98<', '>440.10<'), 'TaxTotal/TaxSubtotal/TaxAmount')],
  'BR-S-01': [
    invoice(
      'no row for a rate',
      swap(/<cac:TaxSubtotal><cbc:TaxableAmount currencyID="SEK">333.33[\s\S]*?<\/cac:TaxSubtotal>/, ''),
      'TaxTotal/TaxSubtotal',
    ),
  ],
  'BR-S-08': [
    invoice(
      'another taxable amount',
      swap('>333.33</cbc:TaxableAmount>', '>333.34</cbc:TaxableAmount>'),
      'TaxTotal/TaxSubtotal[2]/TaxableAmount',
    ),
  ],
  ...untaxed('E'),
  ...untaxed('Z'),
  ...untaxed('AE'),
  ...untaxed('O'),
  'BR-DEC-01': decimals('Amount', 'AllowanceCharge/Amount'),
  'BR-DEC-02': decimals('BaseAmount', 'AllowanceCharge/BaseAmount'),
  'BR-DEC-05': decimals('Amount', 'AllowanceCharge[2]/Amount', 'Frakt'),
  'BR-DEC-06': decimals('BaseAmount', 'AllowanceCharge[2]/BaseAmount', 'Frakt'),
  'BR-DEC-09': decimals('LineExtensionAmount', `${total}/LineExtensionAmount`),
  'BR-DEC-10': decimals('AllowanceTotalAmount', `${total}/AllowanceTotalAmount`),
  'BR-DEC-11': decimals('ChargeTotalAmount', `${total}/ChargeTotalAmount`),
  'BR-DEC-12': decimals('TaxExclusiveAmount', `${total}/TaxExclusiveAmount`),
  'BR-DEC-13': decimals('TaxAmount', 'TaxTotal/TaxAmount'),
  'BR-DEC-14': decimals('TaxInclusiveAmount', `${total}/TaxInclusiveAmount`),
  'BR-DEC-16': decimals('PrepaidAmount', `${total}/PrepaidAmount`),
  'BR-DEC-17': decimals('PayableRoundingAmount', `${total}/PayableRoundingAmount`),
  'BR-DEC-18': decimals('PayableAmount', `${total}/PayableAmount`),
  'BR-DEC-19': decimals('TaxableAmount', 'TaxTotal/TaxSubtotal/TaxableAmount'),
  'BR-DEC-20': decimals('TaxAmount', 'TaxTotal/TaxSubtotal/TaxAmount', 'TaxSubtotal'),
  'BR-DEC-23': decimals('LineExtensionAmount', 'InvoiceLine/LineExtensionAmount', 'InvoiceLine'),
  'BR-DEC-24': decimals('Amount', 'InvoiceLine/AllowanceCharge/Amount', 'InvoiceLine'),
  'BR-DEC-25': decimals('BaseAmount', 'InvoiceLine/AllowanceCharge/BaseAmount', 'InvoiceLine'),
  'BR-DEC-27': decimals('Amount', 'InvoiceLine/AllowanceCharge[2]/Amount', 'InvoiceLine[\\s\\S]*?>true<'),
  'BR-DEC-28': decimals('BaseAmount', 'InvoiceLine/AllowanceCharge[2]/BaseAmount', 'InvoiceLine[\\s\\S]*?>true<'),
  'PEPPOL-T01-B00101': [order('no specification identifier', without('cbc:CustomizationID'), 'CustomizationID')],
  'PEPPOL-T01-B00102': [order('no profile', without('cbc:ProfileID'), 'ProfileID')],
  'PEPPOL-T01-B00103': [order('no order number', without('cbc:ID'), 'ID')],
  'PEPPOL-T01-B00104': [order('no issue date', without('cbc:IssueDate'), 'IssueDate')],
  'PEPPOL-T01-B00105': [order('no currency', without('cbc:DocumentCurrencyCode'), 'DocumentCurrencyCode')],
  'PEPPOL-T01-B00106': [order('no buyer', without('cac:BuyerCustomerParty'), 'BuyerCustomerParty')],
  'PEPPOL-T01-B00107': [order('no seller', without('cac:SellerSupplierParty'), 'SellerSupplierParty')],
  'PEPPOL-T01-B00108': [order('no lines', swap(/<cac:OrderLine>[\s\S]*<\/cac:OrderLine>/, ''), 'OrderLine')],
  'PEPPOL-T01-B00801': [order('another type of order', swap('>220<', '>221<'), 'OrderTypeCode')],
  'PEPPOL-T01-R031': [order('a profile that wants an answer', swap('order_only', 'ordering'), 'ProfileID')],
  'PEPPOL-T01-R034': [order('another specification', swap('trns:order:3', 'trns:order:2'), 'CustomizationID')],
  'PEPPOL-T01-R001': [
    order('two lines with one ID', swap('<cbc:ID>2</cbc:ID>', '<cbc:ID>1</cbc:ID>'), 'OrderLine[2]/LineItem/ID'),
  ],
  'PEPPOL-T01-R003': [
    order(
      'one amount in another currency',
      swap('"SEK">95.00', '"EUR">95.00'),
      'OrderLine[2]/LineItem/LineExtensionAmount/@currencyID',
    ),
  ],
  'PEPPOL-T01-R004': [order('a negative quantity', swap('>22<', '>-22<'), 'OrderLine/LineItem/Quantity')],
  'PEPPOL-T01-R005': [order('a negative price', swap('>85.00<', '>-85.00<'), 'OrderLine/LineItem/Price/PriceAmount')],
  'PEPPOL-T01-R006': [
    order('a negative amount to pay', swap('>2319.00<', '>-2319.00<'), 'AnticipatedMonetaryTotal/PayableAmount'),
  ],
  'PEPPOL-T01-R007': [
    order('a negative sum of lines', swap('>1905.00<', '>-1905.00<'), 'AnticipatedMonetaryTotal/LineExtensionAmount'),
  ],
  'PEPPOL-T01-R008': [
    order('a wrong sum of lines', swap('>1905.00<', '>1905.01<'), 'AnticipatedMonetaryTotal/LineExtensionAmount'),
  ],
  'PEPPOL-T01-R009': [
    order(
      'a wrong sum of allowances',
      swap('>100.00</cbc:AllowanceTotal', '>100.01</cbc:AllowanceTotal'),
      'AnticipatedMonetaryTotal/AllowanceTotalAmount',
    ),
  ],
  'PEPPOL-T01-R010': [
    order(
      'a wrong sum of charges',
      swap('>49.90</cbc:ChargeTotal', '>49.91</cbc:ChargeTotal'),
      'AnticipatedMonetaryTotal/ChargeTotalAmount',
    ),
  ],
  'PEPPOL-T01-R011': [
    order('a wrong sum without VAT', swap('>1854.90<', '>1854.91<'), 'AnticipatedMonetaryTotal/TaxExclusiveAmount'),
  ],
  'PEPPOL-T01-R016': [
    order('a wrong amount to pay', swap('>2319.00<', '>2320.00<'), 'AnticipatedMonetaryTotal/PayableAmount'),
  ],
  'PEPPOL-T01-R017': [
    order('a wrong sum with VAT', swap('>2318.63<', '>2318.64<'), 'AnticipatedMonetaryTotal/TaxInclusiveAmount'),
  ],
  'PEPPOL-T01-R022': [
    order('an allowance that is not its percentage', swap('Numeric>5<', 'Numeric>6<'), 'AllowanceCharge/Amount'),
  ],
  'PEPPOL-T01-R024': [
    order(
      'a line that does not add up',
      swap('unitCode="DAY">22<', 'unitCode="DAY">23<'),
      'OrderLine/LineItem/LineExtensionAmount',
    ),
  ],
  'PEPPOL-T01-R025': [
    order(
      'a price per nothing',
      swap('>100</cbc:BaseQuantity>', '>0</cbc:BaseQuantity>'),
      'OrderLine[2]/LineItem/Price/BaseQuantity',
    ),
  ],
  'PEPPOL-T01-R028': [
    order('a third decimal', swap('>2319.00<', '>2319.000<'), 'AnticipatedMonetaryTotal/PayableAmount'),
  ],
  'PEPPOL-T01-R032': [order('a negative charge', swap('>49.90<', '>-49.90<'), 'AllowanceCharge[2]/Amount')],
} as Readonly<Record<string, readonly Mutation[]>>;
