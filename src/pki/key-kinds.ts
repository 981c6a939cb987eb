/** Kinds of keys that are made here; apart from what makes them, so that a command's help need not load it. */

export const keyKinds = ['P-256', 'P-384', 'RSA-3072'] as const;
export type KeyKind = (typeof keyKinds)[number];
