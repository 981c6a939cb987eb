/** Elements with their path for people. */
import { at, childrenOf, type XmlElement } from './xml.ts';

/** An element with its path (`Invoice/InvoiceLine[2]`). */
export interface Placed {
  readonly element: XmlElement;
  readonly where: string;
}

export function plainPath(where: string, path: string): string {
  return `${where}/${path.replaceAll(/\b(?:cac|cbc):/g, '')}`;
}

export function placedChildren({ element, where }: Placed, name: string): Placed[] {
  const found = childrenOf(element, name);
  return found.map((child, i) => ({ element: child, where: `${where}/${child.local}${i > 0 ? `[${i + 1}]` : ''}` }));
}

export function placedAt({ element, where }: Placed, path: string): Placed | undefined {
  const found = at(element, path);
  return found === undefined ? undefined : { element: found, where: plainPath(where, path) };
}

/** Every child with its path, counted by name. */
export function placedAll({ element, where }: Placed): Placed[] {
  const seen = new Map<string, number>();
  return element.children.map((child) => {
    const count = (seen.get(child.name) ?? 0) + 1;
    seen.set(child.name, count);
    return { element: child, where: `${where}/${child.local}${count > 1 ? `[${count}]` : ''}` };
  });
}

/** True for a day that is in the calendar, YYYY-MM-DD. */
export function isCalendarDate(day: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
