/** As much of DER (X.690) as a certificate request and its answer need. */

/** One value: its tag, its contents, and the whole of it as it came. */
export interface Value {
  readonly tag: number;
  readonly contents: Buffer;
  readonly whole: Buffer;
}

export const sequence = 0x30;
export const set = 0x31;
export const context0 = 0xa0;

export function write(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const contents = Buffer.concat(parts);
  const { length } = contents;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.from([tag, ...size]), contents]);
}

/** @throws when it is cut short */
export function read(bytes: Buffer): Value[] {
  const values: Value[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [tag = 0, first = 0] = [bytes[at], bytes[at + 1]];
    const more = first < 0x80 ? 0 : first - 0x80;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const begin = at + 2 + more;
    if (begin + length > bytes.length) throw new Error('the DER is cut short');
    values.push({
      tag,
      contents: bytes.subarray(begin, begin + length),
      whole: bytes.subarray(at, begin + length),
    });
    at = begin + length;
  }
  return values;
}
