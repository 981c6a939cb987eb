/** What a contract has, as HTML. */
import { type Html, html } from '../../platform/html.ts';

/** Text as the contracts are written: paragraphs with empty lines between, and `code`. */
export function prose(text: unknown): readonly Html[] {
  if (typeof text !== 'string' || text === '') return [];
  return text.split(/\n\n+/).map((paragraph) => html`<p>${inline(paragraph)}</p>`);
}

export function inline(text: string): readonly Html[] {
  return text.split('`').map((piece, i) => (i % 2 === 0 ? html`${piece}` : html`<code>${piece}</code>`));
}

/** What a contract has in a place where text or a number belongs, as text; nothing if it has something else there. */
export const plain = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
