/** Random words that open something: links, sessions, tokens. What is kept of each is its SHA-256. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 32 random bytes, base64url. */
export const makeSecret = (): string => randomBytes(32).toString('base64url');

/** Easy to find where it does not belong, such as in a script that was committed. */
const tokenPrefix = 'kuvert_';
export const makeToken = (): string => tokenPrefix + makeSecret();

export const looksLikeSecret = (text: string): boolean => /^[\w-]{43}$/.test(text);
export const looksLikeToken = (text: string): boolean => /^kuvert_[\w-]{43}$/.test(text);

export const secretHash = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/**
 * What a form of ours has in it, and nobody else can know: it follows from the session's secret, which no page and no script sees.
 */
export const formToken = (session: string): string =>
  createHash('sha256').update(`form ${session}`).digest('base64url');

/** In a time that does not depend on where they differ. */
export function isFormToken(session: string, given: string): boolean {
  const [right, said] = [formToken(session), given].map((text) => createHash('sha256').update(text).digest());
  return right !== undefined && said !== undefined && timingSafeEqual(right, said);
}
