/** Getting in: by a link that works once, or by name and password. What is told to whoever failed is always the same. */
import { Fault } from '../../domain/fault.ts';
import { hashSecret, secretIsRight } from '../../platform/secret-hash.ts';
import { createTurns } from '../../platform/turns.ts';
import { appendAudit } from '../../store/audit.ts';
import { operate } from '../../store/operate.ts';
import {
  type Account,
  countNothing,
  countPasswords,
  lockAccount,
  readAccount,
  readAccountNamed,
  setPassword,
} from '../../store/operator/accounts.ts';
import {
  endSession,
  endSessions,
  insertSession,
  type NewSession,
  readLink,
  useLink,
} from '../../store/operator/entries.ts';
import type { Db, Pool } from '../../store/pool.ts';
import { looksLikeSecret, makeSecret, secretHash } from './secrets.ts';

export interface SignInRules {
  /** Wrong passwords in a row that lock an account, and for how many milliseconds. */
  readonly wrongPasswords: number;
  readonly lockFor: number;
  /** Milliseconds after which a session ends, whatever is done in it. */
  readonly sessionFor: number;
}

export interface From {
  readonly remoteAddress: string | undefined;
  readonly now: Date;
}

/** The secret of a new session; it is in nobody's hands but the browser's. */
export interface SignedIn {
  readonly session: string;
  readonly endsAt: Date;
}

/** What is typed at most; longer is wrong without being looked at. */
export const mostPassword = 200;
export const leastPassword = 12;

/**
 * @returns undefined: no such account, wrong password, none chosen, locked or disabled. An account that is not there costs as much time as one
 *   that is.
 * @throws Fault `too-many-requests`
 */
export async function signInByPassword(
  pool: Pool,
  rules: SignInRules,
  typed: { readonly name: string; readonly password: string },
  from: From,
): Promise<SignedIn | undefined> {
  const name = typed.name.trim().toLowerCase();
  const found = await readAccountNamed(pool, name);
  const right = await hashing.take(() => isRight(typed.password, found?.passwordHash));
  return operate(pool, false, async (db) => {
    // Guesses that came at the same time are counted one after the other; the right one among them is late when they locked it.
    const account = await lockAccount(db, found?.id ?? nobody);
    // It may have been changed while this one was tried.
    const mayTry = account?.passwordHash === found?.passwordHash && account !== undefined && triesCount(account, from);
    if (!mayTry) await countNothing(db);
    else if (right) return begin(db, rules, account, 'password', from);
    else await countWrong(db, rules, account, from);
    return undefined;
  });
}

/** The id of no account. */
const nobody = 0;

/** Who comes by the provider has no password that could be guessed, and is locked out by nobody's guesses. */
const triesCount = (account: Account, { now }: From): boolean => account.issuer === undefined && mayEnter(account, now);

/** Each takes a thread of the four that the whole process has for what takes long, and 19 MiB; and nobody must be known to ask for it. */
const hashing = createTurns({ atOnce: 2, waiting: 20 });

/** What is compared when there is nothing to compare with: made at the first need. */
let nobodys: Promise<string> | undefined;

async function isRight(password: string, hash: string | undefined): Promise<boolean> {
  nobodys ??= hashSecret(makeSecret());
  const tried = await secretIsRight(password.slice(0, mostPassword), hash ?? (await nobodys));
  return tried && hash !== undefined && password.length <= mostPassword;
}

const mayEnter = ({ disabledAt, lockedUntil }: Account, now: Date): boolean =>
  disabledAt === undefined && (lockedUntil === undefined || lockedUntil <= now);

async function countWrong(db: Db, rules: SignInRules, account: Account, { now, remoteAddress }: From): Promise<void> {
  const wrong = account.wrongPasswords + 1;
  const locks = wrong >= rules.wrongPasswords;
  const until = locks ? new Date(now.getTime() + rules.lockFor) : undefined;
  await countPasswords(db, account.id, locks ? 0 : wrong, until);
  if (locks)
    await appendAudit(db, {
      actor: `operator:${account.name}`,
      action: 'account.locked',
      subject: `account/${account.name}`,
      reason: undefined,
      details: { wrongPasswords: wrong, until, remoteAddress },
      at: now,
    });
}

/** Whose link it is, while it is good: looking at its page spends nothing. */
export async function linkIsGood(pool: Pool, secret: string, now: Date): Promise<boolean> {
  return looksLikeSecret(secret) && (await readLink(pool, secretHash(secret), now)) !== undefined;
}

/** @returns undefined: it was used, is too old or never was, or the account is disabled */
export async function signInByLink(
  pool: Pool,
  rules: SignInRules,
  secret: string,
  from: From,
): Promise<SignedIn | undefined> {
  if (!looksLikeSecret(secret)) return undefined;
  return operate(pool, false, async (db) => {
    const id = await useLink(db, secretHash(secret), from.now);
    const account = id === undefined ? undefined : await lockAccount(db, id);
    if (account === undefined || account.disabledAt !== undefined) return undefined;
    return begin(db, rules, account, 'link', from);
  });
}

/**
 * A session of an account that is locked, and may enter.
 * @param oidcState SHA-256 of the state of the request to the provider, for `oidc`
 * @returns undefined: a session began with that state before
 */
export async function begin(
  db: Db,
  rules: SignInRules,
  account: Account,
  how: NewSession['how'],
  { now, remoteAddress }: From,
  oidcState?: Buffer,
): Promise<SignedIn | undefined> {
  const session = makeSecret();
  const endsAt = new Date(now.getTime() + rules.sessionFor);
  const began = await insertSession(db, {
    hash: secretHash(session),
    accountId: account.id,
    how,
    oidcState,
    remoteAddress,
    beganAt: now,
    endsAt,
  });
  if (!began) return undefined;
  await countPasswords(db, account.id, 0, undefined);
  await appendAudit(db, {
    actor: `operator:${account.name}`,
    action: 'account.sign-in',
    subject: `account/${account.name}`,
    reason: undefined,
    details: { how, remoteAddress },
    at: now,
  });
  return { session, endsAt };
}

export async function signOut(pool: Pool, session: string, now: Date): Promise<void> {
  await endSession(pool, secretHash(session), now);
}

export type PasswordChange = 'changed' | 'wrong' | 'too-short' | 'too-long' | 'too-plain';

/**
 * Chooses a password; other sessions of the account end. One that was chosen before must be given, unless the session began by a link: that
 * is for those who forgot it. A wrong one counts as at the sign-in.
 * @throws Fault `account-elsewhere` · `too-many-requests`
 */
export async function choosePassword(
  pool: Pool,
  rules: SignInRules,
  who: { readonly accountId: number; readonly session: string; readonly how: NewSession['how'] },
  typed: { readonly before: string; readonly password: string },
  from: From,
): Promise<PasswordChange> {
  const { password } = typed;
  if (Array.from(password).length < leastPassword) return 'too-short';
  if (password.length > mostPassword) return 'too-long';
  // Before the account is locked: it takes long.
  const found = await readAccount(pool, who.accountId);
  const had = who.how === 'link' ? undefined : found?.passwordHash;
  const { hash, right } = await hashing.take(async () => ({
    hash: await hashSecret(password),
    right: had === undefined || (await isRight(typed.before, had)),
  }));
  return operate(pool, false, async (db) => {
    const account = await lockAccount(db, who.accountId);
    if (account === undefined || !mayEnter(account, from.now)) return 'wrong';
    if (account.issuer !== undefined) throw new Fault('account-elsewhere');
    if (isPlain(password, account)) return 'too-plain';
    // Another one was chosen meanwhile: what was given is not it.
    if (who.how !== 'link' && account.passwordHash !== had) return 'wrong';
    if (!right) {
      await countWrong(db, rules, account, from);
      return 'wrong';
    }
    await setPassword(db, account.id, hash);
    await endSessions(db, account.id, from.now, secretHash(who.session));
    await appendAudit(db, {
      actor: `operator:${account.name}`,
      action: 'account.password',
      subject: `account/${account.name}`,
      reason: undefined,
      details: { remoteAddress: from.remoteAddress },
      at: from.now,
    });
    return 'changed';
  });
}

/** What is guessed first: the name, the product, one character over and over (NIST SP 800-63B, 5.1.1.2). */
function isPlain(password: string, { name }: Account): boolean {
  const text = password.toLowerCase();
  const rest = [
    name,
    ...name.split(/[@._-]/),
    'kuvert',
    'password',
    'lösenord',
    'losenord',
    'arbetsformedlingen',
    'arbetsförmedlingen',
  ]
    .filter((word) => word.length >= 3)
    .reduce((left, word) => left.replaceAll(word, ''), text);
  return new Set(rest.replaceAll(/[\d\s\p{P}]/gu, '')).size < 4;
}
