/** Accounts of operators: made, changed and closed by those who may; every act is audited with its reason. */
import { Fault } from '../../domain/fault.ts';
import { appendAudit } from '../../store/audit.ts';
import { operate } from '../../store/operate.ts';
import {
  type Account,
  countEnabled,
  insertAccount,
  lockAccount,
  lockAdministrators,
  readAccountNamed,
  setDisabled,
  setRoles,
} from '../../store/operator/accounts.ts';
import { endSessions, insertLink, revokeTokensOf, voidLinks } from '../../store/operator/entries.ts';
import { haltJobsOf } from '../../store/operator/jobs.ts';
import type { Db, Pool } from '../../store/pool.ts';
import { recordStop } from '../jobs/stop-record.ts';
import type { OperatorRole } from './permissions.ts';
import { makeSecret, secretHash } from './secrets.ts';

/** Who does it, and why: for the audit. */
export interface Act {
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
}

export interface LinkMade {
  readonly name: string;
  /** Signs in once. It is shown once, and kept nowhere. */
  readonly secret: string;
  readonly expiresAt: Date;
}

export const accountName = /^[a-z0-9][a-z0-9._@-]{0,99}$/;
export const mostDisplayName = 200;

/**
 * Makes an account and a link that signs in to it once.
 * @param linkFor milliseconds that the link is good for
 * @throws Fault `argument-invalid` for a name that cannot be one · `not-possible-now` when it is taken
 */
export async function addAccount(
  pool: Pool,
  wanted: { readonly name: string; readonly displayName: string; readonly roles: readonly OperatorRole[] },
  linkFor: number,
  act: Act,
): Promise<LinkMade> {
  const { name, displayName, roles } = wanted;
  if (!accountName.test(name))
    throw new Fault(
      'argument-invalid',
      `${JSON.stringify(name.slice(0, 100))} cannot be an account's name: small letters, digits, and . _ - @ inside`,
    );
  if (displayName.trim() === '' || displayName.length > mostDisplayName)
    throw new Fault('argument-invalid', `the person's name has 1 to ${mostDisplayName} characters`);
  return operate(pool, false, async (db) => {
    const id = await insertAccount(db, { name, displayName: displayName.trim(), roles, at: act.now });
    if (id === undefined) throw new Fault('not-possible-now', `there is an account ${name} already`);
    const link = await makeLink(db, id, name, linkFor, act.now);
    await record(db, act, 'add', name, { roles });
    return link;
  });
}

/**
 * A new link for somebody who cannot get in: it takes the place of all before it. Their password and
 * sessions stay as they are.
 * @throws Fault `not-found` · `account-elsewhere` · `not-possible-now` when it is disabled
 */
export async function renewLink(pool: Pool, name: string, linkFor: number, act: Act): Promise<LinkMade> {
  return operate(pool, false, async (db) => {
    const account = await lockNamed(db, name);
    requireOurs(account);
    if (account.disabledAt !== undefined)
      throw new Fault('not-possible-now', `the account ${name} is disabled; enable it first`);
    const link = await makeLink(db, account.id, name, linkFor, act.now);
    await record(db, act, 'link', name, {});
    return link;
  });
}

/** They count from the next request. @throws Fault `not-found` · `account-elsewhere` · `last-administrator` */
export async function changeRoles(pool: Pool, name: string, roles: readonly OperatorRole[], act: Act): Promise<void> {
  await operate(pool, false, async (db) => {
    await lockAdministrators(db);
    const account = await lockNamed(db, name);
    requireOurs(account);
    await setRoles(db, account.id, roles);
    await keepAdministrator(db, account);
    await record(db, act, 'roles', name, { before: account.roles, after: roles });
  });
}

/**
 * Nobody gets in by it any more; who is in is out at the next request. Its tokens are revoked, and its jobs stop after the message
 * that is being moved.
 * @throws Fault `not-found` · `last-administrator`
 */
export async function disableAccount(pool: Pool, name: string, act: Act): Promise<boolean> {
  return operate(pool, false, async (db) => {
    await lockAdministrators(db);
    const account = await lockNamed(db, name);
    if (account.disabledAt !== undefined) return false;
    await setDisabled(db, account.id, act.now);
    await keepAdministrator(db, account);
    await endSessions(db, account.id, act.now);
    await voidLinks(db, account.id, act.now);
    const tokens = await revokeTokensOf(db, account.id, act.now);
    const jobs = await haltJobsOf(db, account.id, act.now);
    await record(db, act, 'disable', name, { tokens, jobs: jobs.map(({ id }) => id) });
    for (const job of jobs) await recordStop(db, job, act);
    return true;
  });
}

/**
 * Whoever is in by it is out at the next request; they may come in again by what the account has.
 * @param but a session that is kept: that of whoever asks, if the account is theirs
 * @returns how many ended
 * @throws Fault `not-found`
 */
export async function endSessionsOf(pool: Pool, name: string, act: Act, but?: string): Promise<number> {
  return operate(pool, false, async (db) => {
    const account = await lockNamed(db, name);
    const ended = await endSessions(db, account.id, act.now, but === undefined ? undefined : secretHash(but));
    if (ended > 0) await record(db, act, 'sessions-end', name, { ended });
    return ended;
  });
}

/** @throws Fault `not-found` */
export async function enableAccount(pool: Pool, name: string, act: Act): Promise<boolean> {
  return operate(pool, false, async (db) => {
    const account = await lockNamed(db, name);
    if (account.disabledAt === undefined) return false;
    await setDisabled(db, account.id, undefined);
    await record(db, act, 'enable', name, {});
    return true;
  });
}

/**
 * Where there was one who may administer there is one still, and where that was a local account a local one: nobody gets in by
 * the others while their provider is away.
 */
async function keepAdministrator(db: Db, before: Account): Promise<void> {
  if (before.disabledAt !== undefined || !before.roles.includes('administrator')) return;
  const local = before.issuer === undefined;
  if ((await countEnabled(db, 'administrator', local ? 'local' : 'all')) > 0) return;
  throw new Fault(
    'last-administrator',
    `${before.name} is the last enabled ${local ? 'local ' : ''}administrator; give another ${local ? 'local ' : ''}account that role first`,
  );
}

/**
 * An account of the provider has its roles from there, and nothing else lets its person in: no link, no password, no token, which
 * would outlive what the provider takes back.
 * @throws Fault `account-elsewhere`
 */
export function requireOurs({ name, issuer }: Account): void {
  if (issuer !== undefined) throw new Fault('account-elsewhere', `the account ${name} is kept by ${issuer}, not here`);
}

async function lockNamed(db: Db, name: string): Promise<Account> {
  const found = await readAccountNamed(db, name);
  const account = found && (await lockAccount(db, found.id));
  if (account === undefined) throw new Fault('not-found', `there is no account ${name.slice(0, 100)}`);
  return account;
}

async function makeLink(db: Db, id: number, name: string, linkFor: number, now: Date): Promise<LinkMade> {
  const secret = makeSecret();
  const expiresAt = new Date(now.getTime() + linkFor);
  await voidLinks(db, id, now);
  await insertLink(db, { hash: secretHash(secret), accountId: id, madeAt: now, expiresAt });
  return { name, secret, expiresAt };
}

const record = (db: Db, act: Act, verb: string, name: string, details: Readonly<Record<string, unknown>>) =>
  appendAudit(db, {
    actor: act.actor,
    action: `account.${verb}`,
    subject: `account/${name}`,
    reason: act.reason,
    details,
    at: act.now,
  });
