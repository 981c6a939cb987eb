/** What node:crypto does not tell about a certificate, or not safely: path length, purposes, critical extensions, whose it is. */
import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import { BasicConstraintsExtension, ExtendedKeyUsageExtension, X509Certificate as Parsed } from '@peculiar/x509';

export interface Constraints {
  /** How many authorities may stand below; undefined: any number. */
  readonly pathLength: number | undefined;
  /** Extended key usages as OIDs; undefined: for any purpose. */
  readonly purposes: readonly string[] | undefined;
  /** OIDs of critical extensions that nothing here acts on. */
  readonly unknownCritical: readonly string[];
  /** organizationIdentifier in the subject (2.5.4.97; ETSI EN 319 412-1 §5.1.4), such as `NTRSE-5560160680`. */
  readonly organisationIdentifiers: readonly string[];
}

/** basicConstraints, keyUsage, subjectAltName, extKeyUsage: acted on here or by OpenSSL's own check of the link. */
const understood = new Set(['2.5.29.19', '2.5.29.15', '2.5.29.17', '2.5.29.37']);

/** Parsing takes about a millisecond, between a handshake and its first byte, and the same few certificates come again and again. */
const remembered = new Map<string, Constraints>();
const mostRemembered = 2_000;

/** @returns the constraints; those of a certificate are worked out once */
export function constraintsOf(certificate: X509Certificate): Constraints {
  const key = certificate.fingerprint256;
  const before = remembered.get(key);
  if (before !== undefined) return before;
  const constraints = parse(certificate);
  const [oldest] = remembered.keys();
  if (oldest !== undefined && remembered.size >= mostRemembered) remembered.delete(oldest);
  remembered.set(key, constraints);
  return constraints;
}

function parse(certificate: X509Certificate): Constraints {
  const parsed = new Parsed(certificate.raw);
  const usages = parsed.getExtension(ExtendedKeyUsageExtension)?.usages;
  return {
    pathLength: parsed.getExtension(BasicConstraintsExtension)?.pathLength,
    purposes: usages && Array.from(usages, String),
    unknownCritical: Array.from(parsed.extensions)
      .filter((extension) => extension.critical && !understood.has(extension.type))
      .map((extension) => extension.type),
    organisationIdentifiers: parsed.subjectName.getField('2.5.4.97'),
  };
}
