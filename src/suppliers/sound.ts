/** A file that breaks the schema, without the parts that break it: the rules are run on the rest, so that all mistakes show at once. */
import type { Finding } from '../domain/fault.ts';

/**
 * A copy in which every place that a finding names is null. No sound part is null: the schema allows it nowhere.
 * @param findings all of them; `where` is a JSON pointer (RFC 6901), `/` for the whole value
 */
export function soundParts(value: unknown, findings: readonly Finding[]): unknown {
  if (findings.length === 0) return value;
  const root = { whole: structuredClone(value) };
  for (const { where } of findings) blot(root, where === '/' ? ['whole'] : ['whole', ...namesOf(where)]);
  return root.whole;
}

function blot(root: object, path: readonly string[]): void {
  let here: unknown = root;
  for (const name of path.slice(0, -1)) {
    if (here === null || typeof here !== 'object' || !Object.hasOwn(here, name)) return;
    here = (here as Record<string, unknown>)[name];
  }
  const last = path.at(-1);
  if (here !== null && typeof here === 'object' && last !== undefined)
    Object.defineProperty(here, last, { value: null, writable: true, enumerable: true, configurable: true });
}

const namesOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
