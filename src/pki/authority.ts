/** The certificate authority: a root that is kept off line, and an issuing authority below it whose key signs everything. */
import 'reflect-metadata';
import { createHash, createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as Parsed,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import { type Certificate, readCertificates } from './certificate.ts';
import { constraintsOf } from './constraints.ts';
import { type Element, readBits, readElement, readElements, tag } from './der.ts';
import { nameOf, newSerial } from './subject.ts';

/** A key that may sign in the name of an authority, with that authority's certificate and those above it. */
export interface Issuer {
  readonly certificate: Certificate;
  /** The issuing certificate first, the root last when it is known. */
  readonly chain: readonly Certificate[];
  /** WebCrypto, not extractable: a module that keeps keys in hardware can stand here. */
  readonly signingKey: webcrypto.CryptoKey;
  /** What the key signs with, for WebCrypto. */
  readonly signingAlgorithm: SigningAlgorithm;
  /** subjectKeyIdentifier of the issuing certificate: what its certificates and lists name it by. */
  readonly keyIdentifier: Buffer;
}

type SigningAlgorithm = {
  readonly name: 'ECDSA' | 'RSASSA-PKCS1-v1_5';
  readonly namedCurve?: string;
  readonly hash: string;
};

/** A new authority. */
export interface NewAuthority {
  /** PKCS#8, PEM, not encrypted: `encryptKey` in own-key.ts. */
  readonly keyPem: string;
  /** PEM: its own first, then those above it. */
  readonly certificatePem: string;
}

export interface AuthorityRequest {
  /** Whose authority it is. */
  readonly organisation: string;
  readonly commonName: string;
  readonly environment: Environment;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const rootCurve = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' } as const;
const issuingCurve = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A self-signed root on P-384. */
export async function createRoot(request: AuthorityRequest): Promise<NewAuthority> {
  const keys = await webcrypto.subtle.generateKey(rootCurve, true, ['sign', 'verify']);
  return create(request, keys, undefined);
}

/** An authority on P-256 that issues certificates and has no authority below it. */
export async function createIssuing(root: Issuer, request: AuthorityRequest): Promise<NewAuthority> {
  const keys = await webcrypto.subtle.generateKey(issuingCurve, true, ['sign', 'verify']);
  return create(request, keys, root);
}

async function create(
  request: AuthorityRequest,
  keys: webcrypto.CryptoKeyPair,
  above: Issuer | undefined,
): Promise<NewAuthority> {
  const subject = nameOf(request, request.environment);
  const identifier = await SubjectKeyIdentifierExtension.create(keys.publicKey);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject,
    issuer: above === undefined ? subject : new Parsed(above.certificate.x509.raw).subjectName,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    publicKey: keys.publicKey,
    signingKey: above?.signingKey ?? keys.privateKey,
    signingAlgorithm: above?.signingAlgorithm ?? rootCurve,
    extensions: [
      new BasicConstraintsExtension(true, above === undefined ? undefined : 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      // RFC 5280 §4.2.1.4: without it the policies of what it issues would count for nothing.
      ...(above === undefined ? [] : [new CertificatePolicyExtension([anyPolicy])]),
      identifier,
      new AuthorityKeyIdentifierExtension(above?.keyIdentifier.toString('hex') ?? identifier.keyId),
    ] satisfies Extension[],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    keyPem: createPrivateKey({ key, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificatePem: [`${certificate.toString('pem')}\n`, ...(above?.chain ?? []).map(({ pem }) => pem)].join(''),
  };
}

const anyPolicy = '2.5.29.32.0';

/**
 * Opens the key of an authority, ours or one that was there before.
 * @param files its key (PKCS#8 or any PEM that OpenSSL reads, encrypted or not), and its certificate with those above it, in order
 * @throws Fault `certificate-invalid` with a sentence: the key cannot be opened or is another's, the certificate is no authority's or
 *   may not sign certificates and lists, a link of the chain does not hold, a date is past
 */
export function loadIssuer(
  files: { readonly keyPem: string; readonly passphrase?: string; readonly certificatePem: string },
  now: Date,
): Issuer {
  const chain = readCertificates(files.certificatePem, 'the file of the authority’s certificate');
  const [certificate] = chain as [Certificate, ...Certificate[]];
  const key = openKey(files.keyPem, files.passphrase);
  if (!certificate.x509.checkPrivateKey(key))
    throw invalid(`the private key is not that of ${certificate.subject}, the first certificate in the file`);
  judgeAuthority(certificate);
  for (const [index, one] of chain.entries()) {
    if (now < one.notBefore || now > one.notAfter)
      throw invalid(
        `${one.subject} is valid from ${one.notBefore.toISOString()} to ${one.notAfter.toISOString()}, and now it is ${now.toISOString()}`,
      );
    const above = chain[index + 1] ?? one;
    // The last may be an authority of somebody whose root is elsewhere.
    if (above === one && one.subject !== one.issuer) continue;
    if (!above.isAuthority || !one.x509.checkIssued(above.x509) || !one.x509.verify(above.x509.publicKey))
      throw invalid(`${one.subject} is not issued by ${above.subject}, which follows it in the file`);
  }
  const signingAlgorithm = signingAlgorithmOf(key);
  return {
    certificate,
    chain,
    signingAlgorithm,
    signingKey: key.toCryptoKey(signingAlgorithm, false, ['sign']),
    keyIdentifier: keyIdentifierOf(certificate),
  };
}

function openKey(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch (cause) {
    const isEncrypted = /ENCRYPTED/.test(pem);
    if (isEncrypted && passphrase === undefined)
      throw new Fault('certificate-invalid', 'the private key is encrypted, and no pass phrase is given', { cause });
    if (isEncrypted)
      throw new Fault('certificate-invalid', 'the private key does not open with this pass phrase', { cause });
    throw new Fault('certificate-invalid', 'the file of the private key holds no private key in PEM', { cause });
  }
}

function judgeAuthority({ x509, subject, isAuthority }: Certificate): void {
  const parsed = new Parsed(x509.raw);
  const usages = parsed.getExtension(KeyUsagesExtension)?.usages;
  for (const [what, flag] of [
    ['certificates', KeyUsageFlags.keyCertSign],
    ['revocation lists', KeyUsageFlags.cRLSign],
  ] as const)
    if (usages !== undefined && (usages & flag) === 0) throw invalid(`${subject} may not sign ${what} (its keyUsage)`);
  if (!isAuthority) throw invalid(`${subject} is no authority (basicConstraints does not say CA)`);
  const { unknownCritical } = constraintsOf(x509);
  if (unknownCritical.length > 0)
    throw invalid(`${subject} has a critical extension that is not understood (${unknownCritical.join(', ')})`);
}

/** The hash goes by the length of the key: no signature is weaker than it. */
function signingAlgorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SigningAlgorithm {
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048)
    return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (asymmetricKeyDetails?.namedCurve === 'prime256v1') return issuingCurve;
  if (asymmetricKeyDetails?.namedCurve === 'secp384r1') return rootCurve;
  throw invalid('an authority’s key is on P-256 or P-384, or RSA of 2048 bits or more');
}

/** What stands in the certificate; else RFC 5280 §4.2.1.2 (1). */
function keyIdentifierOf({ x509, publicKeySpki }: Certificate): Buffer {
  const written = new Parsed(x509.raw).getExtension(SubjectKeyIdentifierExtension)?.keyId;
  if (written !== undefined) return Buffer.from(written, 'hex');
  const [, key] = readElements(readElement(publicKeySpki, tag.sequence).content) as [Element, Element];
  return createHash('sha1').update(readBits(key)).digest();
}

const invalid = (why: string): Fault => new Fault('certificate-invalid', why);
