/** Values out of a UBL document. What is wrong with a value itself is found by leaves.ts; readers here give the value or nothing. */
import type { Finding } from '../../domain/fault.ts';
import { type Amount, parseDecimal, zero } from '../money.ts';
import { type Placed, placedChildren } from '../place.ts';
import { breach, type Rule } from '../rules.ts';
import { textAt } from '../xml.ts';

export type Findings = Finding[];

export function report(
  findings: Findings,
  rule: Rule,
  where: string,
  expected: string | undefined,
  found: string | undefined,
): void {
  findings.push(breach(rule, where, expected, found));
}

export function decimalAt({ element }: Placed, path: string): Amount | undefined {
  return parseDecimal(textAt(element, path) ?? '');
}

export function whereOf({ where }: Placed, path: string): string {
  return `${where}/${path.replaceAll(/\b(?:cac|cbc):/g, '')}`;
}

/** The rules of one document for its allowances and charges. */
export interface AllowanceRules {
  readonly indicator: Rule;
  readonly negative: Rule;
  readonly percentOfBase: Rule;
}

export interface Allowance extends Placed {
  readonly charge: boolean;
  readonly amount: Amount;
  /** Charges are positive, allowances negative. */
  readonly signed: Amount;
}

/** The allowances and charges right below; those that cannot be read count as nothing, with a finding. */
export function allowancesOf(
  findings: Findings,
  rules: AllowanceRules,
  slack: Amount,
  parent: Placed,
): readonly Allowance[] {
  return placedChildren(parent, 'cac:AllowanceCharge').flatMap((placed) => {
    const indicator = textAt(placed.element, 'cbc:ChargeIndicator');
    if (indicator !== undefined && indicator !== 'true' && indicator !== 'false') {
      report(findings, rules.indicator, whereOf(placed, 'cbc:ChargeIndicator'), 'true or false', indicator);
      return [];
    }
    const amount = decimalAt(placed, 'cbc:Amount') ?? zero;
    if (amount.lessThan(0))
      report(findings, rules.negative, whereOf(placed, 'cbc:Amount'), 'zero or more', amount.toString());
    const percent = decimalAt(placed, 'cbc:MultiplierFactorNumeric');
    const base = decimalAt(placed, 'cbc:BaseAmount');
    const computed = percent && base?.times(percent).dividedBy(100);
    if (computed?.minus(amount).abs().greaterThan(slack)) {
      report(findings, rules.percentOfBase, whereOf(placed, 'cbc:Amount'), computed.toFixed(2), amount.toFixed(2));
    }
    const charge = indicator === 'true';
    return [{ ...placed, charge, amount, signed: charge ? amount : amount.negated() }];
  });
}
