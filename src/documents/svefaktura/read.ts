/** Svefaktura 1.0 as KA sends it: a self-invoice (380) or its credit (381), received by the seller. */
import { keyedTextLimit, type MessageType } from '../../domain/message.ts';
import type { ReadDocument } from '../document.ts';
import { amountOf, parseDecimal } from '../money.ts';
import { type Placed, placedChildren } from '../place.ts';
import { checkStructure } from '../structure.ts';
import { textAt, type XmlElement } from '../xml.ts';
import { checkCurrency } from './currency.ts';
import { checkParties } from './parties.ts';
import { invoiceNamespace, models, structureRules } from './structure.ts';
import { checkTotals } from './totals.ts';
import { type Checks, dateAt, report, requiredTextAt } from './values.ts';

const typeCodes: ReadonlyMap<string, MessageType> = new Map([
  ['380', 'self-invoice'],
  ['381', 'self-invoice-credit'],
]);

/** How far sums may be off (SFTI, R-67 to R-71). */
const slack = amountOf('0.5');

/** Reads and checks a tree whose root is `Invoice` in SFTI's namespace. Never throws for what the document says; findings do. */
export function readSvefaktura(root: XmlElement): ReadDocument {
  const checks: Checks = { invoice: root, findings: [] };
  const invoice: Placed = { element: root, where: 'Invoice' };

  checkStructure(models, structureRules, root, invoice.where, checks.findings);
  const documentNumber = requiredTextAt(checks, invoice, 'ID') ?? '';
  if (documentNumber.length > keyedTextLimit) {
    report(checks, 'SVE-VAL-04', 'Invoice/ID', `at most ${keyedTextLimit} characters`, `${documentNumber.length}`);
  }
  const issued = dateAt(checks, invoice, 'cbc:IssueDate');
  for (const means of placedChildren(invoice, 'cac:PaymentMeans')) dateAt(checks, means, 'cbc:DuePaymentDate');
  const messageType = checkType(checks, invoice);
  if (messageType === 'self-invoice-credit') checkReference(checks, invoice, documentNumber);
  const { seller: recipient, buyer } = checkParties(checks, invoice);
  const currency = checkCurrency(checks, invoice);
  checkTotals(checks, invoice, slack);

  const total = textAt(root, 'cac:LegalTotal/cbc:TaxInclusiveTotalAmount');
  return {
    format: 'svefaktura-1.0',
    mediaType: 'application/xml',
    dataSchema: invoiceNamespace,
    messageType,
    recipient,
    ...(buyer === undefined ? {} : { buyer }),
    documentNumber,
    ...(issued === undefined ? {} : { issued }),
    ...(currency === undefined ? {} : { currency }),
    ...(total === undefined || !parseDecimal(total) ? {} : { total }),
    findings: checks.findings,
  };
}

/** 389 is not in Svefaktura's code list: the type code says debit or credit, and the note that it is a self-invoice (mervärdesskattelagen 17 kap.). */
function checkType(checks: Checks, { element }: Placed): MessageType | undefined {
  const code = textAt(element, 'InvoiceTypeCode');
  const messageType = typeCodes.get(code ?? '');
  if (code !== undefined && messageType === undefined) {
    report(checks, 'SVE-TYP-01', 'Invoice/InvoiceTypeCode', '380 or 381', code);
  }
  // Composed and decomposed ä are the same word (Unicode NFC).
  const note = textAt(element, 'cbc:Note');
  if (!note?.normalize('NFC').toLowerCase().includes('självfakturering')) {
    report(checks, 'SVE-TYP-02', 'Invoice/Note', 'a text with the word självfakturering', note);
  }
  return messageType;
}

function checkReference(checks: Checks, invoice: Placed, documentNumber: string): void {
  const references = placedChildren(invoice, 'InitialInvoiceDocumentReference');
  const originals = references.flatMap((reference) => requiredTextAt(checks, reference, 'cac:ID') ?? []);
  const where = 'Invoice/InitialInvoiceDocumentReference/ID';
  if (originals.length === 0) report(checks, 'SVE-REF-01', where, 'the number of the original self-invoice', undefined);
  if (documentNumber !== '' && originals.includes(documentNumber)) {
    report(checks, 'SVE-REF-02', where, 'another document number', documentNumber);
  }
}
