/** Why a certificate is taken out of use: the reasons of RFC 5280 §5.3.1 that one of an end entity can have. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const;
export type RevocationReason = (typeof revocationReasons)[number];

/** Those that say of a signing key: it was ours alone to the end, so what it signed is ours. */
export const harmlessReasons = ['superseded', 'cessationOfOperation'] as const satisfies readonly RevocationReason[];

/** @param reason null: none is on record */
export const keyStayedOurs = (reason: string | null | undefined): boolean =>
  harmlessReasons.some((one) => one === reason);
