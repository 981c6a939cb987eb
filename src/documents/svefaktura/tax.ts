/** VAT on a Svefaktura: categories, rates and the subtotal of each rate. */
import { type Amount, agree, show, sum, zero } from '../money.ts';
import { type Placed, placedAt, placedChildren } from '../place.ts';
import { textAt } from '../xml.ts';
import { amountAt, type Checks, report } from './values.ts';

/** A VAT rate in per cent, without trailing zeros: `25`, `12`, `6`, `0`. */
export type Rate = string;

/** What the lines add up to. */
export interface Lines {
  readonly total: Amount;
  /** One per line that states its VAT rate. */
  readonly rates: readonly { readonly rate: Rate; readonly amount: Amount }[];
  readonly count: number;
}

/** Findings SVE-VAT-01 and -02 for one TaxCategory; its rate, unless it states none that can be read. */
export function checkCategory(checks: Checks, category: Placed): Rate | undefined {
  const { element, where } = category;
  const id = textAt(element, 'cac:ID');
  const scheme = textAt(element, 'cac:TaxScheme/cac:ID');
  if (id !== undefined && id !== 'S' && id !== 'E') report(checks, 'SVE-VAT-01', `${where}/ID`, 'S or E', id);
  if (scheme !== undefined && scheme !== 'VAT') report(checks, 'SVE-VAT-01', `${where}/TaxScheme/ID`, 'VAT', scheme);
  const rate = amountAt(checks, category, 'cbc:Percent')?.toString() ?? (id === 'E' ? '0' : undefined);
  if (rate === undefined) return undefined;
  const expected = id === 'E' ? ['0'] : ['6', '12', '25'];
  if (id !== undefined && !expected.includes(rate)) {
    report(checks, 'SVE-VAT-02', `${where}/Percent`, `${expected.join(', ')} with category ${id}`, rate);
  }
  return rate;
}

/** The allowances (−) and charges (+) on the whole invoice, with the rate each is taxed at. */
export interface Adjustment {
  readonly amount: Amount;
  readonly rate: Rate | undefined;
}

/** Findings SVE-VAT-03, -04, -05 and SVE-SUM-03; the total tax (zero without TaxTotal). */
export function checkTax(
  checks: Checks,
  invoice: Placed,
  lines: Lines,
  adjustments: readonly Adjustment[],
  slack: Amount,
): Amount | undefined {
  const total = placedAt(invoice, 'cac:TaxTotal');
  const subtotals = (total === undefined ? [] : placedChildren(total, 'cac:TaxSubTotal')).map((subtotal) =>
    checkSubtotal(checks, subtotal, slack),
  );
  checkRates(checks, lines, adjustments, subtotals, slack);
  if (total === undefined) return zero;
  const stated = amountAt(checks, total, 'cbc:TotalTaxAmount');
  const computed = sum(subtotals.map(({ tax }) => tax ?? zero));
  if (stated && !agree(stated, computed, slack)) {
    report(checks, 'SVE-SUM-03', `${total.where}/TotalTaxAmount`, show(computed), show(stated));
  }
  return stated;
}

interface Subtotal {
  readonly where: string;
  readonly rate: Rate | undefined;
  readonly taxable: Amount | undefined;
  readonly tax: Amount | undefined;
}

function checkSubtotal(checks: Checks, subtotal: Placed, slack: Amount): Subtotal {
  const taxable = amountAt(checks, subtotal, 'cbc:TaxableAmount');
  const tax = amountAt(checks, subtotal, 'cbc:TaxAmount');
  const category = placedAt(subtotal, 'cac:TaxCategory');
  const rate = category && checkCategory(checks, category);
  if (taxable && tax && rate !== undefined) {
    const computed = taxable.times(rate).dividedBy(100).toDecimalPlaces(10);
    if (!agree(computed, tax, slack)) {
      report(checks, 'SVE-VAT-03', `${subtotal.where}/TaxAmount`, show(computed), show(tax));
    }
  }
  return { where: subtotal.where, rate, taxable, tax };
}

/** Only when every line and adjustment says its rate can the taxable amounts be computed. */
function checkRates(
  checks: Checks,
  lines: Lines,
  adjustments: readonly Adjustment[],
  subtotals: readonly Subtotal[],
  slack: Amount,
): void {
  if (lines.rates.length < lines.count || adjustments.some(({ rate }) => rate === undefined)) return;
  const parts = [...lines.rates, ...adjustments];
  const rates = new Set(parts.map((part) => part.rate));
  // More than the few that exist are findings already, and a rate per line would make this quadratic.
  if (rates.size > 10) return;
  for (const rate of rates) {
    const computed = sum(parts.filter((part) => part.rate === rate).map(({ amount }) => amount));
    const found = subtotals.filter((subtotal) => subtotal.rate === rate);
    const [only] = found;
    if (found.length > 1 || (only === undefined && rate !== '0' && !agree(computed, zero, slack))) {
      const where = found[1]?.where ?? 'Invoice/TaxTotal/TaxSubTotal';
      report(checks, 'SVE-VAT-05', where, `one TaxSubTotal for ${rate} %`, String(found.length));
    } else if (only?.taxable && !agree(only.taxable, computed, slack)) {
      report(checks, 'SVE-VAT-04', `${only.where}/TaxableAmount`, show(computed), show(only.taxable));
    }
  }
  for (const { rate, taxable, where } of subtotals) {
    const known = parts.some((part) => part.rate === rate);
    if (rate !== undefined && !known && taxable && !agree(taxable, zero, slack)) {
      report(checks, 'SVE-VAT-04', `${where}/TaxableAmount`, `0.00 (no line is at ${rate} %)`, show(taxable));
    }
  }
}
