/** What every UBL document says about itself in the same place. */
import { keyedTextLimit } from '../../domain/message.ts';
import { isCalendarDate, type Placed } from '../place.ts';
import { textAt } from '../xml.ts';
import { type Findings, report, whereOf } from './values.ts';

export interface Facts {
  readonly mediaType: 'application/xml';
  readonly documentNumber: string;
  readonly issued?: string;
  readonly currency?: string;
}

/** Findings UBL-VAL-02, UBL-CUR-01. */
export function factsOf(findings: Findings, document: Placed): Facts {
  const documentNumber = textAt(document.element, 'cbc:ID') ?? '';
  if (documentNumber.length > keyedTextLimit) {
    const found = `${documentNumber.length}`;
    report(findings, 'UBL-VAL-02', whereOf(document, 'cbc:ID'), `at most ${keyedTextLimit} characters`, found);
  }
  const issued = textAt(document.element, 'cbc:IssueDate');
  const currency = textAt(document.element, 'cbc:DocumentCurrencyCode');
  const known = currency !== undefined && /^[A-Z]{3}$/.test(currency);
  if (currency !== undefined && !known) {
    const where = whereOf(document, 'cbc:DocumentCurrencyCode');
    report(findings, 'UBL-CUR-01', where, 'three capital letters (ISO 4217)', currency);
  }
  return {
    mediaType: 'application/xml',
    documentNumber,
    ...(issued !== undefined && isCalendarDate(issued) ? { issued } : {}),
    ...(known ? { currency } : {}),
  };
}
