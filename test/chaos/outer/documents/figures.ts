/** What is in KA's documents besides their layout. All sums are whole öre. */

export interface DocumentOptions {
  /** Who buys, and sends. */
  readonly sender: string;
  /** Who sells, and is sent the document. */
  readonly org: string;
  readonly number: string;
  /** Of a credit: what it corrects. */
  readonly original: string;
  /** Says something that nothing depends on: other words, other bytes. */
  readonly words: string;
  /** From 1. */
  readonly quantity: number;
  /** Öre; a multiple of four, so that VAT at 25 per cent comes out even. */
  readonly price: number;
}

export interface Figures {
  readonly price: string;
  readonly net: string;
  readonly tax: string;
  readonly gross: string;
}

export function figuresOf({ quantity, price }: DocumentOptions): Figures {
  const net = quantity * price;
  return { price: kronor(price), net: kronor(net), tax: kronor(net / 4), gross: kronor(net + net / 4) };
}

const kronor = (ore: number): string => `${Math.floor(ore / 100)}.${String(ore % 100).padStart(2, '0')}`;

/** The check digit makes the sum of digits, every second one doubled, a multiple of ten. */
export function withCheckDigit(nine: string): string {
  const sum = Array.from(nine).reduce((before, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return before + (value > 9 ? value - 9 : value);
  }, 0);
  return `${nine}${(10 - (sum % 10)) % 10}`;
}
