/**
 * A sign-in that is on its way by the provider. All that must be remembered of it is in one cookie of the browser that began it; what the
 * provider gets to see follows from that, and not the other way. Pure but for the random words.
 */
import { createHash } from 'node:crypto';
import { makeSecret } from '../secrets.ts';

export interface OidcRequest {
  /** The cookie's value: a secret, when it began, and the path that was wanted. */
  readonly cookie: string;
  /** Binds the answer to this browser (RFC 6749, 10.12), and to everything in the cookie. */
  readonly state: string;
  /** Binds the ID token to this request (OpenID Connect Core 1.0, 15.5.2). */
  readonly nonce: string;
  /** Who has the code must have this too (RFC 7636, 4.1). */
  readonly verifier: string;
  /** Where they wanted to go: a path of ours. */
  readonly next: string;
}

/** Milliseconds from the button to the way back: time enough for a password, a second factor and a coffee. */
export const requestFor = 10 * 60_000;

export const beginRequest = (next: string, now: Date): OidcRequest =>
  requestOf([makeSecret(), now.getTime().toString(36), Buffer.from(next).toString('base64url')].join('.'), next);

/** @returns undefined: it is none, or too old */
export function readRequest(cookie: string | undefined, now: Date): OidcRequest | undefined {
  const [, began = '', next = ''] = /^[\w-]{43}\.([0-9a-z]{1,10})\.([\w-]{1,3000})$/.exec(cookie ?? '') ?? [];
  const age = now.getTime() - Number.parseInt(began, 36);
  if (cookie === undefined || !(age < requestFor)) return undefined;
  return requestOf(cookie, Buffer.from(next, 'base64url').toString());
}

function requestOf(cookie: string, next: string): OidcRequest {
  const derived = (what: string) => createHash('sha256').update(`oidc ${what} ${cookie}`).digest('base64url');
  return { cookie, state: derived('state'), nonce: derived('nonce'), verifier: derived('verifier'), next };
}
