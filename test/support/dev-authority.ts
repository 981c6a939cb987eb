/**
 * Authorities and certificates as no authority of ours makes them: self-signed, expired, with other purposes, below authorities of
 * somebody else, without a path length. For tests of whoever judges them.
 */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  type JsonNameParams,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { DevCredential } from '../../src/pki/dev-certificates.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

export type { DevCredential };

export interface DevAuthority extends DevCredential {
  /** The root above this authority, or itself. */
  readonly rootPem: string;
}

interface Validity {
  /** Default: five minutes ago, for clocks that differ a little. */
  readonly notBefore?: Date;
  /** Default: `days` after `notBefore`. */
  readonly notAfter?: Date;
  /** Default: 365 for a certificate, 3 650 for an authority. */
  readonly days?: number;
}

export interface DevAuthorityRequest extends Validity {
  /** Common name. */
  readonly name?: string;
  /** The authority above; none: a self-signed root. */
  readonly parent?: DevAuthority;
  /** How many authorities may stand below. */
  readonly pathLength?: number;
  /** False makes one that looks like an authority and may not be: for tests of whoever checks it. */
  readonly isAuthority?: boolean;
}

export interface DevCertificateRequest extends Validity {
  /** Common name and organisation. */
  readonly name: string;
  /** Put into the subject as organizationIdentifier, `NTRSE-…` (ETSI EN 319 412-1). */
  readonly organisationNumber?: OrganisationNumber;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** TLS roles; `signing` is a certificate for signatures, with no TLS role. */
  readonly usages?: readonly ('clientAuth' | 'serverAuth' | 'signing')[];
}

/** Makes an authority: a root, or one below `parent`. */
export async function createDevAuthority(request: DevAuthorityRequest = {}): Promise<DevAuthority> {
  const { parent, pathLength, isAuthority = true, name = 'Kuvert utveckling CA' } = request;
  const issued = await issue(parent, {
    subject: new Name([{ CN: [exactly(name)] }, { O: ['Kuvert utveckling'] }, { C: ['SE'] }]),
    ...validity(request, 3_650),
    extensions: [
      new BasicConstraintsExtension(isAuthority, pathLength, true),
      new KeyUsagesExtension(isAuthority ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature, true),
    ],
  });
  return { ...issued, rootPem: parent?.rootPem ?? issued.certificatePem };
}

/** Makes a key and a certificate for it; self-signed if there is no authority. */
export async function issueDevCertificate(
  authority: DevAuthority | undefined,
  request: DevCertificateRequest,
): Promise<DevCredential> {
  const { name, organisationNumber, dnsNames = [], ipAddresses = [], usages = ['serverAuth', 'clientAuth'] } = request;
  const subject: JsonNameParams = [{ CN: [exactly(name)] }];
  if (organisationNumber !== undefined) subject.push({ '2.5.4.97': [exactly(`NTRSE-${organisationNumber}`)] });
  subject.push({ O: [exactly(name)] }, { C: ['SE'] });
  const purposes = usages.filter((usage) => usage !== 'signing').map((usage) => ExtendedKeyUsage[usage]);
  const names: JsonGeneralNames = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  return issue(authority, {
    subject: new Name(subject),
    ...validity(request, 365),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ...(purposes.length > 0 ? [new ExtendedKeyUsageExtension(purposes)] : []),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  });
}

interface Plan {
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Extension[];
}

async function issue(authority: DevCredential | undefined, plan: Plan): Promise<DevCredential> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = authority && new X509Certificate(authority.certificatePem);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: plan.subject,
    issuer: issuer?.subjectName ?? plan.subject,
    notBefore: plan.notBefore,
    notAfter: plan.notAfter,
    publicKey: keys.publicKey,
    signingKey: authority ? await signingKeyOf(authority.keyPem) : keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...plan.extensions,
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer?.publicKey ?? keys.publicKey),
    ],
  });
  const certificatePem = `${certificate.toString('pem')}\n`;
  const aboveButRoot = authority && issuer?.subject !== issuer?.issuer ? authority.chainPem : '';
  return {
    keyPem: `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n`,
    certificatePem,
    chainPem: certificatePem + aboveButRoot,
  };
}

async function signingKeyOf(keyPem: string): Promise<webcrypto.CryptoKey> {
  const [der] = PemConverter.decode(keyPem);
  if (der === undefined) throw new Error('the authority has no private key in PEM');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

/** A plain string would be read as RFC 4514 text, where quotes, `#` and backslashes mean something. */
const exactly = (text: string): { utf8String: string } => ({ utf8String: text });

/** RFC 5280 §4.1.2.2: positive, at most twenty octets; 126 random bits. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** X.509 knows whole seconds only. */
function validity(request: Validity, defaultDays: number): { notBefore: Date; notAfter: Date } {
  const notBefore = request.notBefore ?? new Date(Math.floor(Date.now() / 1_000) * 1_000 - 300_000);
  const notAfter = request.notAfter ?? new Date(notBefore.getTime() + (request.days ?? defaultDays) * day);
  return { notBefore, notAfter };
}
