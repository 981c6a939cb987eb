/** Sample Peppol documents that pass every check; figures and names are those of the other samples. Same options, same bytes. */
import { XMLBuilder } from 'fast-xml-parser';
import { type Amount, show } from './money.ts';
import {
  buyer,
  dueDate,
  issueDate,
  type SampleLine,
  type SampleOptions,
  sampleLines,
  sellerName,
  totalsOf,
} from './sample-figures.ts';
import { type Root, roots } from './ubl/contents.ts';
import { orderCustomization, orderProfile } from './ubl/order.ts';
import { selfBillingCustomization, selfBillingProfile } from './ubl/self-billing.ts';

export interface PeppolOptions extends SampleOptions {
  /** A file to embed, as an attachment of type application/pdf. */
  readonly attachment?: Uint8Array;
}

/** UN/ECE Recommendation 20. */
const units: Readonly<Record<string, string>> = { dag: 'DAY', tim: 'HUR', st: 'EA' };

/** A Peppol BIS Self-Billing 3 invoice (389). */
export function peppolSelfInvoice(options: PeppolOptions): Buffer {
  return document('Invoice', {
    ...selfBillingHead(options),
    'cbc:DueDate': dueDate(options),
    'cbc:InvoiceTypeCode': '389',
    ...selfBillingReferences(),
    ...attachments(options),
    ...selfBillingBody(options),
    'cac:InvoiceLine': sampleLines(options).map((line, i) => invoiceLine(line, i, 'cbc:InvoicedQuantity')),
  });
}

/** A Peppol BIS Self-Billing 3 credit note (261) of `options.original`. */
export function peppolCredit(options: PeppolOptions): Buffer {
  return document('CreditNote', {
    ...selfBillingHead(options),
    'cbc:CreditNoteTypeCode': '261',
    'cbc:Note': 'Fel antal dagar',
    ...selfBillingReferences(),
    'cac:BillingReference': {
      'cac:InvoiceDocumentReference': { 'cbc:ID': options.original ?? `${options.number}-original` },
    },
    ...attachments(options),
    ...selfBillingBody(options),
    'cac:CreditNoteLine': sampleLines(options).map((line, i) => invoiceLine(line, i, 'cbc:CreditedQuantity')),
  });
}

/** A Peppol BIS Order-only 3 order. */
export function peppolOrder(options: PeppolOptions): Buffer {
  const lines = sampleLines(options);
  const { net, tax, gross } = totalsOf(lines);
  return document('Order', {
    'cbc:CustomizationID': orderCustomization,
    'cbc:ProfileID': orderProfile,
    'cbc:ID': options.number,
    'cbc:IssueDate': issueDate(options),
    'cbc:OrderTypeCode': '220',
    'cbc:DocumentCurrencyCode': 'SEK',
    'cbc:CustomerReference': 'KA',
    'cac:ValidityPeriod': { 'cbc:EndDate': dueDate(options) },
    ...attachments(options),
    'cac:BuyerCustomerParty': { 'cac:Party': party(buyer.organisationNumber, buyer.name, buyer.address) },
    'cac:SellerSupplierParty': { 'cac:Party': seller(options) },
    'cac:TaxTotal': { 'cbc:TaxAmount': sek(tax) },
    'cac:AnticipatedMonetaryTotal': {
      'cbc:LineExtensionAmount': sek(net),
      'cbc:TaxExclusiveAmount': sek(net),
      'cbc:TaxInclusiveAmount': sek(gross),
      'cbc:PayableAmount': sek(gross),
    },
    'cac:OrderLine': lines.map((line, i) => ({
      'cac:LineItem': {
        'cbc:ID': String(i + 1),
        'cbc:Quantity': quantity(line),
        'cbc:LineExtensionAmount': sek(line.amount),
        'cac:Price': { 'cbc:PriceAmount': sek(line.price) },
        'cac:Item': item(line),
      },
    })),
  });
}

function document(root: Root, content: Record<string, unknown>): Buffer {
  const builder = new XMLBuilder({ ignoreAttributes: false, format: true, indentBy: '  ', suppressEmptyNode: true });
  const namespaces = {
    '@_xmlns': roots[root],
    '@_xmlns:cac': 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2',
    '@_xmlns:cbc': 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2',
  };
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: { ...namespaces, ...content } })}`,
  );
}

function selfBillingHead(options: SampleOptions): object {
  return {
    'cbc:CustomizationID': selfBillingCustomization,
    'cbc:ProfileID': selfBillingProfile,
    'cbc:ID': options.number,
    'cbc:IssueDate': issueDate(options),
  };
}

function selfBillingReferences(): object {
  return {
    'cbc:DocumentCurrencyCode': 'SEK',
    'cbc:BuyerReference': 'KA',
    'cac:InvoicePeriod': { 'cbc:StartDate': '2026-03-01', 'cbc:EndDate': '2026-03-31' },
  };
}

function attachments({ attachment }: PeppolOptions): object {
  if (attachment === undefined) return {};
  const file = { '@_mimeCode': 'application/pdf', '@_filename': 'underlag.pdf' };
  return {
    'cac:AdditionalDocumentReference': {
      'cbc:ID': 'underlag',
      'cac:Attachment': {
        'cbc:EmbeddedDocumentBinaryObject': { ...file, '#text': Buffer.from(attachment).toString('base64') },
      },
    },
  };
}

function selfBillingBody(options: SampleOptions): object {
  const { net, vat, tax, gross, rounding, payable } = totalsOf(sampleLines(options));
  return {
    'cac:AccountingSupplierParty': { 'cac:Party': seller(options) },
    'cac:AccountingCustomerParty': { 'cac:Party': party(buyer.organisationNumber, buyer.name, buyer.address) },
    'cac:PaymentMeans': {
      'cbc:PaymentMeansCode': '30',
      'cac:PayeeFinancialAccount': {
        'cbc:ID': '53000011',
        'cac:FinancialInstitutionBranch': { 'cbc:ID': 'SE:BANKGIRO' },
      },
    },
    'cac:PaymentTerms': { 'cbc:Note': '30 dagar netto' },
    'cac:TaxTotal': {
      'cbc:TaxAmount': sek(tax),
      'cac:TaxSubtotal': vat.map(({ percent, taxable, amount }) => ({
        'cbc:TaxableAmount': sek(taxable),
        'cbc:TaxAmount': sek(amount),
        'cac:TaxCategory': category(percent, 'Utbildning, undantagen från moms'),
      })),
    },
    'cac:LegalMonetaryTotal': {
      'cbc:LineExtensionAmount': sek(net),
      'cbc:TaxExclusiveAmount': sek(net),
      'cbc:TaxInclusiveAmount': sek(gross),
      'cbc:PayableRoundingAmount': sek(rounding),
      'cbc:PayableAmount': sek(payable),
    },
  };
}

function invoiceLine(line: SampleLine, i: number, name: 'cbc:InvoicedQuantity' | 'cbc:CreditedQuantity'): object {
  return {
    'cbc:ID': String(i + 1),
    [name]: quantity(line),
    'cbc:LineExtensionAmount': sek(line.amount),
    'cac:Item': item(line),
    'cac:Price': { 'cbc:PriceAmount': sek(line.price) },
  };
}

function quantity({ unit, quantity: value }: SampleLine): object {
  return { '@_unitCode': units[unit] ?? 'EA', '#text': value.toString() };
}

function item({ description, percent }: SampleLine): object {
  return { 'cbc:Name': description, 'cac:ClassifiedTaxCategory': category(percent) };
}

function category(percent: string, reason?: string): object {
  return {
    'cbc:ID': percent === '0' ? 'E' : 'S',
    'cbc:Percent': percent,
    ...(percent === '0' && reason !== undefined ? { 'cbc:TaxExemptionReason': reason } : {}),
    'cac:TaxScheme': { 'cbc:ID': 'VAT' },
  };
}

function sek(amount: Amount): object {
  return { '@_currencyID': 'SEK', '#text': show(amount) };
}

function seller(options: SampleOptions): object {
  const address = { street: 'Storgatan 1', postalCode: '66231', city: 'Åmål' };
  return party(options.recipient, sellerName(options), address);
}

function party(number: string, name: string, address: { street: string; postalCode: string; city: string }): object {
  const marked = { '@_schemeID': '0007', '#text': number };
  return {
    'cbc:EndpointID': marked,
    'cac:PartyName': { 'cbc:Name': name },
    'cac:PostalAddress': {
      'cbc:StreetName': address.street,
      'cbc:CityName': address.city,
      'cbc:PostalZone': address.postalCode,
      'cac:Country': { 'cbc:IdentificationCode': 'SE' },
    },
    'cac:PartyTaxScheme': [
      { 'cbc:CompanyID': `SE${number}01`, 'cac:TaxScheme': { 'cbc:ID': 'VAT' } },
      { 'cbc:CompanyID': 'Godkänd för F-skatt', 'cac:TaxScheme': { 'cbc:ID': 'TAX' } },
    ],
    'cac:PartyLegalEntity': { 'cbc:RegistrationName': name, 'cbc:CompanyID': marked },
  };
}
