/** Values out of a Svefaktura: each reader gives the value or leaves a finding that says what is wrong with it. */

import type { Finding } from '../../domain/fault.ts';
import { type Amount, parseDecimal } from '../money.ts';
import { isCalendarDate, type Placed, plainPath } from '../place.ts';
import { breach, type Rule } from '../rules.ts';
import { textAt, type XmlElement } from '../xml.ts';

/** What the checks of one document share. */
export interface Checks {
  readonly invoice: XmlElement;
  readonly findings: Finding[];
}

export function report(
  checks: Checks,
  rule: Rule,
  where: string,
  expected: string | undefined,
  found: string | undefined,
): void {
  checks.findings.push(breach(rule, where, expected, found));
}

/** The amount at `path`; undefined if absent (structure says so if it is required) or, with a finding, not a decimal. */
export function amountAt(checks: Checks, { element, where }: Placed, path: string): Amount | undefined {
  const text = textAt(element, path);
  if (text === undefined) return undefined;
  const amount = parseDecimal(text);
  if (amount === undefined) report(checks, 'SVE-VAL-03', plainPath(where, path), 'a decimal number', text);
  return amount;
}

/** The date at `path` as YYYY-MM-DD (a time zone after it is allowed by xsd:date and dropped); undefined if absent or, with a finding, no date. */
export function dateAt(checks: Checks, { element, where }: Placed, path: string): string | undefined {
  const text = textAt(element, path);
  if (text === undefined) return undefined;
  const day = /^(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?$/.exec(text)?.[1];
  if (day !== undefined && isCalendarDate(day)) return day;
  report(checks, 'SVE-VAL-02', plainPath(where, path), 'YYYY-MM-DD', text);
  return undefined;
}

/** The text at `path`, with a finding if the element is there but empty. */
export function requiredTextAt(checks: Checks, { element, where }: Placed, path: string): string | undefined {
  const text = textAt(element, path);
  if (text === '') report(checks, 'SVE-VAL-01', plainPath(where, path), 'a value', undefined);
  return text === '' ? undefined : text;
}

/** +1 for a charge, −1 for an allowance; with a finding, undefined, when ChargeIndicator is neither `true` nor `false` (xsd:boolean: also 1 and 0). */
export function signAt(checks: Checks, { element, where }: Placed): 1 | -1 | undefined {
  const text = textAt(element, 'cbc:ChargeIndicator');
  if (text === undefined) return undefined;
  if (text === 'true' || text === '1') return 1;
  if (text === 'false' || text === '0') return -1;
  report(checks, 'SVE-VAL-05', `${where}/ChargeIndicator`, 'true or false', text);
  return undefined;
}

/** A signed allowance (−) or charge (+); undefined if it cannot be read (already reported). */
export function allowanceOrCharge(checks: Checks, placed: Placed): Amount | undefined {
  const sign = signAt(checks, placed);
  const amount = amountAt(checks, placed, 'cbc:Amount');
  if (amount?.isNegative() && !amount.isZero()) {
    report(checks, 'SVE-VAL-05', `${placed.where}/Amount`, 'zero or more', amount.toString());
  }
  return sign === undefined || amount === undefined ? undefined : amount.times(sign);
}
