/** What a verification is given, and what it says: one sentence each. */
import type { Certificate } from '../../pki/certificate.ts';

export interface Trust {
  /** The authorities that the verifier trusts; undefined: none was given. */
  readonly authorities: readonly Certificate[] | undefined;
  /** The gateway's signing certificate as the verifier got it from the gateway; undefined: that in the evidence is used. */
  readonly certificate: readonly Certificate[] | undefined;
}

export interface Claim {
  readonly what: 'files' | 'manifest' | 'signature' | 'signer' | 'document' | 'message' | 'audit' | 'record';
  readonly verdict: 'proven' | 'not-proven' | 'wrong';
  readonly text: string;
}

type What = Claim['what'];

export const proven = (what: What, text: string): Claim => ({ what, verdict: 'proven', text });
export const unproven = (what: What, text: string): Claim => ({ what, verdict: 'not-proven', text });
export const wrong = (what: What, text: string): Claim => ({ what, verdict: 'wrong', text });
