/** Accounts of operators. What their roles may is not known here. */

import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';

export interface Account {
  readonly id: number;
  /** What is typed at the sign-in, and stands in the audit. */
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly string[];
  /** PHC string; undefined: none was chosen yet, or they come by OpenID Connect. */
  readonly passwordHash: string | undefined;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly wrongPasswords: number;
  readonly lockedUntil: Date | undefined;
  readonly createdAt: Date;
  readonly disabledAt: Date | undefined;
}

const columns = `id, name, display_name as "displayName", roles, password_hash as "passwordHash", issuer, subject,
  wrong_passwords as "wrongPasswords", locked_until as "lockedUntil", created_at as "createdAt", disabled_at as "disabledAt"`;

async function one(db: Db, condition: string, values: readonly unknown[]): Promise<Account | undefined> {
  const { rows } = await db.query<NullsOf<Account>>(
    `select ${columns} from operator_account where ${condition}`,
    values,
  );
  return rows[0] && withoutNulls<Account>(rows[0]);
}

export const readAccount = (db: Db, id: number): Promise<Account | undefined> => one(db, 'id = $1', [id]);

export const readAccountNamed = (db: Db, name: string): Promise<Account | undefined> => one(db, 'name = $1', [name]);

export const readAccountOf = (db: Db, issuer: string, subject: string): Promise<Account | undefined> =>
  one(db, 'issuer = $1 and subject = $2', [issuer, subject]);

/** Until the end of the transaction nobody else signs in to it or changes it. */
export const lockAccount = (db: Db, id: number): Promise<Account | undefined> =>
  one(db, 'id = $1 for no key update', [id]);

const administratorsLock = 6_582_837_110;

/** Until the end of the transaction nobody else takes a role from an account or closes one: two at once could each leave the other as the last. */
export async function lockAdministrators(db: Db): Promise<void> {
  await db.query('select pg_advisory_xact_lock($1)', [administratorsLock]);
}

/** @param which `local`: only those that get in while a provider is away */
export async function countEnabled(db: Db, role: string, which: 'local' | 'all'): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    "select count(*) as n from operator_account where disabled_at is null and roles @> array[$1] and (issuer is null or $2 = 'all')",
    [role, which],
  );
  return rows[0]?.n ?? 0;
}

/** By name. */
export async function listAccounts(db: Db): Promise<Account[]> {
  const { rows } = await db.query<NullsOf<Account>>(`select ${columns} from operator_account order by name`);
  return rows.map(withoutNulls<Account>);
}

export interface NewAccount {
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly string[];
  readonly issuer?: string | undefined;
  readonly subject?: string | undefined;
  readonly at: Date;
}

/** @returns its id; undefined when the name is taken */
export async function insertAccount(db: Db, account: NewAccount): Promise<number | undefined> {
  const { name, displayName, roles, issuer, subject, at } = account;
  const { rows } = await db.query<{ id: number }>(
    `insert into operator_account (name, display_name, roles, issuer, subject, created_at) values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing returning id`,
    [name, displayName, roles, issuer ?? null, subject ?? null, at],
  );
  return rows[0]?.id;
}

export async function setRoles(db: Db, id: number, roles: readonly string[]): Promise<void> {
  await db.query('update operator_account set roles = $2 where id = $1', [id, roles]);
}

/** As the provider has them at this sign-in. */
export async function renewAccount(
  db: Db,
  id: number,
  { displayName, roles }: { readonly displayName: string; readonly roles: readonly string[] },
): Promise<void> {
  await db.query('update operator_account set display_name = $2, roles = $3 where id = $1', [id, displayName, roles]);
}

/** Disabled: nobody gets in by it, with nothing. */
export async function setDisabled(db: Db, id: number, at: Date | undefined): Promise<void> {
  await db.query('update operator_account set disabled_at = $2 where id = $1', [id, at ?? null]);
}

/** A new password forgets the wrong ones. */
export async function setPassword(db: Db, id: number, hash: string): Promise<void> {
  await db.query(
    'update operator_account set password_hash = $2, wrong_passwords = 0, locked_until = null where id = $1',
    [id, hash],
  );
}

export async function countPasswords(db: Db, id: number, wrong: number, lockedUntil: Date | undefined): Promise<void> {
  await db.query('update operator_account set wrong_passwords = $2, locked_until = $3 where id = $1', [
    id,
    wrong,
    lockedUntil ?? null,
  ]);
}

/**
 * In the place of `countPasswords` where there is nothing to count: the transaction ends as late as one that has changed a row, for a commit
 * without a record in the write-ahead log does not wait for the disk.
 */
export async function countNothing(db: Db): Promise<void> {
  await db.query("select pg_logical_emit_message(true, 'kuvert', '')");
}
