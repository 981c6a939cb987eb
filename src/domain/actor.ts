/** Who did something, as it stands in the audit: `operator:anna` in the console, `token:anna/nightly` by a script of hers, `cli:anna` by a command. */

/**
 * Whether two of them are one person, by the account before the token's name, or the operating system's user. One name is one person wherever
 * it stands: who is the other Anna here must be called otherwise.
 */
export const isSamePerson = (one: string, other: string): boolean => personOf(one) === personOf(other);

/** Names of accounts have small letters, and no slash. */
const personOf = (actor: string): string =>
  actor
    .replace(/^[a-z]+:/, '')
    .replace(/\/.*$/s, '')
    .toLowerCase();
