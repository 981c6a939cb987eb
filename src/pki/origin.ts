/** Where a certificate comes from, by its own signature. */
import { createHash } from 'node:crypto';
import type { Certificate } from './certificate.ts';

/** SHA-256 of SubjectPublicKeyInfo: the name by which a key is known, whoever certifies it. */
export const keyDigest = ({ publicKeySpki }: Pick<Certificate, 'publicKeySpki'>): Buffer =>
  createHash('sha256').update(publicKeySpki).digest();

/** The one of these authorities that has signed it; undefined: none of them. */
export function issuedBy<A extends Pick<Certificate, 'x509'>>(
  { x509 }: Pick<Certificate, 'x509'>,
  authorities: readonly A[],
): A | undefined {
  return authorities.find((one) => x509.checkIssued(one.x509) && x509.verify(one.x509.publicKey));
}
