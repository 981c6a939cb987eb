/** Certificates in a CMS message without a signature, “certs-only” (RFC 5652 §5; RFC 7030 §4.1.3 and §4.2.3). */
import type { Certificate } from './certificate.ts';
import { context, integer, oid, sequence, setOf } from './der.ts';

const data = '1.2.840.113549.1.7.1';
const signedData = '1.2.840.113549.1.7.2';

/** @returns DER; EST hands it out in base64 as application/pkcs7-mime; smime-type=certs-only */
export function certsOnly(certificates: readonly Pick<Certificate, 'x509'>[]): Buffer {
  const members = setOf(...certificates.map(({ x509 }) => x509.raw));
  // [0] IMPLICIT: the tag of the set is replaced.
  const certificateSet = Buffer.concat([Buffer.of(0xa0), members.subarray(1)]);
  return sequence(
    oid(signedData),
    context(0, sequence(integer(1), setOf(), sequence(oid(data)), certificateSet, setOf())),
  );
}
