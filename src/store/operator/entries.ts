/** How operators get in and stay in: links, sessions and tokens. Of each only a SHA-256 is kept. */
import type { Db } from '../pool.ts';

export async function insertLink(
  db: Db,
  link: { readonly hash: Buffer; readonly accountId: number; readonly madeAt: Date; readonly expiresAt: Date },
): Promise<void> {
  await db.query('insert into operator_link (hash, account_id, made_at, expires_at) values ($1, $2, $3, $4)', [
    link.hash,
    link.accountId,
    link.madeAt,
    link.expiresAt,
  ]);
}

/** A new link voids those before it. */
export async function voidLinks(db: Db, accountId: number, at: Date): Promise<void> {
  await db.query('update operator_link set used_at = $2 where account_id = $1 and used_at is null', [accountId, at]);
}

/** Whose it is, if it is still good. */
export async function readLink(db: Db, hash: Buffer, at: Date): Promise<number | undefined> {
  const { rows } = await db.query<{ account_id: number }>(
    'select account_id from operator_link where hash = $1 and used_at is null and expires_at > $2',
    [hash, at],
  );
  return rows[0]?.account_id;
}

/** Uses it up. @returns whose it is; undefined: it was used, is too old, or never was */
export async function useLink(db: Db, hash: Buffer, at: Date): Promise<number | undefined> {
  const { rows } = await db.query<{ account_id: number }>(
    `update operator_link set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 returning account_id`,
    [hash, at],
  );
  return rows[0]?.account_id;
}

export interface NewSession {
  readonly hash: Buffer;
  readonly accountId: number;
  readonly how: 'password' | 'link' | 'oidc';
  /** SHA-256 of the state of the request to the provider, for `oidc`. */
  readonly oidcState?: Buffer | undefined;
  readonly remoteAddress: string | undefined;
  readonly beganAt: Date;
  readonly endsAt: Date;
}

/** @returns false when a session began with this answer of the provider before */
export async function insertSession(db: Db, session: NewSession): Promise<boolean> {
  const { hash, accountId, how, oidcState, remoteAddress, beganAt, endsAt } = session;
  const { rowCount } = await db.query(
    `insert into operator_session (hash, account_id, how, oidc_state, remote_address, began_at, seen_at, ends_at)
     values ($1, $2, $3, $4, $5, $6, $6, $7) on conflict (oidc_state) do nothing`,
    [hash, accountId, how, oidcState ?? null, remoteAddress ?? null, beganAt, endsAt],
  );
  return rowCount > 0;
}

/** Somebody who got in: their account, with the roles that it has now. */
export interface Entered {
  readonly accountId: number;
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly string[];
  readonly hasPassword: boolean;
}

const entered = `a.id as "accountId", a.name, a.display_name as "displayName", a.roles, a.password_hash is not null as "hasPassword"`;

export interface SessionRow extends Entered {
  readonly how: NewSession['how'];
  readonly seenAt: Date;
  readonly endsAt: Date;
}

/** One that has not ended, was used after `idleSince`, and whose account is not disabled. */
export async function readSession(db: Db, hash: Buffer, at: Date, idleSince: Date): Promise<SessionRow | undefined> {
  const { rows } = await db.query<SessionRow>(
    `select ${entered}, s.how, s.seen_at as "seenAt", s.ends_at as "endsAt"
       from operator_session s join operator_account a on a.id = s.account_id
      where s.hash = $1 and s.ended_at is null and s.ends_at > $2 and s.seen_at > $3 and a.disabled_at is null`,
    [hash, at, idleSince],
  );
  return rows[0];
}

export async function touchSession(db: Db, hash: Buffer, at: Date): Promise<void> {
  await db.query('update operator_session set seen_at = greatest(seen_at, $2) where hash = $1', [hash, at]);
}

/** @returns false when it had ended already */
export async function endSession(db: Db, hash: Buffer, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'update operator_session set ended_at = $2 where hash = $1 and ended_at is null',
    [hash, at],
  );
  return rowCount > 0;
}

/** All of an account, but the one that is kept. @returns how many had not ended */
export async function endSessions(db: Db, accountId: number, at: Date, but?: Buffer): Promise<number> {
  const { rowCount } = await db.query(
    'update operator_session set ended_at = $2 where account_id = $1 and ended_at is null and hash is distinct from $3',
    [accountId, at, but ?? null],
  );
  return rowCount;
}

export interface OpenSession extends Pick<NewSession, 'how' | 'beganAt' | 'endsAt'> {
  readonly remoteAddress: string | null;
  readonly seenAt: Date;
}

/** By which somebody is in now; the one used last comes first. */
export async function listSessions(db: Db, accountId: number, at: Date, idleSince: Date): Promise<OpenSession[]> {
  const { rows } = await db.query<OpenSession & Record<string, unknown>>(
    `select how, remote_address as "remoteAddress", began_at as "beganAt", seen_at as "seenAt", ends_at as "endsAt"
       from operator_session where account_id = $1 and ended_at is null and ends_at > $2 and seen_at > $3 order by seen_at desc`,
    [accountId, at, idleSince],
  );
  return rows;
}

/** Sessions and links that ended long ago are of no use to anybody. @returns how many sessions went */
export async function forgetEntries(db: Db, before: Date): Promise<number> {
  await db.query('delete from operator_link where expires_at < $1', [before]);
  const { rowCount } = await db.query('delete from operator_session where ends_at < $1', [before]);
  return rowCount;
}

export interface TokenRow {
  readonly id: number;
  readonly account: string;
  readonly name: string;
  readonly permissions: readonly string[];
  readonly madeAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly revokedAt: Date | null;
}

export async function insertToken(
  db: Db,
  token: {
    readonly hash: Buffer;
    readonly accountId: number;
    readonly name: string;
    readonly permissions: readonly string[];
    readonly madeAt: Date;
    readonly expiresAt: Date;
  },
): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `insert into operator_token (hash, account_id, name, permissions, made_at, expires_at) values ($1, $2, $3, $4, $5, $6) returning id`,
    [token.hash, token.accountId, token.name, token.permissions, token.madeAt, token.expiresAt],
  );
  return rows[0]?.id ?? 0;
}

export interface TokenEntered extends Entered {
  readonly tokenId: number;
  readonly tokenName: string;
  readonly permissions: readonly string[];
  readonly usedAt: Date | null;
}

export async function readToken(db: Db, hash: Buffer, at: Date): Promise<TokenEntered | undefined> {
  const { rows } = await db.query<TokenEntered>(
    `select ${entered}, t.id as "tokenId", t.name as "tokenName", t.permissions, t.used_at as "usedAt"
       from operator_token t join operator_account a on a.id = t.account_id
      where t.hash = $1 and t.revoked_at is null and t.expires_at > $2 and a.disabled_at is null`,
    [hash, at],
  );
  return rows[0];
}

export async function touchToken(db: Db, id: number, at: Date): Promise<void> {
  await db.query('update operator_token set used_at = greatest(used_at, $2) where id = $1', [id, at]);
}

/** Of one account, or of all; newest first. */
export async function listTokens(db: Db, accountId: number | undefined): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>(
    `select t.id, a.name as account, t.name, t.permissions, t.made_at as "madeAt", t.expires_at as "expiresAt",
            t.used_at as "usedAt", t.revoked_at as "revokedAt"
       from operator_token t join operator_account a on a.id = t.account_id
      where $1::bigint is null or t.account_id = $1 order by t.id desc`,
    [accountId ?? null],
  );
  return rows;
}

/** @returns the token, if it was not revoked before; undefined otherwise */
export async function revokeToken(
  db: Db,
  id: number,
  at: Date,
): Promise<{ readonly accountId: number; readonly name: string } | undefined> {
  const { rows } = await db.query<{ accountId: number; name: string }>(
    `update operator_token set revoked_at = $2 where id = $1 and revoked_at is null returning account_id as "accountId", name`,
    [id, at],
  );
  return rows[0];
}

/** All of an account. @returns the numbers of those that were good */
export async function revokeTokensOf(db: Db, accountId: number, at: Date): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    'update operator_token set revoked_at = $2 where account_id = $1 and revoked_at is null and expires_at > $2 returning id',
    [accountId, at],
  );
  return rows.map(({ id }) => id);
}
