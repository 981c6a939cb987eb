/** The order of what was received. Pure. */
import type { Received } from './received.ts';

/** By event time, then sequence: the order in which things happened, whatever order they came in. */
export function inOrder<T extends Pick<Received, 'time' | 'sequence'>>(messages: readonly T[]): T[] {
  return messages.toSorted(
    (a, b) => compareTimes(a.time, b.time) || (BigInt(a.sequence) < BigInt(b.sequence) ? -1 : 1),
  );
}

/** Fractions may have any number of digits, so neither text nor milliseconds tell which of two times is earlier. */
function compareTimes(a: string, b: string): number {
  const [secondsA = '', fractionA = ''] = a.replace(/Z$/, '').split('.');
  const [secondsB = '', fractionB = ''] = b.replace(/Z$/, '').split('.');
  if (secondsA !== secondsB) return secondsA < secondsB ? -1 : 1;
  const length = Math.max(fractionA.length, fractionB.length);
  const [padA, padB] = [fractionA.padEnd(length, '0'), fractionB.padEnd(length, '0')];
  return padA === padB ? 0 : padA < padB ? -1 : 1;
}
