/** The figures and names in sample documents: lines, sums and dates that agree with each other. */
import { checkDigitIsRight, type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
import { type Amount, amountOf, sum } from './money.ts';

export interface SampleOptions {
  /** The seller's organisation number, ten digits. */
  readonly recipient: string;
  readonly number: string;
  /** Varies lines, quantities and amounts. */
  readonly seed?: number;
  readonly sellerName?: string;
  /** YYYY-MM-DD. */
  readonly issued?: string;
  /** Number of lines. */
  readonly lines?: number;
  /** For credits: the number of the self-invoice that is credited. */
  readonly original?: string;
}

/** Who sends. */
export const buyer = {
  organisationNumber: '2021002114',
  vatNumber: 'SE202100211401',
  name: 'Arbetsförmedlingen',
  address: { street: 'Box 8888', postalCode: '11399', city: 'Stockholm' },
};

const services = [
  { description: 'Rusta och matcha, grundersättning', unit: 'dag', percent: '25' },
  { description: 'Yrkessvenska B, självstudier', unit: 'tim', percent: '0' },
  { description: 'Kursmaterial, läsår 1 – övningsböcker', unit: 'st', percent: '6' },
  { description: 'Lunch vid studiebesök i Åmål', unit: 'st', percent: '12' },
] as const;

export interface SampleLine {
  readonly description: string;
  readonly unit: string;
  readonly percent: string;
  readonly quantity: Amount;
  readonly price: Amount;
  readonly amount: Amount;
}

/** Invented suppliers: 559999-0nnC, beyond what Bolagsverket has issued. `n` from 0 to 999. */
export function sampleOrganisationNumber(n: number): OrganisationNumber {
  const stem = `559999${String(n).padStart(3, '0')}`;
  const digits = Array.from({ length: 10 }, (_, digit) => `${stem}${digit}`).find(checkDigitIsRight) ?? '';
  const number = parseOrganisationNumber(digits);
  if (number === undefined) throw new RangeError(`No sample organisation number for ${n}`);
  return number;
}

/** YYYY-MM-DD. */
export function issueDate({ issued = '2026-04-02' }: SampleOptions): string {
  return issued;
}

/** Thirty days after issue. */
export function dueDate(options: SampleOptions): string {
  return new Date(Date.parse(issueDate(options)) + 30 * 86_400_000).toISOString().slice(0, 10);
}

export function sellerName({ recipient, sellerName: name }: SampleOptions): string {
  return name ?? `Exempelföretaget ${recipient.slice(5, 9)} AB`;
}

export function sampleLines({ seed = 1, lines = 3 }: SampleOptions): SampleLine[] {
  const next = numbers(seed);
  return Array.from({ length: lines }, (_, i) => {
    const service = services[i % services.length] ?? services[0];
    const quantity = amountOf(String(1 + (next() % 44))).dividedBy(2);
    const price = amountOf(String(1_000 + (next() % 90_000))).dividedBy(100);
    return { ...service, quantity, price, amount: quantity.times(price).toDecimalPlaces(2) };
  });
}

/** VAT per rate, rounded once per rate; the sum to pay in whole kronor (öresavrundning). */
export function totalsOf(lines: readonly SampleLine[]) {
  const vat = [...new Set(lines.map(({ percent }) => percent))].map((percent) => {
    const taxable = sum(lines.filter((line) => line.percent === percent).map(({ amount }) => amount));
    return { percent, taxable, amount: taxable.times(percent).dividedBy(100).toDecimalPlaces(2) };
  });
  const net = sum(lines.map(({ amount }) => amount));
  const tax = sum(vat.map(({ amount }) => amount));
  const gross = net.plus(tax);
  const payable = gross.toDecimalPlaces(0);
  return { net, vat, tax, gross, rounding: payable.minus(gross), payable };
}

/** Whole numbers from 0 to 2³¹ − 1 that look random and depend only on the seed (Lehmer's generator). */
function numbers(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  next();
  return next;
}
