/** The sums at the end of a Svefaktura. SFTI lets them differ by 0.5 because many systems round per line. */
import { type Amount, agree, show, sum, zero } from '../money.ts';
import { type Placed, placedAt, placedChildren } from '../place.ts';
import { checkLines } from './lines.ts';
import { checkCategory, checkTax } from './tax.ts';
import { allowanceOrCharge, amountAt, type Checks, report } from './values.ts';

/** Findings SVE-SUM-*, SVE-LIN-*, SVE-VAT-*. `slack` is how far a sum may be off. */
export function checkTotals(checks: Checks, invoice: Placed, slack: Amount): void {
  const lines = checkLines(checks, invoice, slack);
  const adjustments = placedChildren(invoice, 'AllowanceCharge').map((placed) => {
    const category = placedAt(placed, 'cac:TaxCategory');
    return {
      amount: allowanceOrCharge(checks, placed) ?? zero,
      rate: category && checkCategory(checks, category),
    };
  });
  const tax = checkTax(checks, invoice, lines, adjustments, slack);
  const legal = placedAt(invoice, 'cac:LegalTotal');
  if (legal === undefined) return;

  const net = lines.total.plus(sum(adjustments.map(({ amount }) => amount)));
  const rounding = amountAt(checks, legal, 'cac:RoundOffAmount') ?? zero;
  const compare = (rule: 'SVE-SUM-01' | 'SVE-SUM-02' | 'SVE-SUM-04', name: string, computed: Amount | undefined) => {
    const stated = amountAt(checks, legal, `cbc:${name}`);
    if (stated && computed && !agree(stated, computed, slack)) {
      report(checks, rule, `${legal.where}/${name}`, show(computed), show(stated));
    }
    return stated;
  };
  compare('SVE-SUM-01', 'LineExtensionTotalAmount', lines.total);
  compare('SVE-SUM-02', 'TaxExclusiveTotalAmount', net);
  const payable = compare('SVE-SUM-04', 'TaxInclusiveTotalAmount', tax?.plus(net).plus(rounding));
  if (!agree(rounding, zero, slack)) {
    report(checks, 'SVE-SUM-06', `${legal.where}/RoundOffAmount`, `at most ${show(slack)} either way`, show(rounding));
  }
  if (payable?.isNegative() && !payable.isZero()) {
    report(checks, 'SVE-SUM-05', `${legal.where}/TaxInclusiveTotalAmount`, 'zero or more', show(payable));
  }
}
