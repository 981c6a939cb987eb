/**
 * The rules that documents are checked by: id → what must hold. docs/documents.md explains each; a test keeps the two lists equal.
 * `R-nn` is the number of the same rule in SFTI's own Schematron for Svefaktura 1.0 (2016-10-25).
 */
import type { Finding } from '../domain/fault.ts';
import { ublRules } from './ubl/rules.ts';

export const rules = {
  // JSON documents of our own schemas.
  'JSN-SCH-01': 'The document follows its JSON Schema',
  'JSN-ORG-01': 'Organisation numbers have ten digits and the right check digit',
  'JSN-ORG-02': 'A VAT number is SE, the organisation number of the same party, 01',
  'JSN-ORG-03': 'Buyer and seller are two organisations',
  'JSN-LIN-01': 'A line amount is quantity × unit price, give or take 0.02',
  'JSN-LIN-02': 'Each line id is used once',
  'JSN-SUM-01': 'totals.net is the sum of the line amounts',
  'JSN-SUM-02': 'totals.vat is the sum of the VAT amounts',
  'JSN-SUM-03': 'totals.gross is net + VAT',
  'JSN-SUM-04': 'totals.payable is gross + rounding',
  'JSN-SUM-05': 'totals.rounding is at most 0.50 either way',
  'JSN-VAT-01': 'A taxable amount is the sum of the line amounts at that rate',
  'JSN-VAT-02': 'A VAT amount is taxable amount × rate, give or take 0.02 for each line at that rate',
  'JSN-VAT-03': 'Every rate on the lines has exactly one row in the VAT breakdown',
  'JSN-VAT-04': 'Category S goes with 6, 12 or 25 per cent, E with 0',
  'JSN-REF-01': 'A credit refers to another document than itself',
  'JSN-PER-01': 'A period does not end before it starts',
  // Svefaktura 1.0.
  'SVE-STR-01': 'Elements are those of SFTI BasicInvoice 1.0, in its order',
  'SVE-STR-02': 'Required elements are there',
  'SVE-STR-03': 'Elements are repeated only where that is allowed (R-17)',
  'SVE-STR-04': 'There is no text between elements',
  'SVE-VAL-01': 'Required values are not empty',
  'SVE-VAL-02': 'Dates are calendar dates, YYYY-MM-DD',
  'SVE-VAL-03': 'Amounts, quantities and percentages are decimal numbers',
  'SVE-VAL-04': 'The document number has at most 200 characters',
  'SVE-VAL-05': 'ChargeIndicator is true or false, and the amount beside it not negative',
  'SVE-TYP-01': 'InvoiceTypeCode is 380 (self-invoice) or 381 (credit)',
  'SVE-TYP-02': 'The word självfakturering stands in Note',
  'SVE-ORG-01': 'The seller, who receives a self-invoice, states its organisation number (R-38)',
  'SVE-ORG-02': 'Organisation and VAT numbers are well-formed and have the right check digit',
  'SVE-ORG-03': 'All organisation and VAT numbers of one party are the same organisation’s',
  'SVE-ORG-04': 'TaxScheme/ID of a party is SWT (organisation number) or VAT (R-46)',
  'SVE-ORG-05': 'Buyer and seller are two organisations',
  'SVE-REF-01': 'A credit names its original in InitialInvoiceDocumentReference',
  'SVE-REF-02': 'A credit refers to another document than itself',
  'SVE-CUR-01': 'All amounts are in one currency, that of InvoiceCurrencyCode (R-100)',
  'SVE-LIN-01': 'LineExtensionAmount is quantity × price ± allowance or charge, give or take 0.5',
  'SVE-LIN-02': 'Each line ID is used once',
  'SVE-LIN-03': 'LineItemCountNumeric is the number of lines (R-1)',
  'SVE-SUM-01': 'LineExtensionTotalAmount is the sum of the lines, give or take 0.5',
  'SVE-SUM-02': 'TaxExclusiveTotalAmount is the lines ± allowances and charges, give or take 0.5 (R-70)',
  'SVE-SUM-03': 'TotalTaxAmount is the sum of TaxSubTotal/TaxAmount, give or take 0.5 (R-67)',
  'SVE-SUM-04':
    'TaxInclusiveTotalAmount is lines ± allowances and charges + tax + RoundOffAmount, give or take 0.5 (R-71)',
  'SVE-SUM-05': 'TaxInclusiveTotalAmount is not negative, on a credit neither (R-105)',
  'SVE-SUM-06': 'RoundOffAmount is at most 0.5 either way',
  'SVE-VAT-01': 'TaxCategory/ID is S, or E for what is exempt, and its TaxScheme/ID is VAT (R-59)',
  'SVE-VAT-02': 'Category S goes with 6, 12 or 25 per cent, E with 0 (R-16, R-95)',
  'SVE-VAT-03': 'TaxAmount is TaxableAmount × Percent, give or take 0.5',
  'SVE-VAT-04':
    'When every line states its rate, TaxableAmount is the sum of the lines and charges at that rate, give or take 0.5',
  'SVE-VAT-05': 'Every taxed rate on the lines has exactly one TaxSubTotal',
  ...ublRules,
} as const satisfies Record<string, string>;

export type Rule = keyof typeof rules;

/** Arithmetic, VAT, periods, references to other documents. */
const businessFamilies = /^(?:JSN|SVE|UBL)-(?:LIN|SUM|VAT|PER|REF)-|^BR-(?:CO|DEC|CL|S|E|Z|AE|O)-|^PEPPOL-T01-R0/;
const businessAlone = new Set<string>([
  'BR-27',
  'BR-48',
  'SE-R-006',
  'UBL-VAL-03',
  'PEPPOL-EN16931-R003',
  'PEPPOL-EN16931-R040',
  'PEPPOL-EN16931-R053',
  'PEPPOL-EN16931-R120',
  'PEPPOL-EN16931-R121',
] satisfies Rule[]);
/** Currency, profile and specification of an order. */
const firm = new Set<string>(['PEPPOL-T01-R003', 'PEPPOL-T01-R031', 'PEPPOL-T01-R034'] satisfies Rule[]);

/**
 * True if a setting may turn a breach of this rule into a warning. What says which document this is, to whom it goes, in which
 * currency and what it is made of always rejects; so does a rule that is not in the table.
 */
export function isBusinessRule(rule: string): boolean {
  return (businessFamilies.test(rule) || businessAlone.has(rule)) && !firm.has(rule);
}

/** Longest value that a finding quotes, in characters. */
const quoteLimit = 120;

function quote(value: string): string {
  return value.length > quoteLimit ? `${value.slice(0, quoteLimit)}…` : value;
}

/** One breach of one rule: where it is, what was expected there and what was found. `text` is the rule's own sentence unless given. */
export function breach(
  rule: Rule,
  where: string,
  expected: string | undefined,
  found: string | undefined,
  text?: string,
): Finding {
  return {
    where,
    rule,
    text: text ?? rules[rule],
    ...(expected === undefined ? {} : { expected: quote(expected) }),
    found: found === undefined ? '(nothing)' : found === '' ? '(empty)' : quote(found),
  };
}

/** Most findings kept for one document: enough to mend it, too few to fill a log with. */
export const findingsLimit = 50;

/** At most that many, and first of all those that no setting can let pass. */
export function kept(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  const always = findings.filter(({ rule }) => !isBusinessRule(rule));
  return [...always, ...findings.filter(({ rule }) => isBusinessRule(rule))].slice(0, findingsLimit);
}
