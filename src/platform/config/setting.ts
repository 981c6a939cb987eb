/** What a setting is. */
import type { Reader } from './readers.ts';

export interface Setting<T> {
  readonly name: string;
  readonly read: Reader<T>;
  /** As it would be written; undefined: must be given where it is needed. */
  readonly default?: string;
  readonly what: string;
  /** Never shown; may also be given as NAME_FILE. */
  readonly secret?: true;
  /** May be left out altogether. */
  readonly optional?: true;
}

export function required<T>(name: string, read: Reader<T>, what: string, more: { secret?: true } = {}): Setting<T> {
  return { name, read, what, ...more };
}
export function optional<T>(
  name: string,
  read: Reader<T>,
  what: string,
  more: { secret?: true } = {},
): Setting<T | undefined> {
  return { name, read, what, optional: true, ...more };
}
export function preset<T>(name: string, read: Reader<T>, value: string, what: string): Setting<T> {
  return { name, read, default: value, what };
}
