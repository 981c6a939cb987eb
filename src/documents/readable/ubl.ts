/** Peppol documents, as people read them: self-invoice, its credit, purchase order. */
import type { Root } from '../ubl/contents.ts';
import { at, childrenOf, textAt, type XmlElement } from '../xml.ts';
import { named, present, type ReadableDocument, type ReadableLine, type ReadableParty, spanOf } from './shape.ts';

const names = {
  Invoice: {
    kind: 'invoice',
    line: 'cac:InvoiceLine',
    quantity: 'cbc:InvoicedQuantity',
    total: 'cac:LegalMonetaryTotal',
  },
  CreditNote: {
    kind: 'credit',
    line: 'cac:CreditNoteLine',
    quantity: 'cbc:CreditedQuantity',
    total: 'cac:LegalMonetaryTotal',
  },
  Order: { kind: 'order', line: 'cac:OrderLine', quantity: 'cbc:Quantity', total: 'cac:AnticipatedMonetaryTotal' },
} as const;

export function viewUbl(root: XmlElement, name: Root): ReadableDocument {
  const { kind, line: lineName, quantity, total } = names[name];
  const sum = (sumName: string) => textAt(root, `${total}/cbc:${sumName}`);
  const date = (path: string) => textAt(root, path);
  const lines = childrenOf(root, lineName).map((one) => (name === 'Order' ? (at(one, 'cac:LineItem') ?? one) : one));
  const order = name === 'Order';
  const delivery = 'cac:Delivery/cac:RequestedDeliveryPeriod';
  return {
    kind,
    number: textAt(root, 'cbc:ID'),
    currency: textAt(root, 'cbc:DocumentCurrencyCode'),
    facts: named([
      ['issued', textAt(root, 'cbc:IssueDate')],
      ['due', textAt(root, 'cbc:DueDate') ?? textAt(root, 'cac:PaymentMeans/cbc:PaymentDueDate')],
      ['period', spanOf(date('cac:InvoicePeriod/cbc:StartDate'), date('cac:InvoicePeriod/cbc:EndDate'))],
      ['delivery', spanOf(date(`${delivery}/cbc:StartDate`), date(`${delivery}/cbc:EndDate`))],
      ['order', textAt(root, 'cac:OrderReference/cbc:ID')],
      ['contract', textAt(root, `${order ? 'cac:Contract' : 'cac:ContractDocumentReference'}/cbc:ID`)],
      ['corrects', textAt(root, 'cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID')],
      ['reference', textAt(root, 'cbc:BuyerReference') ?? textAt(root, 'cbc:CustomerReference')],
    ]),
    buyer: party(at(root, `${order ? 'cac:BuyerCustomerParty' : 'cac:AccountingCustomerParty'}/cac:Party`)),
    seller: party(at(root, `${order ? 'cac:SellerSupplierParty' : 'cac:AccountingSupplierParty'}/cac:Party`)),
    notes: present([textAt(root, 'cbc:Note'), textAt(root, 'cac:PaymentTerms/cbc:Note')]),
    lines: lines.map((one) => lineOf(one, quantity)),
    vat: childrenOf(at(root, 'cac:TaxTotal'), 'cac:TaxSubtotal').map((row) => ({
      percent: textAt(row, 'cac:TaxCategory/cbc:Percent'),
      taxable: textAt(row, 'cbc:TaxableAmount'),
      amount: textAt(row, 'cbc:TaxAmount'),
    })),
    sums: named([
      ['lines', sum('LineExtensionAmount')],
      ['allowances', sum('AllowanceTotalAmount')],
      ['charges', sum('ChargeTotalAmount')],
      ['net', sum('TaxExclusiveAmount')],
      ['vat', textAt(root, 'cac:TaxTotal/cbc:TaxAmount')],
      ['gross', sum('TaxInclusiveAmount')],
      ['prepaid', sum('PrepaidAmount')],
      ['rounding', sum('PayableRoundingAmount')],
      ['payable', sum('PayableAmount')],
    ]),
  };
}

function lineOf(line: XmlElement, quantity: string): ReadableLine {
  return {
    id: textAt(line, 'cbc:ID'),
    text: present([
      textAt(line, 'cac:Item/cbc:Name'),
      textAt(line, 'cac:Item/cbc:Description'),
      textAt(line, 'cbc:Note'),
    ]).join(' · '),
    quantity: textAt(line, quantity),
    unit: at(line, quantity)?.attributes.get('unitCode'),
    price: textAt(line, 'cac:Price/cbc:PriceAmount'),
    amount: textAt(line, 'cbc:LineExtensionAmount'),
    vatPercent: textAt(line, 'cac:Item/cac:ClassifiedTaxCategory/cbc:Percent'),
  };
}

function party(element: XmlElement | undefined): ReadableParty {
  const address = at(element, 'cac:PostalAddress');
  const vat = childrenOf(element, 'cac:PartyTaxScheme').find((one) => textAt(one, 'cac:TaxScheme/cbc:ID') === 'VAT');
  return {
    name: textAt(element, 'cac:PartyLegalEntity/cbc:RegistrationName') ?? textAt(element, 'cac:PartyName/cbc:Name'),
    organisationNumber: textAt(element, 'cac:PartyLegalEntity/cbc:CompanyID') ?? textAt(element, 'cbc:EndpointID'),
    vatNumber: textAt(vat, 'cbc:CompanyID'),
    more: present([
      textAt(address, 'cbc:StreetName'),
      textAt(address, 'cbc:AdditionalStreetName'),
      present([textAt(address, 'cbc:PostalZone'), textAt(address, 'cbc:CityName')]).join(' '),
      ...['cbc:Name', 'cbc:Telephone', 'cbc:ElectronicMail'].map((name) => textAt(element, `cac:Contact/${name}`)),
    ]),
  };
}
