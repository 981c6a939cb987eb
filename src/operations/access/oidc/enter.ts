/** Getting in by the provider: its word for who somebody is makes or renews their account at each sign-in. */
import { Fault } from '../../../domain/fault.ts';
import { appendAudit } from '../../../store/audit.ts';
import { operate } from '../../../store/operate.ts';
import {
  type Account,
  insertAccount,
  lockAccount,
  readAccountOf,
  renewAccount,
} from '../../../store/operator/accounts.ts';
import { endSessions } from '../../../store/operator/entries.ts';
import type { Db, Pool } from '../../../store/pool.ts';
import { secretHash } from '../secrets.ts';
import { begin, type From, type SignedIn, type SignInRules } from '../sign-in.ts';
import type { Person } from './claims.ts';

export type Entrance =
  | { readonly kind: 'signed-in'; readonly signedIn: SignedIn }
  /** Nothing that the provider says of them gives a role here. */
  | { readonly kind: 'no-role' }
  | { readonly kind: 'disabled' }
  /** A session began with this answer before. */
  | { readonly kind: 'old' };

/** @param state that the provider's answer came with */
export async function signInByProvider(
  pool: Pool,
  rules: SignInRules,
  person: Person,
  state: string,
  from: From,
): Promise<Entrance> {
  const spent = new Error('a session began with this state before');
  try {
    return await operate(pool, false, async (db) => {
      const { issuer, subject, roles } = person;
      // 1. Who it is: the provider's own name for them and nothing else. Names of accounts are only for people to read.
      const found = await readAccountOf(db, issuer, subject);
      const account = found && (await lockAccount(db, found.id));
      // 2. Who has no role any more is out, everywhere.
      if (roles.length === 0) {
        if (account !== undefined) await endSessions(db, account.id, from.now);
        await refuse(db, person, account, `no-${person.lacks}`, from);
        return { kind: 'no-role' };
      }
      if (account?.disabledAt !== undefined) {
        await refuse(db, person, account, 'disabled', from);
        return { kind: 'disabled' };
      }
      // 3. The account as the provider has it now, and a session, if this answer began none before.
      const entering = account === undefined ? await make(db, person, from) : await renew(db, account, person, from);
      const signedIn = await begin(db, rules, entering, 'oidc', from, secretHash(state));
      // Nothing of what was renewed stays: it may be older than what has come since.
      if (signedIn === undefined) throw spent;
      return { kind: 'signed-in', signedIn };
    });
  } catch (error) {
    if (error === spent) return { kind: 'old' };
    throw error;
  }
}

/** As many people as may be called the same. */
const mostNamesakes = 1_000;

/** An account of a name that nobody has, least of all a local account. It keeps that name. */
async function make(db: Db, person: Person, from: From): Promise<Account> {
  const { issuer, subject, displayName, roles } = person;
  for (let number = 1; number <= mostNamesakes; number++) {
    const name = number === 1 ? person.name : `${person.name}-${number}`;
    const id = await insertAccount(db, { name, displayName, roles, issuer, subject, at: from.now });
    if (id !== undefined) {
      await record(db, 'add', name, { roles, issuer, subject }, from);
      return locked(db, id);
    }
    // Their own first sign-in in another window may have been faster.
    const mine = await readAccountOf(db, issuer, subject);
    if (mine !== undefined) return renew(db, await locked(db, mine.id), person, from);
  }
  throw new Fault('not-possible-now', `there are ${mostNamesakes} accounts called ${person.name}`);
}

async function renew(db: Db, account: Account, person: Person, from: From): Promise<Account> {
  const { displayName, roles } = person;
  await renewAccount(db, account.id, { displayName, roles });
  if (account.roles.join() !== roles.join())
    await record(db, 'roles', account.name, { before: account.roles, after: roles }, from);
  return { ...account, displayName, roles };
}

async function locked(db: Db, id: number): Promise<Account> {
  const account = await lockAccount(db, id);
  if (account === undefined) throw new Error('an account is never deleted');
  return account;
}

/** It is the provider that gives accounts and roles, by what it says. */
const actor = 'oidc';

const record = (db: Db, verb: string, name: string, details: Readonly<Record<string, unknown>>, { now }: From) =>
  appendAudit(db, {
    actor,
    action: `account.${verb}`,
    subject: `account/${name}`,
    reason: undefined,
    details,
    at: now,
  });

/** With the provider's name for them, for there may be no account; with nothing else that it said. */
const refuse = (db: Db, { issuer, subject }: Person, account: Account | undefined, why: string, from: From) =>
  appendAudit(db, {
    actor,
    action: 'account.refused',
    subject: account === undefined ? 'account' : `account/${account.name}`,
    reason: undefined,
    details: { how: 'oidc', why, issuer, subject, remoteAddress: from.remoteAddress },
    at: from.now,
  });
