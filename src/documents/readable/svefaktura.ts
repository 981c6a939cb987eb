/** Svefaktura 1.0, as people read it. */
import { at, childrenOf, textAt, type XmlElement } from '../xml.ts';
import { named, present, type ReadableDocument, type ReadableParty, spanOf } from './shape.ts';

export function viewSvefaktura(root: XmlElement): ReadableDocument {
  const period = (name: string) => day(textAt(root, `InvoicingPeriod/cbc:${name}`));
  const sum = (name: string) => textAt(root, `cac:LegalTotal/${name}`);
  const means = childrenOf(root, 'cac:PaymentMeans');
  return {
    kind: textAt(root, 'InvoiceTypeCode') === '381' ? 'credit' : 'invoice',
    number: textAt(root, 'ID'),
    currency:
      textAt(root, 'InvoiceCurrencyCode') ??
      at(root, 'cac:LegalTotal/cbc:TaxInclusiveTotalAmount')?.attributes.get('amountCurrencyID'),
    facts: named([
      ['issued', textAt(root, 'cbc:IssueDate')],
      ['due', means.map((one) => textAt(one, 'cbc:DuePaymentDate')).find(Boolean)],
      ['period', spanOf(period('StartDateTime'), period('EndDateTime'))],
      ['order', textAt(root, 'RequisitionistDocumentReference/cac:ID')],
      ['corrects', textAt(root, 'InitialInvoiceDocumentReference/cac:ID')],
    ]),
    buyer: party(at(root, 'cac:BuyerParty/cac:Party')),
    seller: party(at(root, 'cac:SellerParty/cac:Party')),
    notes: present([textAt(root, 'cbc:Note'), textAt(root, 'cac:PaymentTerms/cbc:Note')]),
    lines: childrenOf(root, 'cac:InvoiceLine').map((line) => ({
      id: textAt(line, 'cac:ID'),
      text: present([textAt(line, 'cac:Item/cbc:Description'), textAt(line, 'cbc:Note')]).join(' · '),
      quantity: textAt(line, 'cbc:InvoicedQuantity'),
      unit: at(line, 'cbc:InvoicedQuantity')?.attributes.get('quantityUnitCode'),
      price: textAt(line, 'cac:Item/cac:BasePrice/cbc:PriceAmount'),
      amount: textAt(line, 'cbc:LineExtensionAmount'),
      vatPercent: textAt(line, 'cac:Item/cac:TaxCategory/cbc:Percent'),
    })),
    vat: childrenOf(at(root, 'cac:TaxTotal'), 'cac:TaxSubTotal').map((row) => ({
      percent: textAt(row, 'cac:TaxCategory/cbc:Percent'),
      taxable: textAt(row, 'cbc:TaxableAmount'),
      amount: textAt(row, 'cbc:TaxAmount'),
    })),
    sums: named([
      ['lines', sum('cbc:LineExtensionTotalAmount')],
      ['net', sum('cbc:TaxExclusiveTotalAmount')],
      ['vat', textAt(root, 'cac:TaxTotal/cbc:TotalTaxAmount')],
      ['rounding', sum('cac:RoundOffAmount')],
      ['payable', sum('cbc:TaxInclusiveTotalAmount')],
    ]),
  };
}

function party(element: XmlElement | undefined): ReadableParty {
  const schemes = childrenOf(element, 'cac:PartyTaxScheme');
  const ofScheme = (name: string) => {
    const scheme = schemes.find((one) => textAt(one, 'cac:TaxScheme/cac:ID') === name);
    return textAt(scheme, 'cac:CompanyID');
  };
  const address = at(element, 'cac:Address');
  return {
    name: textAt(element, 'cac:PartyName/cbc:Name'),
    organisationNumber: ofScheme('SWT') ?? textAt(element, 'cac:PartyIdentification/cac:ID'),
    vatNumber: ofScheme('VAT'),
    more: present([
      textAt(address, 'cbc:Department'),
      textAt(address, 'cbc:StreetName'),
      textAt(address, 'cbc:Postbox'),
      present([textAt(address, 'cbc:PostalZone'), textAt(address, 'cbc:CityName')]).join(' '),
      ...['cbc:Name', 'cbc:Telephone', 'cbc:ElectronicMail'].map((name) => textAt(element, `cac:Contact/${name}`)),
    ]),
  };
}

const day = (time: string | undefined): string | undefined => time?.slice(0, 10);
