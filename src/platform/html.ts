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
