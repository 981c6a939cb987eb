/** Peppol BIS Self-Billing 3: an invoice (389) or credit note (261) that the customer writes and the supplier receives. */
import type { MessageType } from '../../domain/message.ts';
import type { ReadDocument } from '../document.ts';
import { type Placed, placedAt, placedChildren } from '../place.ts';
import type { Rule } from '../rules.ts';
import { checkStructure } from '../structure.ts';
import { textAt, type XmlElement } from '../xml.ts';
import { models, roots, structureRules } from './contents.ts';
import { factsOf } from './facts.ts';
import { checkLeaves, decimalsOfInvoice } from './leaves.ts';
import { checkLines, slack } from './lines.ts';
import { checkParties } from './parties.ts';
import { checkInvoicePresence, type InvoiceNames } from './presence.ts';
import { checkTax } from './tax.ts';
import { checkTotals } from './totals.ts';
import { allowancesOf, type Findings, report, whereOf } from './values.ts';

/** Not `conformant`, as in some older texts: rule PEPPOL-EN16931-R004 of 2025. */
export const selfBillingCustomization =
  'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0';
export const selfBillingProfile = 'urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0';

interface Kind extends InvoiceNames {
  readonly messageType: MessageType;
  readonly code: string;
  readonly codeRule: Rule;
}

const kinds: Readonly<Record<'Invoice' | 'CreditNote', Kind>> = {
  Invoice: {
    messageType: 'self-invoice',
    typeCode: 'cbc:InvoiceTypeCode',
    code: '389',
    codeRule: 'PEPPOL-EN16931-P0100',
    line: 'cac:InvoiceLine',
    quantity: 'cbc:InvoicedQuantity',
  },
  CreditNote: {
    messageType: 'self-invoice-credit',
    typeCode: 'cbc:CreditNoteTypeCode',
    code: '261',
    codeRule: 'PEPPOL-EN16931-P0101',
    line: 'cac:CreditNoteLine',
    quantity: 'cbc:CreditedQuantity',
  },
};

const allowanceRules = {
  indicator: 'PEPPOL-EN16931-R043',
  negative: 'UBL-VAL-03',
  percentOfBase: 'PEPPOL-EN16931-R040',
} as const;

/** Reads and checks a tree whose root is UBL 2.1 `Invoice` or `CreditNote`. Never throws for what the document says; findings do. */
export function readSelfBilling(root: XmlElement, name: 'Invoice' | 'CreditNote'): ReadDocument {
  const findings: Findings = [];
  const kind = kinds[name];
  const document: Placed = { element: root, where: name };
  const lines = placedChildren(document, kind.line);
  const currency = textAt(root, 'cbc:DocumentCurrencyCode');

  // 1. What it is, and whether everything is where it must be.
  checkStructure(models, structureRules, root, name, findings);
  checkInvoicePresence(findings, kind, document, lines);
  const messageType = checkType(findings, kind, document);
  const { seller, buyer } = checkParties(
    findings,
    placedAt(document, 'cac:AccountingSupplierParty/cac:Party'),
    placedAt(document, 'cac:AccountingCustomerParty/cac:Party'),
  );
  const facts = factsOf(findings, document);
  // 2. Values, one by one.
  const leafRules = { empty: 'PEPPOL-EN16931-R008', currency: 'PEPPOL-EN16931-R051' } as const;
  checkLeaves(findings, { ...leafRules, decimals: decimalsOfInvoice }, document, currency);
  // 3. Values against each other.
  checkReferences(findings, document, facts.documentNumber);
  const adjustments = allowancesOf(findings, allowanceRules, slack, document);
  const checked = checkLines(
    findings,
    {
      ...allowanceRules,
      quantity: kind.quantity,
      amount: 'PEPPOL-EN16931-R120',
      baseQuantity: 'PEPPOL-EN16931-R121',
      negativePrice: 'BR-27',
      id: 'UBL-LIN-01',
    },
    lines,
  );
  const tax = checkTax(findings, document, checked, adjustments);
  const total = placedAt(document, 'cac:LegalMonetaryTotal');
  if (total !== undefined) {
    const rules = {
      lines: 'BR-CO-10',
      allowances: 'BR-CO-11',
      charges: 'BR-CO-12',
      exclusive: 'BR-CO-13',
      inclusive: 'BR-CO-15',
      payable: 'BR-CO-16',
    } as const;
    const amounts = checked.map(({ amount }) => amount);
    checkTotals(findings, rules, total, amounts, adjustments, tax);
  }
  return {
    format: 'peppol-self-billing-3',
    dataSchema: roots[name],
    messageType,
    recipient: seller,
    ...(buyer === undefined ? {} : { buyer }),
    ...facts,
    ...amountOfTotal(root),
    findings,
  };
}

function amountOfTotal(root: XmlElement): { total?: string } {
  const total = textAt(root, 'cac:LegalMonetaryTotal/cbc:PayableAmount');
  return total !== undefined && /^-?\d{1,15}(?:\.\d{1,10})?$/.test(total) ? { total } : {};
}

function checkType(findings: Findings, kind: Kind, document: Placed): MessageType | undefined {
  const { element } = document;
  const customization = textAt(element, 'cbc:CustomizationID');
  if (customization !== undefined && customization !== selfBillingCustomization) {
    const where = whereOf(document, 'cbc:CustomizationID');
    report(findings, 'PEPPOL-EN16931-R004', where, selfBillingCustomization, customization);
  }
  const profile = textAt(element, 'cbc:ProfileID');
  if (profile !== undefined && profile !== selfBillingProfile) {
    report(findings, 'PEPPOL-EN16931-R007', whereOf(document, 'cbc:ProfileID'), selfBillingProfile, profile);
  }
  const code = textAt(element, kind.typeCode);
  if (code !== undefined && code !== kind.code) {
    report(findings, kind.codeRule, whereOf(document, kind.typeCode), kind.code, code);
  }
  return code === kind.code ? kind.messageType : undefined;
}

function checkReferences(findings: Findings, document: Placed, documentNumber: string): void {
  for (const reference of placedChildren(document, 'cac:BillingReference')) {
    const path = 'cac:InvoiceDocumentReference/cbc:ID';
    if (documentNumber !== '' && textAt(reference.element, path) === documentNumber) {
      report(findings, 'UBL-REF-01', whereOf(reference, path), 'another document number', documentNumber);
    }
  }
}
