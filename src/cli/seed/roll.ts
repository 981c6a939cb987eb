/** Chance that depends only on the seed: the same book each time, from whatever place in it one begins. */

/** Evenly from 0 to below 1, for the `at`th thing; another `salt` is another throw for the same thing. */
export function roll(seed: number, at: number, salt: number): number {
  return word(seed, at, salt) / 2 ** 32;
}

/** One of these. */
export function pick<T>(list: readonly [T, ...T[]], seed: number, at: number, salt: number): T {
  return list[Math.floor(roll(seed, at, salt) * list.length)] ?? list[0];
}

/** A UUID version 7 (RFC 9562 §5.7) of that moment. @param at milliseconds since 1970 */
export function idAt(at: number, seed: number, number: number, salt: number): string {
  const [a, b, c] = [0, 1, 2].map((part) =>
    word(seed, number, salt * 8 + part)
      .toString(16)
      .padStart(8, '0'),
  );
  const time = Math.trunc(at).toString(16).padStart(12, '0');
  const variant = ((Number.parseInt(b?.[0] ?? '0', 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${a?.slice(0, 3)}-${variant}${b?.slice(1, 4)}-${b?.slice(4)}${c}`;
}

/** 32 bits, mixed as MurmurHash3 ends. */
function word(seed: number, at: number, salt: number): number {
  let bits = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(at + 0x7f4a7c15, 0xc2b2ae35);
  bits = mix(bits ^ Math.imul(salt + 1, 0x27d4eb2f));
  return mix(bits + 0x165667b1) >>> 0;
}

function mix(given: number): number {
  let bits = Math.imul(given ^ (given >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
