/** Certificates in a CMS message without a signature, “certs-only” (RFC 5652 §5; RFC 7030 §4.1.3 and §4.2.3). */
import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { ContentInfo, EncapsulatedContentInfo, Certificate as Encoded, SignedData } from 'pkijs';
import { Fault } from '../domain/fault.ts';
import { type Certificate, describeCertificate } from './certificate.ts';
import { readElement, readElements, readOid, tag } from './der.ts';

/** @returns DER; EST hands it out in base64 as application/pkcs7-mime; smime-type=certs-only */
export function certsOnly(certificates: readonly Pick<Certificate, 'x509'>[]): Buffer {
  const message = new SignedData({
    version: 1,
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: ContentInfo.DATA }),
    certificates: certificates.map(({ x509 }) => Encoded.fromBER(Uint8Array.from(x509.raw))),
  });
  const content = new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: message.toSchema(true) });
  return Buffer.from(content.toSchema().toBER());
}

/** More than this in one message is no answer of an authority. */
const mostCertificates = 100;
const context = { content: 0xa0, certificates: 0xa0 } as const;

/**
 * Reads such a message.
 * @param bytes DER, or base64 of it with or without line breaks, as EST gives it (RFC 8951 §3.1)
 * @returns the certificates, in the order in which they lie there
 * @throws Fault `authority-not-trusted`
 */
export function readCertsOnly(bytes: Uint8Array): Certificate[] {
  const given = Buffer.from(bytes);
  const der = given[0] === tag.sequence ? given : Buffer.from(given.toString('latin1').replaceAll(/\s/g, ''), 'base64');
  try {
    return certificatesIn(der).map((raw) => describeCertificate(new X509Certificate(raw)));
  } catch (cause) {
    throw new Fault('authority-not-trusted', 'the answer holds no certificates in PKCS #7 (certs-only)', { cause });
  }
}

/** RFC 5652 §3 and §5.1. The bytes of each as they lie there: they are what is signed. */
function certificatesIn(der: Buffer): Buffer[] {
  const [type, content] = readElements(readElement(der, tag.sequence).content);
  if (type === undefined || content === undefined || readOid(type) !== ContentInfo.SIGNED_DATA)
    throw new RangeError('no SignedData');
  const signed = readElements(readElement(readElement(content.raw, context.content).content, tag.sequence).content);
  const [, , , certificates] = signed;
  const found = certificates?.tag === context.certificates ? readElements(certificates.content) : [];
  if (found.length === 0 || found.length > mostCertificates) throw new RangeError(`${found.length} certificates`);
  return found.map(({ raw }) => raw);
}
