/** The sums at the end of an invoice, a credit note or an order. They are exact. */
import { type Amount, show, sum, zero } from '../money.ts';
import type { Placed } from '../place.ts';
import type { Rule } from '../rules.ts';
import { type Allowance, decimalAt, type Findings, report, whereOf } from './values.ts';

export interface TotalRules {
  readonly lines: Rule;
  readonly allowances: Rule;
  readonly charges: Rule;
  readonly exclusive: Rule;
  readonly inclusive: Rule;
  readonly payable: Rule;
}

/** @param tax the VAT of the document; undefined: it states none, and the sum with VAT is not compared */
export function checkTotals(
  findings: Findings,
  rules: TotalRules,
  total: Placed,
  lines: readonly Amount[],
  adjustments: readonly Allowance[],
  tax: Amount | undefined,
): void {
  const compare = (rule: Rule, name: string, computed: Amount, stated = decimalAt(total, `cbc:${name}`)): void => {
    if (stated && !stated.equals(computed))
      report(findings, rule, whereOf(total, `cbc:${name}`), show(computed), show(stated));
  };
  const amount = (name: string): Amount => decimalAt(total, `cbc:${name}`) ?? zero;
  const of = (charge: boolean): Amount =>
    sum(adjustments.filter((one) => one.charge === charge).map((one) => one.amount));

  compare(rules.lines, 'LineExtensionAmount', sum(lines));
  compare(rules.allowances, 'AllowanceTotalAmount', of(false), amount('AllowanceTotalAmount'));
  compare(rules.charges, 'ChargeTotalAmount', of(true), amount('ChargeTotalAmount'));
  const net = amount('LineExtensionAmount').minus(amount('AllowanceTotalAmount')).plus(amount('ChargeTotalAmount'));
  compare(rules.exclusive, 'TaxExclusiveAmount', net);
  if (tax)
    compare(rules.inclusive, 'TaxInclusiveAmount', (decimalAt(total, 'cbc:TaxExclusiveAmount') ?? net).plus(tax));
  const inclusive = decimalAt(total, 'cbc:TaxInclusiveAmount');
  if (inclusive) {
    compare(
      rules.payable,
      'PayableAmount',
      inclusive.minus(amount('PrepaidAmount')).plus(amount('PayableRoundingAmount')),
    );
  }
}
