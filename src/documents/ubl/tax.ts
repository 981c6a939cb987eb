/** The VAT breakdown of an invoice or a credit note. */
import { type Amount, agree, amountOf, show, sum, zero } from '../money.ts';
import { type Placed, placedAt, placedChildren } from '../place.ts';
import type { Rule } from '../rules.ts';
import { at, textAt } from '../xml.ts';
import { type Line, slack } from './lines.ts';
import { type Allowance, decimalAt, type Findings, report, whereOf } from './values.ts';

/** The categories of UNCL 5305 that a Swedish self-invoice can have, with the rules of each. */
const categories = {
  S: { row: 'BR-S-01', taxable: 'BR-S-08' },
  E: { row: 'BR-E-01', rate: 'BR-E-05', taxable: 'BR-E-08', tax: 'BR-E-09', reason: 'BR-E-10' },
  Z: { row: 'BR-Z-01', rate: 'BR-Z-05', taxable: 'BR-Z-08', tax: 'BR-Z-09' },
  AE: { row: 'BR-AE-01', rate: 'BR-AE-05', taxable: 'BR-AE-08', tax: 'BR-AE-09', reason: 'BR-AE-10' },
  O: { row: 'BR-O-01', taxable: 'BR-O-08', tax: 'BR-O-09', reason: 'BR-O-10' },
} as const satisfies Record<string, CategoryRules>;

interface CategoryRules {
  readonly row: Rule;
  readonly taxable: Rule;
  /** A line of this category has rate 0. */
  readonly rate?: Rule;
  /** There is no tax in this category. */
  readonly tax?: Rule;
  readonly reason?: Rule;
}

type Code = keyof typeof categories;

interface Category {
  readonly code: Code;
  /** Without trailing zeros; '0' for categories without tax. */
  readonly rate: string;
}

interface Part extends Category {
  readonly amount: Amount;
}

const swedishRates = ['6', '12', '25'];

/** Findings of the breakdown; the VAT total in the document's currency, if it can be read. */
export function checkTax(
  findings: Findings,
  document: Placed,
  lines: readonly Line[],
  adjustments: readonly Allowance[],
): Amount | undefined {
  const parts = [
    ...lines.flatMap((line) =>
      partOf(findings, 'BR-CL-18', placedAt(line, 'cac:Item/cac:ClassifiedTaxCategory'), line.amount),
    ),
    ...adjustments.flatMap((one) => partOf(findings, 'BR-CL-17', placedAt(one, 'cac:TaxCategory'), one.signed)),
  ];
  const totals = placedChildren(document, 'cac:TaxTotal');
  const broken = totals.filter(({ element }) => at(element, 'cac:TaxSubtotal') !== undefined);
  const [breakdown] = broken;
  if (breakdown === undefined || broken.length > 1) {
    const where = broken[1]?.where ?? `${document.where}/TaxTotal/TaxSubtotal`;
    report(findings, 'PEPPOL-EN16931-R053', where, 'one TaxTotal with TaxSubtotal', String(broken.length));
    return undefined;
  }
  const stated = decimalAt(breakdown, 'cbc:TaxAmount');
  const rows = placedChildren(breakdown, 'cac:TaxSubtotal');
  const tax = sum(rows.map((row) => decimalAt(row, 'cbc:TaxAmount') ?? zero));
  if (stated && !stated.equals(tax)) {
    report(findings, 'BR-CO-14', whereOf(breakdown, 'cbc:TaxAmount'), show(tax), show(stated));
  }
  checkRows(findings, breakdown, rows, parts);
  return stated;
}

function partOf(findings: Findings, codeRule: Rule, placed: Placed | undefined, amount: Amount): Part[] {
  const category = placed && categoryAt(findings, codeRule, placed);
  if (placed === undefined || category === undefined) return [];
  const { rate }: CategoryRules = categories[category.code];
  const percent = decimalAt(placed, 'cbc:Percent');
  if (rate !== undefined && percent?.isZero() !== true) {
    report(findings, rate, whereOf(placed, 'cbc:Percent'), '0', percent?.toString());
  }
  return [{ ...category, amount }];
}

function categoryAt(findings: Findings, codeRule: Rule, placed: Placed): Category | undefined {
  const code = textAt(placed.element, 'cbc:ID');
  if (code === undefined) return undefined;
  // Not `in`: every object has a `constructor`, and that is no category.
  if (!Object.hasOwn(categories, code)) {
    report(findings, codeRule, whereOf(placed, 'cbc:ID'), Object.keys(categories).join(', '), code);
    return undefined;
  }
  const percent = decimalAt(placed, 'cbc:Percent');
  if (percent === undefined && code !== 'O') {
    report(findings, 'BR-48', whereOf(placed, 'cbc:Percent'), 'a rate', textAt(placed.element, 'cbc:Percent'));
  }
  if (code === 'S' && percent && !swedishRates.includes(percent.toString())) {
    report(findings, 'SE-R-006', whereOf(placed, 'cbc:Percent'), swedishRates.join(', '), percent.toString());
  }
  return { code: code as Code, rate: code === 'S' ? (percent?.toString() ?? '') : '0' };
}

function checkRows(findings: Findings, breakdown: Placed, rows: readonly Placed[], parts: readonly Part[]): void {
  const sums = new Map<string, { code: Code; rate: string; amount: Amount; count: number }>();
  for (const { code, rate, amount } of parts) {
    const before = sums.get(`${code} ${rate}`) ?? { code, rate, amount: zero, count: 0 };
    sums.set(`${code} ${rate}`, { ...before, amount: before.amount.plus(amount), count: before.count + 1 });
  }
  const seen = new Set<string>();
  for (const row of rows) {
    const placed = placedAt(row, 'cac:TaxCategory');
    const category = placed && categoryAt(findings, 'BR-CL-17', placed);
    if (category === undefined) continue;
    const key = `${category.code} ${category.rate}`;
    if (seen.has(key))
      report(findings, 'UBL-VAT-01', row.where, `one row for ${category.code} ${category.rate} %`, 'another');
    seen.add(key);
    checkRow(findings, row, category, sums.get(key));
  }
  for (const [key, { code, rate }] of sums) {
    if (!seen.has(key)) {
      report(
        findings,
        categories[code].row,
        `${breakdown.where}/TaxSubtotal`,
        `a row for ${code} ${rate} %`,
        undefined,
      );
    }
  }
}

function checkRow(
  findings: Findings,
  row: Placed,
  { code, rate }: Category,
  own: { amount: Amount; count: number } | undefined,
): void {
  const rules: CategoryRules = categories[code];
  const taxable = decimalAt(row, 'cbc:TaxableAmount');
  const tax = decimalAt(row, 'cbc:TaxAmount');
  const computed = own?.amount ?? zero;
  if (taxable && !taxable.equals(computed)) {
    report(findings, rules.taxable, whereOf(row, 'cbc:TaxableAmount'), show(computed), show(taxable));
  }
  if (tax && rules.tax !== undefined && !tax.isZero()) {
    report(findings, rules.tax, whereOf(row, 'cbc:TaxAmount'), '0.00', show(tax));
  }
  if (tax && taxable && rules.tax === undefined && rate !== '') {
    const expected = taxable.times(rate).dividedBy(100).toDecimalPlaces(10);
    if (!agree(expected, tax, slack.times(amountOf(String(Math.max(1, own?.count ?? 0)))))) {
      report(findings, 'BR-CO-17', whereOf(row, 'cbc:TaxAmount'), show(expected.toDecimalPlaces(2)), show(tax));
    }
  }
  const given = ['cbc:TaxExemptionReason', 'cbc:TaxExemptionReasonCode'].some(
    (name) => at(row.element, `cac:TaxCategory/${name}`) !== undefined,
  );
  if (rules.reason !== undefined && !given) {
    report(findings, rules.reason, whereOf(row, 'cac:TaxCategory/cbc:TaxExemptionReason'), 'a reason', undefined);
  }
}
