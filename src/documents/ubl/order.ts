/** Peppol BIS Order-only 3: a purchase order that needs no answer. The seller receives it. */
import type { MessageType } from '../../domain/message.ts';
import type { ReadDocument } from '../document.ts';
import { parseDecimal } from '../money.ts';
import { type Placed, placedAt, placedChildren } from '../place.ts';
import { checkStructure } from '../structure.ts';
import { textAt, type XmlElement } from '../xml.ts';
import { models, roots, structureRules } from './contents.ts';
import { factsOf } from './facts.ts';
import { checkLeaves, decimalsOfOrder } from './leaves.ts';
import { checkLines, slack } from './lines.ts';
import { checkParties } from './parties.ts';
import { checkOrderPresence } from './presence.ts';
import { checkTotals } from './totals.ts';
import { allowancesOf, decimalAt, type Findings, report, whereOf } from './values.ts';

export const orderCustomization = 'urn:fdc:peppol.eu:poacc:trns:order:3';
export const orderProfile = 'urn:fdc:peppol.eu:poacc:bis:order_only:3';

const allowanceRules = {
  indicator: 'UBL-VAL-04',
  negative: 'PEPPOL-T01-R032',
  percentOfBase: 'PEPPOL-T01-R022',
} as const;

/** Reads and checks a tree whose root is UBL 2.1 `Order`. Never throws for what the document says; findings do. */
export function readOrder(root: XmlElement): ReadDocument {
  const findings: Findings = [];
  const document: Placed = { element: root, where: 'Order' };
  const currency = textAt(root, 'cbc:DocumentCurrencyCode');

  // 1. What it is, and whether everything is where it must be.
  checkStructure(models, structureRules, root, 'Order', findings);
  checkOrderPresence(findings, document);
  const messageType = checkType(findings, document);
  const { seller, buyer } = checkParties(
    findings,
    placedAt(document, 'cac:SellerSupplierParty/cac:Party'),
    placedAt(document, 'cac:BuyerCustomerParty/cac:Party'),
  );
  const facts = factsOf(findings, document);
  // 2. Values, one by one.
  const leafRules = { empty: 'PEPPOL-COMMON-R001', currency: 'PEPPOL-T01-R003', decimals: decimalsOfOrder } as const;
  checkLeaves(findings, leafRules, document, currency);
  // 3. Values against each other.
  const adjustments = allowancesOf(findings, allowanceRules, slack, document);
  const lines = placedChildren(document, 'cac:OrderLine').flatMap((line) => placedAt(line, 'cac:LineItem') ?? []);
  for (const line of lines) checkQuantity(findings, line);
  const checked = checkLines(
    findings,
    {
      ...allowanceRules,
      quantity: 'cbc:Quantity',
      amount: 'PEPPOL-T01-R024',
      baseQuantity: 'PEPPOL-T01-R025',
      negativePrice: 'PEPPOL-T01-R005',
      id: 'PEPPOL-T01-R001',
    },
    lines,
  );
  const total = placedAt(document, 'cac:AnticipatedMonetaryTotal');
  if (total !== undefined) {
    const rules = {
      lines: 'PEPPOL-T01-R008',
      allowances: 'PEPPOL-T01-R009',
      charges: 'PEPPOL-T01-R010',
      exclusive: 'PEPPOL-T01-R011',
      inclusive: 'PEPPOL-T01-R017',
      payable: 'PEPPOL-T01-R016',
    } as const;
    const amounts = checked.map(({ amount }) => amount);
    checkTotals(findings, rules, total, amounts, adjustments, decimalAt(document, 'cac:TaxTotal/cbc:TaxAmount'));
    checkNotNegative(findings, total);
  }
  return {
    format: 'peppol-order-only-3',
    dataSchema: roots.Order,
    messageType,
    recipient: seller,
    ...(buyer === undefined ? {} : { buyer }),
    ...facts,
    ...netSum(root),
    findings,
  };
}

function netSum(root: XmlElement): { total?: string } {
  const sums = ['TaxExclusiveAmount', 'LineExtensionAmount'];
  const total = sums.map((name) => textAt(root, `cac:AnticipatedMonetaryTotal/cbc:${name}`)).find(Boolean);
  return total !== undefined && parseDecimal(total) ? { total } : {};
}

function checkType(findings: Findings, document: Placed): MessageType | undefined {
  const customization = textAt(document.element, 'cbc:CustomizationID');
  if (customization !== undefined && customization !== orderCustomization) {
    const where = whereOf(document, 'cbc:CustomizationID');
    report(findings, 'PEPPOL-T01-R034', where, orderCustomization, customization);
  }
  const profile = textAt(document.element, 'cbc:ProfileID');
  if (profile !== undefined && profile !== orderProfile) {
    report(findings, 'PEPPOL-T01-R031', whereOf(document, 'cbc:ProfileID'), orderProfile, profile);
  }
  const code = textAt(document.element, 'cbc:OrderTypeCode');
  if (code !== undefined && code !== '220' && code !== '227') {
    report(findings, 'PEPPOL-T01-B00801', whereOf(document, 'cbc:OrderTypeCode'), '220 or 227', code);
  }
  return customization === orderCustomization ? 'purchase-order' : undefined;
}

function checkQuantity(findings: Findings, line: Placed): void {
  const quantity = decimalAt(line, 'cbc:Quantity');
  if (quantity?.lessThan(0)) {
    report(findings, 'PEPPOL-T01-R004', whereOf(line, 'cbc:Quantity'), 'zero or more', quantity.toString());
  }
}

function checkNotNegative(findings: Findings, total: Placed): void {
  for (const [rule, name] of [
    ['PEPPOL-T01-R006', 'cbc:PayableAmount'],
    ['PEPPOL-T01-R007', 'cbc:LineExtensionAmount'],
  ] as const) {
    const amount = decimalAt(total, name);
    if (amount?.lessThan(0)) report(findings, rule, whereOf(total, name), 'zero or more', amount.toString());
  }
}
