/** The lines of an invoice, a credit note or an order: quantity × price ± allowances and charges. */
import { type Amount, agree, amountOf, show, sum, zero } from '../money.ts';
import type { Placed } from '../place.ts';
import type { Rule } from '../rules.ts';
import { textAt } from '../xml.ts';
import { type AllowanceRules, allowancesOf, decimalAt, type Findings, report, whereOf } from './values.ts';

/** How far a line, or what is a percentage of something, may be off. */
export const slack = amountOf('0.02');

export interface LineRules extends AllowanceRules {
  readonly quantity: 'cbc:InvoicedQuantity' | 'cbc:CreditedQuantity' | 'cbc:Quantity';
  readonly amount: Rule;
  readonly baseQuantity: Rule;
  readonly negativePrice: Rule;
  readonly id: Rule;
}

export interface Line extends Placed {
  readonly amount: Amount;
}

/** `lines` are the elements that hold ID, quantity and price. */
export function checkLines(findings: Findings, rules: LineRules, lines: readonly Placed[]): readonly Line[] {
  const seen = new Set<string>();
  return lines.map((line) => {
    const id = textAt(line.element, 'cbc:ID');
    if (id !== undefined && seen.has(id)) {
      report(findings, rules.id, whereOf(line, 'cbc:ID'), 'an ID that no other line has', id);
    }
    if (id !== undefined) seen.add(id);
    return { ...line, amount: checkLine(findings, rules, line) };
  });
}

function checkLine(findings: Findings, rules: LineRules, line: Placed): Amount {
  // What is not there counts as the standard's own rule counts it.
  const stated = decimalAt(line, 'cbc:LineExtensionAmount') ?? zero;
  const quantity = decimalAt(line, rules.quantity) ?? amountOf('1');
  const price = decimalAt(line, 'cac:Price/cbc:PriceAmount') ?? zero;
  const base = decimalAt(line, 'cac:Price/cbc:BaseQuantity') ?? amountOf('1');
  const adjustments = sum(allowancesOf(findings, rules, slack, line).map(({ signed }) => signed));
  if (price.lessThan(0)) {
    report(findings, rules.negativePrice, whereOf(line, 'cac:Price/cbc:PriceAmount'), 'zero or more', price.toString());
  }
  if (base.lessThanOrEqualTo(0)) {
    report(
      findings,
      rules.baseQuantity,
      whereOf(line, 'cac:Price/cbc:BaseQuantity'),
      'more than zero',
      base.toString(),
    );
    return stated;
  }
  const computed = quantity.times(price).dividedBy(base).plus(adjustments).toDecimalPlaces(10);
  if (!agree(computed, stated, slack)) {
    report(findings, rules.amount, whereOf(line, 'cbc:LineExtensionAmount'), show(computed), show(stated));
  }
  return stated;
}
