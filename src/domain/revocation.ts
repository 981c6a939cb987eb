/** Reasons of RFC 5280 §5.3.1 that say of a signing key: it was ours alone to the end, so what it signed is ours. */
export const harmlessReasons = ['superseded', 'cessationOfOperation'] as const;

/** @param reason null: none is on record */
export const keyStayedOurs = (reason: string | null | undefined): boolean =>
  harmlessReasons.some((one) => one === reason);
