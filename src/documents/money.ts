/** Money is decimal, never float. All arithmetic on amounts goes through here. */
import { Decimal } from 'decimal.js';

/**
 * Sixty significant digits: with the lengths `parseDecimal` lets through (15 before the point, 10 after), a product of two is exact.
 * The library's default of 20 would round silently.
 */
const Money = Decimal.clone({ precision: 60, toExpNeg: -30, toExpPos: 60 });

export type Amount = Decimal;

export const zero: Amount = new Money(0);

/** For constants: `amountOf('0.02')`. */
export function amountOf(text: string): Amount {
  return new Money(text);
}

/** Reads `-1234.50` as XML Schema's decimal does (no exponent, no thousands separator); undefined if it is none or too long to be money. */
export function parseDecimal(text: string): Amount | undefined {
  return /^[+-]?(?:\d{1,15}(?:\.\d{0,10})?|\.\d{1,10})$/.test(text) ? new Money(text) : undefined;
}

export function sum(amounts: readonly Amount[]): Amount {
  return amounts.reduce((total, amount) => total.plus(amount), zero);
}

/** True if the two differ by at most `slack`. */
export function agree(a: Amount, b: Amount, slack: Amount): boolean {
  return a.minus(b).abs().lessThanOrEqualTo(slack);
}

/** For findings: two decimals, more only where there are more. */
export function show(amount: Amount): string {
  return amount.decimalPlaces() > 2 ? amount.toString() : amount.toFixed(2);
}
