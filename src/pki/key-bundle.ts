/**
 * A key with its certificates in one file under a password (PKCS#12, RFC 7292), as Java, .NET and Windows take them. AES-256 and
 * SHA-256 throughout: read by OpenSSL from 1.1, Java from 8u301, Windows from Server 2019.
 */
import 'reflect-metadata';
import { createHash, createPrivateKey } from 'node:crypto';
import { BmpString, OctetString } from 'asn1js';
import { Attribute, AuthenticatedSafe, CertBag, Certificate as Encoded, PFX, SafeBag, SafeContents } from 'pkijs';
import { Fault } from '../domain/fault.ts';
import { type Certificate, readCertificates } from './certificate.ts';
import { bytesOf, encryptPrivateKey, hiddenBy } from './password-encryption.ts';

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

const bag = { key: '1.2.840.113549.1.12.10.1.2', certificate: '1.2.840.113549.1.12.10.1.3' };
/** Of the encryption and of the sum: who guesses takes the cheaper of the two. */
const rounds = 100_000;
/** PKI.js's words for what RFC 7292 §3.1 and §5.1 have. */
const [open, hidden, byPassword] = [0, 1, 0];

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
  const attributes = () => [
    new Attribute({ type: '1.2.840.113549.1.9.20', values: [new BmpString({ value: name })] }),
    new Attribute({
      type: '1.2.840.113549.1.9.21',
      values: [new OctetString({ valueHex: createHash('sha1').update(own.x509.raw).digest() })],
    }),
  ];
  const certificates = chain.map(
    (one) =>
      new SafeBag({
        bagId: bag.certificate,
        bagValue: new CertBag({ parsedValue: Encoded.fromBER(Uint8Array.from(one.x509.raw)) }),
        ...(one === own ? { bagAttributes: attributes() } : {}),
      }),
  );
  const key = new SafeBag({
    bagId: bag.key,
    bagValue: await encryptPrivateKey(keyPem, password, rounds),
    bagAttributes: attributes(),
  });
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: hidden, value: new SafeContents({ safeBags: certificates }) },
        { privacyMode: open, value: new SafeContents({ safeBags: [key] }) },
      ],
    },
  });
  await safe.makeInternalValues({ safeContents: [hiddenBy(password, rounds), {}] });
  const bundle = new PFX({ parsedValue: { integrityMode: byPassword, authenticatedSafe: safe } });
  await bundle.makeInternalValues({
    password: bytesOf(password),
    iterations: rounds,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  });
  return Buffer.from(bundle.toSchema().toBER());
}
