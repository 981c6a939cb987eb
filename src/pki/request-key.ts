/** The public key of a certificate request, and how the request is signed: what is taken, and what to call what is not. */
import type { Finding } from '../domain/fault.ts';
import { type Element, readBits, readElement, readElements, readOid, readUnsigned, tag } from './der.ts';
import { rsaWeaknesses } from './weak-rsa.ts';

export interface RequestKey {
  /** Undefined: of a kind that is not taken. */
  readonly family: 'RSA' | 'EC' | undefined;
  readonly kind: string;
  readonly findings: readonly Finding[];
}

const rsaKey = '1.2.840.113549.1.1.1';
const ecKey = '1.2.840.10045.2.1';
const curves = [
  { name: 'prime256v1', id: '1.2.840.10045.3.1.7', octets: 32 },
  { name: 'secp384r1', id: '1.3.132.0.34', octets: 48 },
];

/**
 * Looks at a key before anything reckons with it: no library sees a key of another kind or length.
 * @param spki SubjectPublicKeyInfo, DER
 * @throws RangeError if it cannot be read
 */
export function describeKey(spki: Buffer): RequestKey {
  const [algorithm, key, ...more] = readElements(readElement(spki, tag.sequence).content);
  if (algorithm?.tag !== tag.sequence || key === undefined || more.length > 0) throw new RangeError('no key');
  const [kind, parameters, ...others] = readElements(algorithm.content);
  if (kind === undefined || others.length > 0) throw new RangeError('no algorithm');
  const id = readOid(kind);
  if (id === rsaKey && isNull(parameters)) return describeRsa(readBits(key));
  if (id === ecKey && parameters !== undefined) return describeEc(parameters, readBits(key));
  return notTaken(algorithmName(algorithm.raw));
}

function describeRsa(der: Buffer): RequestKey {
  const [modulus, exponent, ...more] = readElements(readElement(der, tag.sequence).content);
  if (modulus === undefined || exponent === undefined || more.length > 0) throw new RangeError('no RSA key');
  const [n, e] = [readUnsigned(modulus), readUnsigned(exponent)];
  const findings = rsaWeaknesses(n, e).map((weakness) => ({ where: 'subjectPublicKeyInfo', ...weakness }));
  return { family: 'RSA', kind: `RSA ${n.toString(2).length}`, findings };
}

function describeEc(parameters: Element, point: Buffer): RequestKey {
  const named = parameters.tag === tag.oid ? readOid(parameters) : '';
  const curve = curves.find(({ id }) => named === id);
  if (curve === undefined) return notTaken(names.get(named) ?? 'an elliptic curve of another name, or of none');
  // RFC 5480 §2.2: written out in full; a key that could be written in two ways would have two names in the register.
  if (point.length !== 1 + 2 * curve.octets || point[0] !== 4)
    return notTaken(`a point of ${curve.name} that is not written out in full (uncompressed)`);
  return { family: 'EC', kind: `EC ${curve.name}`, findings: [] };
}

const notTaken = (found: string): RequestKey => ({
  family: undefined,
  kind: found,
  findings: [
    {
      where: 'subjectPublicKeyInfo',
      rule: 'key-kind',
      text: 'A key of this kind is not taken; make an elliptic curve key on P-256 or P-384, or an RSA key.',
      expected: 'EC on P-256 or P-384, or RSA of 2048 to 8192 bits',
      found,
    },
  ],
});

const hashes: Readonly<Record<'RSA' | 'EC', ReadonlyMap<string, string>>> = {
  EC: new Map([
    ['1.2.840.10045.4.3.2', 'sha256'],
    ['1.2.840.10045.4.3.3', 'sha384'],
    ['1.2.840.10045.4.3.4', 'sha512'],
  ]),
  RSA: new Map([
    ['1.2.840.113549.1.1.11', 'sha256'],
    ['1.2.840.113549.1.1.12', 'sha384'],
    ['1.2.840.113549.1.1.13', 'sha512'],
  ]),
};

/**
 * Parameters: none for ECDSA (RFC 5758), NULL or none for RSA (RFC 4055).
 * @returns the hash with which a key of this family signs under this algorithm (AlgorithmIdentifier, DER); undefined: not taken
 */
export function hashOf(algorithm: Buffer, family: 'RSA' | 'EC'): string | undefined {
  const [id, parameters, ...more] = readElements(readElement(algorithm, tag.sequence).content);
  if (id === undefined || more.length > 0) return undefined;
  if (parameters !== undefined && (family === 'EC' || !isNull(parameters))) return undefined;
  return hashes[family].get(readOid(id));
}

const isNull = (element: Element | undefined): boolean => element?.tag === tag.null && element.content.length === 0;

/** What is met and not taken, by the name that a person would search for. */
const names: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '1.2.840.113549.1.1.4': 'RSA with MD5',
    '1.2.840.113549.1.1.5': 'RSA with SHA-1',
    '1.2.840.113549.1.1.10': 'RSASSA-PSS',
    '1.2.840.113549.1.1.11': 'RSA with SHA-256',
    '1.2.840.113549.1.1.12': 'RSA with SHA-384',
    '1.2.840.113549.1.1.13': 'RSA with SHA-512',
    '1.2.840.113549.1.1.14': 'RSA with SHA-224',
    '1.2.840.10045.4.1': 'ECDSA with SHA-1',
    '1.2.840.10045.4.3.1': 'ECDSA with SHA-224',
    '1.2.840.10045.4.3.2': 'ECDSA with SHA-256',
    '1.2.840.10045.4.3.3': 'ECDSA with SHA-384',
    '1.2.840.10045.4.3.4': 'ECDSA with SHA-512',
    '1.2.840.10040.4.1': 'DSA',
    '1.3.101.110': 'X25519',
    '1.3.101.112': 'Ed25519',
    '1.3.101.113': 'Ed448',
    '1.3.132.0.10': 'the curve secp256k1',
    '1.3.132.0.35': 'the curve P-521',
    '1.2.840.10045.3.1.1': 'the curve P-192',
    '1.3.132.0.33': 'the curve P-224',
  }),
);

/** @param algorithm AlgorithmIdentifier, DER */
export function algorithmName(algorithm: Buffer): string {
  const [id] = readElements(readElement(algorithm, tag.sequence).content);
  return names.get(id?.tag === tag.oid ? readOid(id) : '') ?? 'an algorithm that is not known here';
}
