/** The cookies of the console: a session, a sign-in on its way by the provider, and a language. */
import type { Request, Response } from 'express';

export interface CookieRules {
  /** The console is reached over TLS: its cookies go over nothing else, and to no other host (the prefix `__Host-`). */
  readonly secure: boolean;
}

export const sessionCookie = ({ secure }: CookieRules): string => (secure ? '__Host-kuvert-session' : 'kuvert-session');
export const languageCookie = 'kuvert-language';

/** The first with that name; RFC 6265 has the most particular path first. */
export function cookieOf({ headers }: Request, name: string): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** Gone with the browser at the latest; the session itself ends before, in the store. */
export function setSession(response: Response, rules: CookieRules, secret: string): void {
  // Lax, not Strict: a link from a letter or a ticket leads a person who is signed in to the page, not to the sign-in. What changes
  // something is a POST, which Lax does not go with, and has a token beside. The redirect after a sign-in by the provider needs it too.
  response.cookie(sessionCookie(rules), secret, {
    httpOnly: true,
    sameSite: 'lax',
    secure: rules.secure,
    path: '/',
  });
}

export function clearSession(response: Response, rules: CookieRules): void {
  response.clearCookie(sessionCookie(rules), { httpOnly: true, sameSite: 'lax', secure: rules.secure, path: '/' });
}

export const oidcCookie = ({ secure }: CookieRules): string => (secure ? '__Host-kuvert-oidc' : 'kuvert-oidc');

/** Lax: the way back from the provider begins on its pages, and a browser sends no Strict cookie on a way that began elsewhere. */
const ofOidc = ({ secure }: CookieRules) => ({ httpOnly: true, sameSite: 'lax', secure, path: '/' }) as const;

/** @param maxAge milliseconds */
export function setOidc(response: Response, rules: CookieRules, value: string, maxAge: number): void {
  response.cookie(oidcCookie(rules), value, { ...ofOidc(rules), maxAge });
}

export function clearOidc(response: Response, rules: CookieRules): void {
  response.clearCookie(oidcCookie(rules), ofOidc(rules));
}

const year = 31_536_000_000;

export function setLanguage(response: Response, rules: CookieRules, language: string): void {
  response.cookie(languageCookie, language, {
    httpOnly: true,
    sameSite: 'lax',
    secure: rules.secure,
    path: '/',
    maxAge: year,
  });
}
