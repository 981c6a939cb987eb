/** What we would like to find in certificate requests (RFC 7030 §4.5.2, RFC 9908): the key that we advise. */

/**
 * CsrAttrs, DER: `SEQUENCE { SEQUENCE { id-ecPublicKey, SET { secp256r1 } }, ecdsa-with-SHA256 }`. Subject and extensions come from the
 * order, so nothing else is asked for.
 */
export const csrAttributes = Buffer.from(
  ['30213015', '06072a8648ce3d0201', '310a06082a8648ce3d030107', '06082a8648ce3d040302'].join(''),
  'hex',
);
