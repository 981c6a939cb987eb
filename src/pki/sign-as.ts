/** Signatures of an authority on what the X.509 library does not write. */
import { webcrypto } from 'node:crypto';
import type { Issuer } from './authority.ts';
import { bits, integer, nothing, oid, sequence } from './der.ts';

/**
 * Signs what an authority says, such as a revocation list.
 * @param body what is signed: a SEQUENCE that names the algorithm itself, as `algorithmOf` gives it
 * @returns `SEQUENCE { body, algorithm, signature }`, DER
 */
export async function signAs(issuer: Issuer, body: Uint8Array): Promise<Buffer> {
  const { signingKey, signingAlgorithm } = issuer;
  const signature = Buffer.from(await webcrypto.subtle.sign(signingAlgorithm, signingKey, body));
  return sequence(
    body,
    algorithmOf(issuer),
    bits(signingAlgorithm.name === 'ECDSA' ? ecdsaInDer(signature) : signature),
  );
}

/** AlgorithmIdentifier, DER: RFC 5758 §3.2, RFC 4055 §5. */
export function algorithmOf({ signingAlgorithm: { name, hash } }: Issuer): Buffer {
  if (name === 'RSASSA-PKCS1-v1_5') return sequence(oid('1.2.840.113549.1.1.11'), nothing);
  return sequence(oid(hash === 'SHA-384' ? '1.2.840.10045.4.3.3' : '1.2.840.10045.4.3.2'));
}

/** WebCrypto gives r and s side by side, X.509 wants them as a sequence (RFC 3279 §2.2.3). */
function ecdsaInDer(signature: Buffer): Buffer {
  const half = signature.length / 2;
  const number = (part: Buffer): Buffer => integer(BigInt(`0x${part.toString('hex')}`));
  return sequence(number(signature.subarray(0, half)), number(signature.subarray(half)));
}
