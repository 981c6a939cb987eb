/**
 * ASN.1 in DER (X.690): a strict reader of one level at a time, for what strangers send. How deep they nest it costs nothing, and there
 * is one way only to write what is taken; the libraries read BER, all of it, before anybody can look.
 */

/** One value as it was encoded. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly raw: Buffer;
}

/** Tags that are read here. */
export const tag = { integer: 0x02, bits: 0x03, null: 0x05, oid: 0x06, sequence: 0x30 } as const;

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

/** An object identifier with dots. @throws RangeError for one that is not written the shortest way */
export function readOid({ tag: kind, content }: Element): string {
  const last = content.at(-1);
  if (kind !== tag.oid || last === undefined || last >= 0x80) throw broken('no object identifier');
  const arcs: bigint[] = [];
  let [arc, begun] = [0n, false];
  for (const octet of content) {
    if (!begun && octet === 0x80) throw broken('an arc that is not the shortest');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    begun = octet >= 0x80;
    if (begun) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [both = 0n, ...rest] = arcs;
  const first = both < 80n ? both / 40n : 2n;
  return [first, both - first * 40n, ...rest].join('.');
}
