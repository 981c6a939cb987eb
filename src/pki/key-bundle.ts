/**
 * A key with its certificates in one file under a password (PKCS#12, RFC 7292), as Java, .NET and Windows take them. AES-256 and
 * SHA-256 throughout: read by OpenSSL from 1.1, Java from 8u301, Windows from Server 2019.
 */
import { createHash, createHmac, createPrivateKey, hash, randomBytes } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import { type Certificate, readCertificates } from './certificate.ts';
import { context, encode, integer, nothing, octets, oid, sequence, setOf, tag } from './der.ts';
import { encryptPrivateKey, encryptWithPassword } from './password-encryption.ts';

export interface BundleRequest {
  /** Not encrypted, PEM. */
  readonly keyPem: string;
  /** The key's own certificate and those above it, PEM, in order. */
  readonly certificatePem: string;
  /** Printable ASCII: programs disagree about how others are written. */
  readonly password: string;
  /** What a key store calls the entry. */
  readonly name: string;
}

const data = '1.2.840.113549.1.7.1';
const encryptedData = '1.2.840.113549.1.7.6';
const bag = { key: '1.2.840.113549.1.12.10.1.2', certificate: '1.2.840.113549.1.12.10.1.3' };
/** Of the encryption and of the sum: who guesses takes the cheaper of the two. */
const rounds = 100_000;

/**
 * @returns DER, the content of a .p12 or .pfx file
 * @throws Fault `certificate-invalid` if the key is not that of the first certificate; `argument-invalid` for a password that is
 *   empty or has other characters than ASCII
 */
export async function makeKeyBundle({ keyPem, certificatePem, password, name }: BundleRequest): Promise<Buffer> {
  if (!/^[\x20-\x7e]+$/.test(password))
    throw new Fault('argument-invalid', 'the password of a PKCS #12 file has printable ASCII characters, one at least');
  const chain = readCertificates(certificatePem);
  const [own] = chain as [Certificate, ...Certificate[]];
  if (!own.x509.checkPrivateKey(createPrivateKey(keyPem)))
    throw new Fault('certificate-invalid', `the private key is not that of ${own.subject}`);
  // By these two a program finds the certificate of the key among the others.
  const attributes = setOf(
    attribute('1.2.840.113549.1.9.20', encode(tag.bmp, Buffer.from(name, 'utf16le').swap16())),
    attribute('1.2.840.113549.1.9.21', octets(createHash('sha1').update(own.x509.raw).digest())),
  );
  const certificates = sequence(
    ...chain.map((one) => safeBag(bag.certificate, x509Certificate(one), one === own ? attributes : undefined)),
  );
  const keys = sequence(safeBag(bag.key, await encryptPrivateKey(keyPem, password, rounds), attributes));
  const { algorithm, data: hidden } = await encryptWithPassword(certificates, password, rounds);
  const content = sequence(
    sequence(
      oid(encryptedData),
      context(0, sequence(integer(0), sequence(oid(data), algorithm, encode(0x80, hidden)))),
    ),
    sequence(oid(data), context(0, octets(keys))),
  );
  return sequence(integer(3), sequence(oid(data), context(0, octets(content))), macOf(content, password));
}

const attribute = (id: string, value: Buffer): Buffer => sequence(oid(id), setOf(value));
const x509Certificate = ({ x509 }: Certificate): Buffer =>
  sequence(oid('1.2.840.113549.1.9.22.1'), context(0, octets(x509.raw)));
const safeBag = (id: string, value: Buffer, attributes: Buffer | undefined): Buffer =>
  sequence(oid(id), context(0, value), ...(attributes === undefined ? [] : [attributes]));

/** RFC 7292 §4: a sum under the password over everything. */
function macOf(content: Buffer, password: string): Buffer {
  const salt = randomBytes(16);
  const sum = createHmac('sha256', macKey(password, salt)).update(content).digest();
  return sequence(
    sequence(sequence(oid('2.16.840.1.101.3.4.2.1'), nothing), octets(sum)),
    octets(salt),
    integer(rounds),
  );
}

/**
 * RFC 7292 appendix B.2 with SHA-256, for a key of the length of the hash: then its steps 6 B and C are not needed.
 */
function macKey(password: string, salt: Buffer): Buffer {
  const block = 64;
  const macPurpose = 3;
  // BMPString with two octets of zero at the end (B.1).
  const secret = Buffer.from(`${password}\0`, 'utf16le').swap16();
  let digest: Buffer = Buffer.concat([Buffer.alloc(block, macPurpose), repeated(salt, block), repeated(secret, block)]);
  for (let round = 0; round < rounds; round++) digest = hash('sha256', digest, 'buffer');
  return digest;
}

/** Repeated to fill whole blocks. */
const repeated = (bytes: Buffer, block: number): Buffer => Buffer.alloc(block * Math.ceil(bytes.length / block), bytes);
