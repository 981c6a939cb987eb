/** Where the revocation list of an authority lies. Each authority has its own list, so that one can follow the other. */

/** Below KUVERT_CRL_URL; what is served, and what certificates name. */
export const crlPath = (authority: string): string => `/crl/${authority}.crl`;

/** @param base KUVERT_CRL_URL @param authority fingerprint of the issuing certificate */
export const crlUrlOf = (base: string, authority: string): string => `${base.replace(/\/+$/, '')}${crlPath(authority)}`;
