/** Writes ASN.1 in DER: requests that no tool would make. */
import { tag } from '../../src/pki/der.ts';

function encode(kind: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  let head = [kind, length];
  if (length >= 0x80) {
    const octets = Buffer.from(evenHex(BigInt(length)), 'hex');
    head = [kind, 0x80 | octets.length, ...octets];
  }
  return Buffer.concat([Buffer.from(head), ...contents]);
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => encode(tag.sequence, ...contents);
export const bits = (content: Uint8Array): Buffer => encode(tag.bits, Buffer.from([0]), content);
export const nothing = encode(tag.null);
/** A constructed value in the context-specific class: `[number] { … }`. */
export const context = (number: number, ...contents: readonly Uint8Array[]): Buffer =>
  encode(0xa0 | number, ...contents);

/** A number that is not negative. */
export function integer(value: bigint | number): Buffer {
  const hex = evenHex(BigInt(value));
  return encode(tag.integer, Buffer.from(/^[89a-f]/.test(hex) ? `00${hex}` : hex, 'hex'));
}

export function oid(text: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = text.split('.').map(BigInt);
  const arcs = [first * 40n + second, ...rest].flatMap((arc) => {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    return groups;
  });
  return encode(tag.oid, Buffer.from(arcs));
}

function evenHex(value: bigint): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}
