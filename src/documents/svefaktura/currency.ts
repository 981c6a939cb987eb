/** One currency per document: every amount names it. */

import { type Placed } from '../place.ts';
import { textAt, type XmlElement } from '../xml.ts';
import { type Checks, report } from './values.ts';

/** Amounts in the other currency that TaxCurrencyCode announces. */
const otherCurrency = new Set(['cac:TaxCurrencyTaxAmount']);
const amounts = /Amount$/;

/** The document's currency (InvoiceCurrencyCode, else that of the first amount). Findings SVE-CUR-01. */
export function checkCurrency(checks: Checks, invoice: Placed): string | undefined {
  const stated = textAt(invoice.element, 'InvoiceCurrencyCode');
  const named = stated ?? firstCurrency(invoice.element);
  if (named === undefined || !/^[A-Z]{3}$/.test(named)) {
    report(checks, 'SVE-CUR-01', 'Invoice/InvoiceCurrencyCode', 'three capital letters (ISO 4217)', named);
    return undefined;
  }
  const other = ({ name, local, attributes }: XmlElement): boolean =>
    amounts.test(local) && !otherCurrency.has(name) && attributes.get('amountCurrencyID') !== named;
  // Most documents have none: the paths are put together only for what is reported.
  if (!anywhere(invoice.element, other)) return named;
  visit(invoice, (element, where) => {
    if (!other(element)) return;
    report(checks, 'SVE-CUR-01', `${where}/@amountCurrencyID`, named, element.attributes.get('amountCurrencyID'));
  });
  return named;
}

const anywhere = (element: XmlElement, look: (element: XmlElement) => boolean): boolean =>
  look(element) || element.children.some((child) => anywhere(child, look));

function firstCurrency(element: XmlElement): string | undefined {
  const own = otherCurrency.has(element.name) ? undefined : element.attributes.get('amountCurrencyID');
  if (own !== undefined) return own;
  for (const child of element.children) {
    const found = firstCurrency(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function visit({ element, where }: Placed, look: (element: XmlElement, where: string) => void): void {
  look(element, where);
  const seen = new Map<string, number>();
  for (const child of element.children) {
    const count = (seen.get(child.name) ?? 0) + 1;
    seen.set(child.name, count);
    visit({ element: child, where: `${where}/${child.local}${count > 1 ? `[${count}]` : ''}` }, look);
  }
}
