/**
 * Sample documents that pass every check, for demonstrations and tests: invented suppliers, amounts varied by a seed.
 * Same options, same bytes.
 */
import { XMLBuilder } from 'fast-xml-parser';
import { type Amount, show, sum } from './money.ts';
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
import { invoiceNamespace } from './svefaktura/structure.ts';

export { type SampleOptions, sampleOrganisationNumber } from './sample-figures.ts';

export interface SvefakturaOptions extends SampleOptions {
  readonly credit?: boolean;
  readonly encoding?: 'UTF-8' | 'ISO-8859-1' | 'UTF-16';
  /** Prefixes to write, in the order document, aggregates, basics; the first may be empty. */
  readonly prefixes?: readonly [string, string, string];
}

/** A purchase order (schemas/documents/purchase-order/1.json). */
export function jsonPurchaseOrder(options: SampleOptions): Buffer {
  const lines = sampleLines(options);
  return json({
    schema: 'urn:kuvert:schemas:purchase-order:1',
    ...jsonHead(options),
    contractNumber: 'Af-2025/0042',
    deliveryPeriod: { from: '2026-03-01', to: '2026-03-31' },
    lines: jsonLines(lines),
    totals: { net: show(sum(lines.map(({ amount }) => amount))) },
  });
}

/** A self-invoice (schemas/documents/self-invoice/1.json). */
export function jsonSelfInvoice(options: SampleOptions): Buffer {
  return json({ schema: 'urn:kuvert:schemas:self-invoice:1', ...jsonHead(options), ...jsonInvoiceBody(options) });
}

/** A credit (schemas/documents/self-invoice-credit/1.json) of `options.original`. */
export function jsonCredit(options: SampleOptions): Buffer {
  return json({
    schema: 'urn:kuvert:schemas:self-invoice-credit:1',
    ...jsonHead(options),
    corrects: { number: options.original ?? `${options.number}-original` },
    reason: 'Fel antal dagar',
    ...jsonInvoiceBody(options),
  });
}

/** A Svefaktura 1.0 self-invoice, or its credit, in the encoding it declares. */
export function svefaktura(options: SvefakturaOptions): Buffer {
  const { encoding = 'UTF-8', prefixes = ['', 'cac', 'cbc'] } = options;
  const builder = new XMLBuilder({ ignoreAttributes: false, format: true, indentBy: '  ', suppressEmptyNode: true });
  const body = builder.build(prefixed(svefakturaTree(options), prefixes));
  const text = `<?xml version="1.0" encoding="${encoding}"?>\n${body}`;
  if (encoding === 'ISO-8859-1') return Buffer.from(text.replaceAll('–', '-'), 'latin1');
  // UTF-16 in XML begins with a byte order mark (XML 1.0 §4.3.3).
  return encoding === 'UTF-16' ? Buffer.from(`\uFEFF${text}`, 'utf16le') : Buffer.from(text, 'utf8');
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`, 'utf8');
}

function jsonHead(options: SampleOptions): object {
  return {
    number: options.number,
    issueDate: issueDate(options),
    currency: 'SEK',
    buyer: { ...buyer, reference: 'KA' },
    seller: {
      organisationNumber: options.recipient,
      vatNumber: `SE${options.recipient}01`,
      name: sellerName(options),
      address: { street: 'Storgatan 1', postalCode: '66231', city: 'Åmål' },
    },
  };
}

function jsonInvoiceBody(options: SampleOptions): object {
  const lines = sampleLines(options);
  const { net, vat, tax, gross, rounding, payable } = totalsOf(lines);
  return {
    dueDate: dueDate(options),
    period: { from: '2026-03-01', to: '2026-03-31' },
    note: 'Självfakturering enligt avtal',
    lines: jsonLines(lines),
    vat: vat.map(({ percent, taxable, amount }) => ({
      category: percent === '0' ? 'E' : 'S',
      percent,
      taxableAmount: show(taxable),
      vatAmount: show(amount),
      ...(percent === '0' ? { exemptionReason: 'Utbildning, undantagen från moms' } : {}),
    })),
    totals: { net: show(net), vat: show(tax), gross: show(gross), rounding: show(rounding), payable: show(payable) },
  };
}

function jsonLines(lines: readonly SampleLine[]): object[] {
  return lines.map(({ description, unit, percent, quantity, price, amount }, i) => ({
    id: String(i + 1),
    description,
    quantity: quantity.toString(),
    unit,
    unitPrice: show(price),
    amount: show(amount),
    vatPercent: percent,
  }));
}

/** Names in our own prefixes; `prefixed` writes those asked for. */
function svefakturaTree(options: SvefakturaOptions): Record<string, unknown> {
  const lines = sampleLines(options);
  const { net, vat, tax, rounding, payable } = totalsOf(lines);
  const category = (percent: string): object => ({
    'cac:ID': percent === '0' ? 'E' : 'S',
    'cbc:Percent': percent,
    ...(percent === '0' ? { 'cbc:ExemptionReason': 'Utbildning, undantagen från moms' } : {}),
    'cac:TaxScheme': { 'cac:ID': 'VAT' },
  });
  return {
    Invoice: {
      ID: options.number,
      'cbc:IssueDate': issueDate(options),
      InvoiceTypeCode: options.credit ? '381' : '380',
      'cbc:Note': `Självfakturering${options.credit ? ', kredit: fel antal dagar' : ''} & enligt avtal`,
      InvoiceCurrencyCode: 'SEK',
      LineItemCountNumeric: String(lines.length),
      AdditionalDocumentReference: {
        'cac:ID': {
          '@_identificationSchemeID': 'CT',
          '@_identificationSchemeAgencyName': 'SFTI',
          '#text': 'Af-2025/0042',
        },
      },
      'cac:BuyerParty': { 'cac:Party': party(buyer.organisationNumber, buyer.name, buyer.address) },
      'cac:SellerParty': {
        'cac:Party': party(options.recipient, sellerName(options), {
          street: 'Storgatan 1',
          postalCode: '66231',
          city: 'Åmål',
        }),
      },
      'cac:PaymentMeans': { 'cac:PaymentMeansTypeCode': '1', 'cbc:DuePaymentDate': dueDate(options) },
      'cac:TaxTotal': {
        'cbc:TotalTaxAmount': sek(tax),
        'cac:TaxSubTotal': vat.map(({ percent, taxable, amount }) => ({
          'cbc:TaxableAmount': sek(taxable),
          'cbc:TaxAmount': sek(amount),
          'cac:TaxCategory': category(percent),
        })),
      },
      'cac:LegalTotal': {
        'cbc:LineExtensionTotalAmount': sek(net),
        'cbc:TaxExclusiveTotalAmount': sek(net),
        'cbc:TaxInclusiveTotalAmount': sek(payable),
        'cac:RoundOffAmount': sek(rounding),
      },
      'cac:InvoiceLine': lines.map(({ description, unit, percent, quantity, price, amount }, i) => ({
        'cac:ID': String(i + 1),
        'cbc:InvoicedQuantity': { '@_quantityUnitCode': unit, '#text': quantity.toString() },
        'cbc:LineExtensionAmount': sek(amount),
        'cac:Item': {
          'cbc:Description': description,
          'cac:TaxCategory': category(percent),
          'cac:BasePrice': { 'cbc:PriceAmount': sek(price) },
        },
      })),
      RequisitionistDocumentReference: { 'cac:ID': 'KA' },
      ...(options.credit
        ? { InitialInvoiceDocumentReference: { 'cac:ID': options.original ?? `${options.number}-original` } }
        : {}),
    },
  };
}

function sek(amount: Amount): object {
  return { '@_amountCurrencyID': 'SEK', '#text': show(amount) };
}

function party(number: string, name: string, address: { street: string; postalCode: string; city: string }): object {
  return {
    'cac:PartyName': { 'cbc:Name': name },
    'cac:Address': {
      'cbc:StreetName': address.street,
      'cbc:CityName': address.city,
      'cbc:PostalZone': address.postalCode,
    },
    'cac:PartyTaxScheme': [
      { 'cac:CompanyID': number, 'cac:TaxScheme': { 'cac:ID': 'SWT' } },
      { 'cac:CompanyID': `SE${number}01`, 'cac:TaxScheme': { 'cac:ID': 'VAT' } },
    ],
  };
}

/** The same tree with other prefixes, and the namespaces declared on the root. */
function prefixed(tree: Record<string, unknown>, prefixes: readonly [string, string, string]): object {
  const [document, aggregates, basics] = prefixes;
  const rename = (name: string): string => {
    if (name.startsWith('@') || name.startsWith('#')) return name;
    if (name.startsWith('cac:')) return `${aggregates}:${name.slice(4)}`;
    if (name.startsWith('cbc:')) return `${basics}:${name.slice(4)}`;
    return document === '' ? name : `${document}:${name}`;
  };
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [rename(name), walk(inner)]));
  };
  const namespaces = {
    [document === '' ? '@_xmlns' : `@_xmlns:${document}`]: invoiceNamespace,
    [`@_xmlns:${aggregates}`]: 'urn:sfti:CommonAggregateComponents:1:0',
    [`@_xmlns:${basics}`]: 'urn:oasis:names:tc:ubl:CommonBasicComponents:1:0',
  };
  return { [rename('Invoice')]: { ...namespaces, ...(walk(tree.Invoice) as object) } };
}
