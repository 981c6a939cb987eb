/** What a document comes to when a person reads it. */

export interface ReadableDocument {
  /** What it calls itself. */
  readonly kind: 'order' | 'invoice' | 'credit';
  readonly number: string | undefined;
  readonly currency: string | undefined;
  /** Dates, references: what stands at its head, each by a name that the catalogue knows. */
  readonly facts: readonly Named[];
  readonly buyer: ReadableParty;
  readonly seller: ReadableParty;
  readonly notes: readonly string[];
  readonly lines: readonly ReadableLine[];
  readonly vat: readonly ReadableVat[];
  readonly sums: readonly Named[];
}

export const headNames = ['issued', 'due', 'period', 'order', 'contract', 'corrects', 'reference', 'delivery'] as const;
export const sumNames = [
  'lines',
  'allowances',
  'charges',
  'net',
  'vat',
  'gross',
  'prepaid',
  'rounding',
  'payable',
] as const;

export interface Named {
  readonly name: (typeof headNames)[number] | (typeof sumNames)[number];
  readonly value: string;
}

export interface ReadableParty {
  readonly name: string | undefined;
  readonly organisationNumber: string | undefined;
  readonly vatNumber: string | undefined;
  /** Address and contact, a line each. */
  readonly more: readonly string[];
}

export interface ReadableLine {
  readonly id: string | undefined;
  readonly text: string | undefined;
  readonly quantity: string | undefined;
  readonly unit: string | undefined;
  readonly price: string | undefined;
  readonly amount: string | undefined;
  readonly vatPercent: string | undefined;
}

export interface ReadableVat {
  readonly percent: string | undefined;
  readonly taxable: string | undefined;
  readonly amount: string | undefined;
}

/** Only what is there. */
export const named = (pairs: readonly (readonly [Named['name'], string | undefined])[]): readonly Named[] =>
  pairs.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }]));

export const present = (values: readonly (string | undefined)[]): readonly string[] =>
  values.filter((value): value is string => value !== undefined && value !== '');

/** `2026-03-01 – 2026-03-31`, or the one that is there. */
export const spanOf = (from: string | undefined, to: string | undefined): string | undefined =>
  from === undefined && to === undefined ? undefined : present([from, to]).join(' – ');
