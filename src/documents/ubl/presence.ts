/** What must be there, by the standard's own rule. */
import { type Placed, placedAt, placedChildren } from '../place.ts';
import type { Rule } from '../rules.ts';
import { at } from '../xml.ts';
import { type Findings, report, whereOf } from './values.ts';

/** One of the paths must lead somewhere. */
type Row = readonly [rule: Rule, path: string, ...orElse: string[]];

/** What an invoice and a credit note call differently. */
export interface InvoiceNames {
  readonly typeCode: 'cbc:InvoiceTypeCode' | 'cbc:CreditNoteTypeCode';
  readonly line: 'cac:InvoiceLine' | 'cac:CreditNoteLine';
  readonly quantity: 'cbc:InvoicedQuantity' | 'cbc:CreditedQuantity';
}

const seller = 'cac:AccountingSupplierParty/cac:Party';
const buyer = 'cac:AccountingCustomerParty/cac:Party';
const total = 'cac:LegalMonetaryTotal';

const invoiceRows = ({ typeCode, line }: InvoiceNames): readonly Row[] => [
  ['BR-01', 'cbc:CustomizationID'],
  ['PEPPOL-EN16931-R001', 'cbc:ProfileID'],
  ['BR-02', 'cbc:ID'],
  ['BR-03', 'cbc:IssueDate'],
  ['BR-04', typeCode],
  ['BR-05', 'cbc:DocumentCurrencyCode'],
  ['BR-06', `${seller}/cac:PartyLegalEntity/cbc:RegistrationName`],
  ['BR-07', `${buyer}/cac:PartyLegalEntity/cbc:RegistrationName`],
  ['BR-08', `${seller}/cac:PostalAddress`],
  ['BR-09', `${seller}/cac:PostalAddress/cac:Country/cbc:IdentificationCode`],
  ['BR-10', `${buyer}/cac:PostalAddress`],
  ['BR-11', `${buyer}/cac:PostalAddress/cac:Country/cbc:IdentificationCode`],
  ['BR-12', `${total}/cbc:LineExtensionAmount`],
  ['BR-13', `${total}/cbc:TaxExclusiveAmount`],
  ['BR-14', `${total}/cbc:TaxInclusiveAmount`],
  ['BR-15', `${total}/cbc:PayableAmount`],
  ['BR-16', line],
  ['PEPPOL-EN16931-R020', `${seller}/cbc:EndpointID`],
  ['PEPPOL-EN16931-R010', `${buyer}/cbc:EndpointID`],
  ['PEPPOL-EN16931-R003', 'cbc:BuyerReference', 'cac:OrderReference/cbc:ID'],
];

const lineRows = ({ quantity }: InvoiceNames): readonly Row[] => [
  ['BR-21', 'cbc:ID'],
  ['BR-22', quantity],
  ['BR-24', 'cbc:LineExtensionAmount'],
  ['BR-25', 'cac:Item/cbc:Name'],
  ['BR-26', 'cac:Price/cbc:PriceAmount'],
  ['BR-CO-04', 'cac:Item/cac:ClassifiedTaxCategory/cbc:ID'],
];

const subtotalRows: readonly Row[] = [
  ['BR-45', 'cbc:TaxableAmount'],
  ['BR-46', 'cbc:TaxAmount'],
  ['BR-47', 'cac:TaxCategory/cbc:ID'],
];

const orderRows: readonly Row[] = [
  ['PEPPOL-T01-B00101', 'cbc:CustomizationID'],
  ['PEPPOL-T01-B00102', 'cbc:ProfileID'],
  ['PEPPOL-T01-B00103', 'cbc:ID'],
  ['PEPPOL-T01-B00104', 'cbc:IssueDate'],
  ['PEPPOL-T01-B00105', 'cbc:DocumentCurrencyCode'],
  ['PEPPOL-T01-B00106', 'cac:BuyerCustomerParty'],
  ['PEPPOL-T01-B00107', 'cac:SellerSupplierParty'],
  ['PEPPOL-T01-B00108', 'cac:OrderLine'],
];

export function checkInvoicePresence(
  findings: Findings,
  names: InvoiceNames,
  document: Placed,
  lines: readonly Placed[],
): void {
  check(findings, document, invoiceRows(names));
  for (const line of lines) {
    check(findings, line, lineRows(names));
    const quantity = placedAt(line, names.quantity);
    if (quantity !== undefined && !quantity.element.attributes.get('unitCode')) {
      report(findings, 'BR-23', `${quantity.where}/@unitCode`, 'a unit (UN/ECE Rec 20)', undefined);
    }
  }
  for (const taxTotal of placedChildren(document, 'cac:TaxTotal')) {
    for (const subtotal of placedChildren(taxTotal, 'cac:TaxSubtotal')) check(findings, subtotal, subtotalRows);
  }
  for (const reference of placedChildren(document, 'cac:BillingReference')) {
    check(findings, reference, [['BR-55', 'cac:InvoiceDocumentReference/cbc:ID']]);
  }
}

export function checkOrderPresence(findings: Findings, document: Placed): void {
  check(findings, document, orderRows);
}

function check(findings: Findings, placed: Placed, rows: readonly Row[]): void {
  for (const [rule, ...paths] of rows) {
    if (paths.some((path) => at(placed.element, path) !== undefined)) continue;
    report(findings, rule, whereOf(placed, paths[0]), paths.join(' or '), undefined);
  }
}
