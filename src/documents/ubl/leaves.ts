/** One walk over all values: nothing empty, decimals and dates well-formed, one currency, two decimals, attachments that can be opened. */
import { parseDecimal } from '../money.ts';
import { isCalendarDate, type Placed, placedAll } from '../place.ts';
import type { Rule } from '../rules.ts';
import { textAt, type XmlElement } from '../xml.ts';
import { models } from './contents.ts';
import { type Findings, report } from './values.ts';

export interface LeafRules {
  readonly empty: Rule;
  readonly currency: Rule;
  /** The rule that limits this amount to two decimals; undefined: any number of them. `above` are its ancestors, root first. */
  decimals(above: readonly XmlElement[], amount: XmlElement): Rule | undefined;
}

const dates = new Set([
  'IssueDate',
  'DueDate',
  'TaxPointDate',
  'StartDate',
  'EndDate',
  'ActualDeliveryDate',
  'PaymentDueDate',
]);
const numbers = /(?:Amount|Quantity|Percent|MultiplierFactorNumeric)$/;
const mediaTypes = new Set([
  'application/pdf',
  'image/png',
  'image/jpeg',
  'text/csv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.oasis.opendocument.spreadsheet',
]);

/** Findings PEPPOL-EN16931-F001, -CL001, UBL-VAL-01, UBL-ATT-01 and those that `rules` names. */
export function checkLeaves(findings: Findings, rules: LeafRules, root: Placed, currency: string | undefined): void {
  const above: XmlElement[] = [];
  // Paths cost more than all checks, and nearly every value is right: they are made for findings only.
  const pathTo = pathsBelow(root);
  const walk = (element: XmlElement): void => {
    if (element.children.length === 0) {
      checkLeaf(findings, rules, element, above, () => pathTo(above, element), currency);
      return;
    }
    above.push(element);
    for (const child of element.children) walk(child);
    above.pop();
  };
  walk(root.element);
}

/** The path of an element by its ancestors, root first. Siblings are counted once for each parent that is asked for. */
function pathsBelow(root: Placed): (above: readonly XmlElement[], element: XmlElement) => string {
  const counted = new Map<XmlElement, ReadonlyMap<XmlElement, string>>();
  const below = (parent: XmlElement): ReadonlyMap<XmlElement, string> => {
    const known = counted.get(parent);
    if (known !== undefined) return known;
    const parts = new Map(placedAll({ element: parent, where: '' }).map(({ element, where }) => [element, where]));
    counted.set(parent, parts);
    return parts;
  };
  return (above, element) => {
    const parts = above.map((parent, i) => below(parent).get(above[i + 1] ?? element) ?? '');
    return `${root.where}${parts.join('')}`;
  };
}

function checkLeaf(
  findings: Findings,
  rules: LeafRules,
  element: XmlElement,
  above: readonly XmlElement[],
  where: () => string,
  currency: string | undefined,
): void {
  const text = element.text.trim();
  if (text === '') {
    report(findings, rules.empty, where(), models.has(element.name) ? 'elements' : 'a value', undefined);
    return;
  }
  if (dates.has(element.local) && !isCalendarDate(text)) {
    report(findings, 'PEPPOL-EN16931-F001', where(), 'YYYY-MM-DD', text);
  }
  if (element.local === 'EmbeddedDocumentBinaryObject') checkAttachment(findings, element, where(), text);
  if (!numbers.test(element.local)) return;
  if (parseDecimal(text) === undefined) {
    report(findings, 'UBL-VAL-01', where(), 'a decimal number', text);
    return;
  }
  if (!element.local.endsWith('Amount')) return;
  const stated = element.attributes.get('currencyID');
  if (stated !== currency && !inTaxCurrency(above)) {
    report(findings, rules.currency, `${where()}/@currencyID`, currency, stated);
  }
  if (!/\.\d{3}/.test(text)) return;
  const rule = rules.decimals(above, element);
  if (rule !== undefined) report(findings, rule, where(), 'at most two decimals', text);
}

/** The VAT total in TaxCurrencyCode is the TaxTotal without subtotals. */
function inTaxCurrency(above: readonly XmlElement[]): boolean {
  const [root, parent] = above;
  return (
    parent?.name === 'cac:TaxTotal' &&
    above.length === 2 &&
    textAt(root, 'cbc:TaxCurrencyCode') !== undefined &&
    !parent.children.some(({ name }) => name === 'cac:TaxSubtotal')
  );
}

function checkAttachment(findings: Findings, element: XmlElement, where: string, text: string): void {
  const mediaType = element.attributes.get('mimeCode');
  if (mediaType === undefined || !mediaTypes.has(mediaType)) {
    report(findings, 'PEPPOL-EN16931-CL001', `${where}/@mimeCode`, [...mediaTypes].join(', '), mediaType);
  }
  if (!/^[A-Za-z0-9+/\s]+={0,2}$/.test(text) || text.replaceAll(/\s/g, '').length % 4 !== 0) {
    report(findings, 'UBL-ATT-01', where, 'base64 (RFC 4648 §4)', text);
  }
}

/** Path from the document to an amount → the rule of EN 16931 that gives it two decimals. */
const decimalRules: Readonly<Record<string, Rule>> = {
  'allowance/Amount': 'BR-DEC-01',
  'allowance/BaseAmount': 'BR-DEC-02',
  'charge/Amount': 'BR-DEC-05',
  'charge/BaseAmount': 'BR-DEC-06',
  'LegalMonetaryTotal/LineExtensionAmount': 'BR-DEC-09',
  'LegalMonetaryTotal/AllowanceTotalAmount': 'BR-DEC-10',
  'LegalMonetaryTotal/ChargeTotalAmount': 'BR-DEC-11',
  'LegalMonetaryTotal/TaxExclusiveAmount': 'BR-DEC-12',
  'TaxTotal/TaxAmount': 'BR-DEC-13',
  'LegalMonetaryTotal/TaxInclusiveAmount': 'BR-DEC-14',
  'LegalMonetaryTotal/PrepaidAmount': 'BR-DEC-16',
  'LegalMonetaryTotal/PayableRoundingAmount': 'BR-DEC-17',
  'LegalMonetaryTotal/PayableAmount': 'BR-DEC-18',
  'TaxSubtotal/TaxableAmount': 'BR-DEC-19',
  'TaxSubtotal/TaxAmount': 'BR-DEC-20',
  'Line/LineExtensionAmount': 'BR-DEC-23',
  'Line/allowance/Amount': 'BR-DEC-24',
  'Line/allowance/BaseAmount': 'BR-DEC-25',
  'Line/charge/Amount': 'BR-DEC-27',
  'Line/charge/BaseAmount': 'BR-DEC-28',
};

/** For invoices and credit notes; prices may have any number of decimals. */
export function decimalsOfInvoice(above: readonly XmlElement[], { local }: XmlElement): Rule | undefined {
  const parent = above.at(-1);
  if (parent?.local === 'AllowanceCharge') {
    const kind = textAt(parent, 'cbc:ChargeIndicator') === 'true' ? 'charge' : 'allowance';
    const grandparent = above.at(-2)?.local ?? '';
    if (grandparent === 'Price') return undefined;
    return decimalRules[`${grandparent.endsWith('Line') ? 'Line/' : ''}${kind}/${local}`];
  }
  return decimalRules[`${parent?.local.replace(/^(?:Invoice|CreditNote)Line$/, 'Line')}/${local}`];
}

export function decimalsOfOrder(above: readonly XmlElement[]): Rule | undefined {
  return above.some(({ local }) => local === 'Price') ? undefined : 'PEPPOL-T01-R028';
}
