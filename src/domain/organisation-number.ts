/**
 * Swedish organisation numbers (organisationsnummer, lag 1974:174): ten digits, the last a Luhn check digit.
 * A sole trader's is a personal identity number, and so personal data.
 */

declare const brand: unique symbol;
/** Ten digits without a hyphen, check digit verified. */
export type OrganisationNumber = string & { readonly [brand]: 'OrganisationNumber' };

/** Reads `5560160680`, `556016-0680`, `16556016-0680` or `SE556016068001` (VAT number); undefined if it is none of them or its check digit is wrong. */
export function parseOrganisationNumber(text: string): OrganisationNumber | undefined {
  const match = /^(?:SE(\d{10})01|(?:16|18|19|20)?(\d{6})[-+]?(\d{4}))$/.exec(text.trim());
  if (!match) return undefined;
  const digits = match[1] ?? `${match[2]}${match[3]}`;
  return checkDigitIsRight(digits) ? (digits as OrganisationNumber) : undefined;
}

/** Luhn, from the right: every second digit doubled, digit sums added, a multiple of ten. */
export function checkDigitIsRight(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** A legal person's third digit is 2 or more; below that the number is a person's (month of birth). */
export function isSoleTrader(organisationNumber: string): boolean {
  return Number(organisationNumber[2]) < 2;
}

/** For logs: a sole trader's number shows only its first two digits. */
export function maskOrganisationNumber(organisationNumber: string): string {
  return isSoleTrader(organisationNumber) ? `${organisationNumber.slice(0, 2)}********` : organisationNumber;
}

/**
 * Ten digits in a text, as a person's number is written: with or without the century, a sign before the last four, the VAT number's
 * letters, or those of a certificate's subject (`NTRSE-`, `PNOSE-`: ETSI EN 319 412-1 §5.1).
 */
const personal =
  /(?:(?<![\w-])|(?<=(?<![\w-])[A-Z]{3}SE-))(SE)?(?:18|19|20)?(\d{2})([01]\d[0-9]\d)([-+]?)(\d{4})(01)?(?![\w-])/g;

/** The same in the middle of a text: whatever reads as a sole trader's number, check digit right, shows only its first two digits. */
export function maskNumbersIn(text: string): string {
  return text.replaceAll(personal, (all, _se, year: string, day: string, _sign, last: string) =>
    checkDigitIsRight(`${year}${day}${last}`) ? `${year}********` : all,
  );
}
