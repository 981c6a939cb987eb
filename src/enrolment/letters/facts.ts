/** What letters are written from. */

export interface LetterFacts {
  readonly language: 'sv' | 'en';
  readonly contact: { readonly name: string };
  /** Of the supplier. */
  readonly organisation: string;
  /** `test` letters say so. */
  readonly environment: 'test' | 'production' | undefined;
  /** Which program the certificate is for. */
  readonly description: string;
  /** When the codes, or the certificate, end. */
  readonly ends: Date;
  /** For whoever may open it; only in a letter about an order. */
  readonly link: string;
  /** TransferID or SHA-256. */
  readonly name: string;
  /** Only in a letter about the end of a certificate or a mandate. */
  readonly end?: EndFacts;
  /** Only in a letter about a mandate: who acts for whom. */
  readonly mandate?: { readonly agent: string; readonly principal: string };
  /** Only in a letter about a certificate of our own; `name` is its SHA-256, `description` its subject. */
  readonly own?: OwnLetterFacts;
}

export interface OwnLetterFacts {
  readonly purpose: 'client' | 'listener' | 'signing';
  readonly useFrom: Date;
  /** It is used already when the letter is written. */
  readonly isUsed: boolean;
  /** Where all of ours are listed. */
  readonly list: string;
}

/** What it is that ends with a certificate, as it is when the letter is written. */
export interface EndFacts {
  /** Whole days, rounded up; 1 in the last twenty-four hours. */
  readonly daysLeft: number;
  /** It is shown by an endpoint that we push to. */
  readonly pushed: boolean;
  /** A program fetches with it. */
  readonly fetched: boolean;
  /** Messages that wait where it is registered. */
  readonly waiting: number;
}

/** The subject, then paragraphs. */
export type Writer = (facts: LetterFacts) => readonly [subject: string, ...paragraphs: string[]];
export type Letter = Record<LetterFacts['language'], Writer>;
