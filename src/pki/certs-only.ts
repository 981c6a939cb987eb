/** Certificates in a CMS message without a signature, “certs-only” (RFC 5652 §5; RFC 7030 §4.1.3 and §4.2.3). */
import 'reflect-metadata';
import { ContentInfo, EncapsulatedContentInfo, Certificate as Encoded, SignedData } from 'pkijs';
import type { Certificate } from './certificate.ts';

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
