/** What stands in the certificates that we issue. A request gives the public key alone; everything else comes from the order. */
import 'reflect-metadata';
import { isIP } from 'node:net';
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as Parsed,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import type { Issuer } from './authority.ts';
import { nameOf, type Subject } from './subject.ts';

/**
 * What a certificate is for. A supplier's: to be pushed to, to fetch, or both. Our own: towards suppliers' endpoints, as their
 * listener, to sign envelopes.
 */
export type CertificatePurpose = 'push-endpoint' | 'pull-client' | 'both' | 'client' | 'listener' | 'signing';

export interface CertificateProfile {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** Organisation and common name are cut at 64 characters, the most that X.509 allows. */
  readonly subject: Subject;
  readonly purpose: CertificatePurpose;
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly environment: Environment;
  /** Upper-case hex: `newSerial()`. */
  readonly serial: string;
  /** Whole seconds, within the issuing certificate's own: `validityFor()`. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Where the authority's revocation list lies: plain http (RFC 5280 §4.2.1.13). */
  readonly crlUrl?: string | undefined;
  /** Where the issuing certificate lies. */
  readonly issuerUrl?: string | undefined;
}

/**
 * A certificate says for which environment it was issued, and a program can demand it (`openssl verify -policy OID -explicit_policy`).
 * Under an arc of our own, made of a UUID in the small pieces of Microsoft's oidgen: 2.25.UUID is one number of 128 bits, and Go before
 * 1.22 reads no certificate with such a policy. docs/decisions/0070
 */
const arc = '1.2.840.113556.1.8000.2554.63550.28695.14528.19824.37297.368957.1770776';
export const environmentPolicy: Readonly<Record<Environment, string>> = {
  test: `${arc}.1.1`,
  production: `${arc}.1.2`,
};

const purposes: Readonly<Record<CertificatePurpose, readonly ExtendedKeyUsage[]>> = {
  'push-endpoint': [ExtendedKeyUsage.serverAuth],
  'pull-client': [ExtendedKeyUsage.clientAuth],
  both: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
  client: [ExtendedKeyUsage.clientAuth],
  listener: [ExtendedKeyUsage.serverAuth],
  signing: [],
};

/**
 * Signs a certificate. Nothing is remembered: who calls has its intention on record.
 * @returns PEM, the certificate alone
 * @throws Fault `certificate-invalid` if a name is none that X.509 can hold, or the dates are not within the authority's
 */
export async function issueCertificate(issuer: Issuer, profile: CertificateProfile): Promise<string> {
  const { certificate: authority } = issuer;
  if (
    profile.notBefore < authority.notBefore ||
    profile.notAfter > authority.notAfter ||
    profile.notAfter <= profile.notBefore
  )
    throw new Fault(
      'certificate-invalid',
      `a certificate from ${profile.notBefore.toISOString()} to ${profile.notAfter.toISOString()} is not within the dates of its authority (to ${authority.notAfter.toISOString()})`,
    );
  const publicKey = new PublicKey(Uint8Array.from(profile.spki));
  const issued = await X509CertificateGenerator.create({
    serialNumber: profile.serial,
    subject: nameOf(profile.subject, profile.environment),
    issuer: new Parsed(authority.x509.raw).subjectName,
    notBefore: profile.notBefore,
    notAfter: profile.notAfter,
    publicKey,
    signingKey: issuer.signingKey,
    signingAlgorithm: issuer.signingAlgorithm,
    extensions: [
      new AuthorityKeyIdentifierExtension(issuer.keyIdentifier.toString('hex')),
      await SubjectKeyIdentifierExtension.create(publicKey),
      ...extensionsOf(profile, publicKey),
    ],
  });
  return `${issued.toString('pem')}\n`;
}

function extensionsOf(profile: CertificateProfile, publicKey: PublicKey): readonly Extension[] {
  // Key transport, as TLS 1.2 has it, is possible with RSA only; some old programs ask for it.
  const isRsa = publicKey.algorithm.name.startsWith('RSA') && profile.purpose !== 'signing';
  const { digitalSignature, keyEncipherment } = KeyUsageFlags;
  const usages = purposes[profile.purpose];
  const names: JsonGeneralNames = [
    ...profile.dnsNames.map((value) => ({ type: 'dns' as const, value: dnsName(value) })),
    ...(profile.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value: ipAddress(value) })),
  ];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    isRsa
      ? new KeyUsagesExtension(digitalSignature | keyEncipherment, true)
      : new KeyUsagesExtension(digitalSignature, true),
    ...(usages.length > 0 ? [new ExtendedKeyUsageExtension([...usages])] : []),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    new CertificatePolicyExtension([environmentPolicy[profile.environment]]),
    ...(profile.crlUrl === undefined ? [] : [new CRLDistributionPointsExtension([profile.crlUrl])]),
    ...(profile.issuerUrl === undefined ? [] : [new AuthorityInfoAccessExtension({ caIssuers: profile.issuerUrl })]),
  ];
}

/** RFC 1123 §2.1 and RFC 6125 §6.4.3: letters, digits and hyphens, perhaps with `*` for the first label. */
const hostname =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

function dnsName(name: string): string {
  if (!hostname.test(name))
    throw new Fault('certificate-invalid', `“${name}” is no DNS name; write å, ä and ö as IDNA does (xn--…)`);
  return name.toLowerCase();
}

function ipAddress(address: string): string {
  if (isIP(address) === 0) throw new Fault('certificate-invalid', `“${address}” is no IP address`);
  return address;
}

/** Clocks differ a little: what was issued now is not refused as being of tomorrow. */
const backdated = 300_000;

/**
 * The dates of a certificate that is issued now: whole seconds, and never outliving its authority.
 * @param lifetime milliseconds
 */
export function validityFor(issuer: Issuer, now: Date, lifetime: number): { notBefore: Date; notAfter: Date } {
  const second = 1_000;
  const start = Math.floor(now.getTime() / second) * second;
  const { notBefore, notAfter } = issuer.certificate;
  return {
    notBefore: new Date(Math.max(start - backdated, notBefore.getTime())),
    notAfter: new Date(Math.min(start + lifetime, notAfter.getTime())),
  };
}
