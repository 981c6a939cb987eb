/**
 * ASN.1 in DER (X.690): a strict reader of one level at a time, and a writer. For what is read from strangers and must be bounded,
 * and for the few structures that the X.509 library does not write.
 */

/** One value as it was encoded. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly raw: Buffer;
}

/** Tags that are used here. */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Something is no DER, or not of the structure that is read. Whoever reads makes a fault of it. */
const broken = (why: string): RangeError => new RangeError(why);

/**
 * Reads values that stand one after the other and fill `bytes`. Not what is inside of them: how deep a stranger's bytes are nested
 * costs nothing.
 * @throws RangeError if they do not
 */
export function readElements(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    elements.push(element);
    at += element.raw.length;
  }
  return elements;
}

/** @throws RangeError if `bytes` are not exactly one value with this tag */
export function readElement(bytes: Buffer, expected: number): Element {
  const element = elementAt(bytes, 0);
  if (element.raw.length !== bytes.length) throw broken('bytes follow the value');
  if (element.tag !== expected) throw broken(`tag ${element.tag} where ${expected} is expected`);
  return element;
}

function elementAt(bytes: Buffer, at: number): Element {
  const [kind, first] = [bytes[at], bytes[at + 1]];
  if (kind === undefined || first === undefined) throw broken('the bytes end within a value');
  if ((kind & 0x1f) === 0x1f) throw broken('a tag of more than one octet');
  let [start, length] = [at + 2, first];
  if (first >= 0x80) {
    const octets = first & 0x7f;
    // None: BER's indefinite length. More than four: longer than anything we read.
    if (octets === 0 || octets > 4 || start + octets > bytes.length) throw broken('a length that is not DER');
    length = bytes.readUIntBE(start, octets);
    start += octets;
    if (length < 0x80 || length < 256 ** (octets - 1)) throw broken('a length that is not the shortest');
  }
  if (start + length > bytes.length) throw broken('the bytes end within a value');
  return { tag: kind, content: bytes.subarray(start, start + length), raw: bytes.subarray(at, start + length) };
}

/** A number that is not negative. @throws RangeError for any other, and for one that is not written the shortest way */
export function readUnsigned({ tag: kind, content }: Element): bigint {
  const [first, second = 0x80] = content;
  if (
    kind !== tag.integer ||
    first === undefined ||
    first >= 0x80 ||
    (first === 0 && content.length > 1 && second < 0x80)
  )
    throw broken('no positive integer in DER');
  return BigInt(`0x${content.toString('hex')}`);
}

/** The octets of a bit string that has no unused bits. @throws RangeError */
export function readBits({ tag: kind, content }: Element): Buffer {
  if (kind !== tag.bits || content[0] !== 0) throw broken('no bit string of whole octets');
  return content.subarray(1);
}

export function encode(kind: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  let head = [kind, length];
  if (length >= 0x80) {
    const octets = Buffer.from(evenHex(BigInt(length)), 'hex');
    head = [kind, 0x80 | octets.length, ...octets];
  }
  return Buffer.concat([Buffer.from(head), ...contents]);
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => encode(tag.sequence, ...contents);
export const octets = (content: Uint8Array): Buffer => encode(tag.octets, content);
export const bits = (content: Uint8Array): Buffer => encode(tag.bits, Buffer.from([0]), content);
export const nothing = encode(tag.null);
/** A constructed value in the context-specific class: `[number] { … }`. */
export const context = (number: number, ...contents: readonly Uint8Array[]): Buffer =>
  encode(0xa0 | number, ...contents);

/** In DER the members of a SET OF stand in the order of their bytes (X.690 §11.6). */
export const setOf = (...members: readonly Uint8Array[]): Buffer =>
  encode(tag.set, ...members.toSorted((one, other) => Buffer.compare(one, other)));

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

/** RFC 5280 §4.1.2.5: whole seconds in UTC, with two digits for the year up to 2049. */
export function time(at: Date): Buffer {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-T:]/g, '');
  return at.getUTCFullYear() < 2050
    ? encode(tag.utcTime, Buffer.from(digits.slice(2)))
    : encode(tag.generalizedTime, Buffer.from(digits));
}

/** RFC 5280 §4.1: what an extension says is given in DER. */
export const extension = (id: string, value: Uint8Array, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [encode(tag.boolean, Buffer.from([0xff]))] : []), octets(value));

function evenHex(value: bigint): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}
