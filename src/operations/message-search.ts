/** What somebody means who types a number or a name. */
import { parseOrganisationNumber } from '../domain/organisation-number.ts';
import { findMessages, type MessageRow } from '../store/messages.ts';
import { type FoundSupplier, findByNumber, findSuppliers, isRecipient } from '../store/operator/messages.ts';
import type { Db } from '../store/pool.ts';

export interface SearchResult {
  /** With exactly this document number or id, newest first. */
  readonly exact: readonly MessageRow[];
  /** Whose document number begins so; looked for only when none is exactly so. */
  readonly begins: readonly MessageRow[];
  readonly suppliers: readonly FoundSupplier[];
  /** The text as an organisation number that messages came for, whether it is a supplier or not. */
  readonly recipient: string | undefined;
}

/** Of each kind, at most. */
export const mostFound = 50;

export async function search(db: Db, text: string): Promise<SearchResult> {
  const number = parseOrganisationNumber(text);
  const [exact, suppliers, known] = await Promise.all([
    isId(text) ? findMessages(db, text, 1) : findByNumber(db, text, 'exact', mostFound),
    findSuppliers(db, number ?? text, mostFound),
    number === undefined ? false : isRecipient(db, number),
  ]);
  return {
    exact,
    begins: exact.length > 0 || isId(text) ? [] : await findByNumber(db, text, 'begins', mostFound),
    suppliers,
    recipient: known ? number : undefined,
  };
}

const isId = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
