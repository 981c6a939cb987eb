/** HTML that is made of parts: what is text is escaped, and only what is HTML already is taken as it is. */

export interface Html {
  readonly html: string;
}
type Part = string | number | Html | readonly Html[] | undefined;

/** A template: everything in it that is not Html itself, or a list of it, is escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.map((text, i) => (i === 0 ? '' : rendered(parts[i - 1])) + text).join('') };
}

function rendered(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'object') return 'html' in part ? part.html : part.map((one) => one.html).join('');
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

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
