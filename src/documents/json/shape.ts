/** JSON documents as their schemas (schemas/documents) leave them: what the business checks may take for granted. */

export interface Party {
  readonly organisationNumber: string;
  readonly vatNumber?: string;
  readonly name: string;
}

export interface Period {
  readonly from: string;
  readonly to: string;
}

export interface Line {
  readonly id: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly amount: string;
  readonly vatPercent: string;
  readonly period?: Period;
}

export interface VatRow {
  readonly category: 'S' | 'E';
  readonly percent: string;
  readonly taxableAmount: string;
  readonly vatAmount: string;
}

export interface PurchaseOrder {
  readonly number: string;
  readonly issueDate: string;
  readonly currency: string;
  readonly buyer: Party;
  readonly seller: Party;
  readonly deliveryPeriod?: Period;
  readonly lines: readonly Line[];
  readonly totals: { readonly net: string };
}

export interface SelfInvoice {
  readonly number: string;
  readonly issueDate: string;
  readonly currency: string;
  readonly buyer: Party;
  readonly seller: Party;
  readonly period?: Period;
  readonly lines: readonly Line[];
  readonly vat: readonly VatRow[];
  readonly totals: {
    readonly net: string;
    readonly vat: string;
    readonly gross: string;
    readonly rounding?: string;
    readonly payable: string;
  };
  /** Credits only. */
  readonly corrects?: { readonly number: string };
}
