/** The lines of a Svefaktura: quantity × price, and what each adds to which VAT rate. */
import { type Amount, agree, show, sum, zero } from '../money.ts';
import { type Placed, placedAt, placedChildren } from '../place.ts';
import { textAt } from '../xml.ts';
import { checkCategory, type Lines } from './tax.ts';
import { allowanceOrCharge, amountAt, type Checks, report } from './values.ts';

/** Findings SVE-LIN-* and those of each line's VAT category. */
export function checkLines(checks: Checks, invoice: Placed, slack: Amount): Lines {
  const lines = placedChildren(invoice, 'cac:InvoiceLine');
  const amounts = lines.map((line) => checkLine(checks, line, slack));
  const rates = lines.flatMap((line, i) => {
    const category = placedAt(line, 'cac:Item/cac:TaxCategory');
    const rate = category && checkCategory(checks, category);
    return rate ? [{ rate, amount: amounts[i] ?? zero }] : [];
  });
  checkIds(checks, lines);
  checkCount(checks, invoice, lines.length);
  return { total: sum(amounts.map((amount) => amount ?? zero)), rates, count: lines.length };
}

function checkLine(checks: Checks, line: Placed, slack: Amount): Amount | undefined {
  const amount = amountAt(checks, line, 'cbc:LineExtensionAmount');
  const quantity = amountAt(checks, line, 'cbc:InvoicedQuantity');
  const price = amountAt(checks, line, 'cac:Item/cac:BasePrice/cbc:PriceAmount');
  const base = amountAt(checks, line, 'cac:Item/cac:BasePrice/cbc:BaseQuantity');
  const adjustment = placedAt(line, 'cac:AllowanceCharge');
  const adjusted = adjustment === undefined ? zero : allowanceOrCharge(checks, adjustment);
  if (base?.lessThanOrEqualTo(0)) {
    report(checks, 'SVE-VAL-03', `${line.where}/Item/BasePrice/BaseQuantity`, 'more than zero', base.toString());
    return amount;
  }
  if (amount && quantity && price && adjusted) {
    const gross = quantity.times(price);
    const computed = (base ? gross.dividedBy(base) : gross).plus(adjusted).toDecimalPlaces(10);
    if (!agree(computed, amount, slack)) {
      report(checks, 'SVE-LIN-01', `${line.where}/LineExtensionAmount`, show(computed), show(amount));
    }
  }
  return amount;
}

function checkIds(checks: Checks, lines: readonly Placed[]): void {
  const seen = new Set<string>();
  for (const { element, where } of lines) {
    const id = textAt(element, 'cac:ID');
    if (id === undefined) continue;
    if (seen.has(id)) report(checks, 'SVE-LIN-02', `${where}/ID`, 'an ID that no other line has', id);
    seen.add(id);
  }
}

function checkCount(checks: Checks, invoice: Placed, count: number): void {
  const stated = amountAt(checks, invoice, 'LineItemCountNumeric');
  if (stated && !stated.equals(count)) {
    report(checks, 'SVE-LIN-03', 'Invoice/LineItemCountNumeric', String(count), stated.toString());
  }
}
