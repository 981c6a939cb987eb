/** Who asks: by the session of a browser or the token of a script, with what they may at this moment. */

import type { NewSession } from '../../store/operator/entries.ts';
import { type Entered, readSession, readToken, touchSession, touchToken } from '../../store/operator/entries.ts';
import type { Db } from '../../store/pool.ts';
import { type OperatorRole, type Permission, permissionsOf } from './permissions.ts';
import { looksLikeSecret, looksLikeToken, secretHash } from './secrets.ts';

export interface Who {
  readonly accountId: number;
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly OperatorRole[];
  readonly may: ReadonlySet<Permission>;
  /** As it stands in the audit: `operator:anna`, `token:anna/nightly`. */
  readonly actor: string;
  /** Undefined for a script. */
  readonly session: { readonly secret: string; readonly how: NewSession['how'] } | undefined;
  readonly hasPassword: boolean;
}

/** Milliseconds. A row is not written at every request. */
const touchEvery = 60_000;

/**
 * @param idle milliseconds without a request after which a session is over
 * @param passive it is no person that asks: the session is not kept alive by it
 */
export async function bySession(
  db: Db,
  secret: string,
  { idle, passive = false }: { readonly idle: number; readonly passive?: boolean },
  now: Date,
): Promise<Who | undefined> {
  if (!looksLikeSecret(secret)) return undefined;
  const hash = secretHash(secret);
  const row = await readSession(db, hash, now, new Date(now.getTime() - idle));
  if (row === undefined) return undefined;
  if (!passive && now.getTime() - row.seenAt.getTime() > Math.min(touchEvery, idle / 4))
    await touchSession(db, hash, now);
  const may = permissionsOf(row.roles as OperatorRole[]);
  return { ...whoOf(row), may, actor: `operator:${row.name}`, session: { secret, how: row.how } };
}

/** A token never may more than its account may now. */
export async function byToken(db: Db, token: string, now: Date): Promise<Who | undefined> {
  if (!looksLikeToken(token)) return undefined;
  const row = await readToken(db, secretHash(token), now);
  if (row === undefined) return undefined;
  if (row.usedAt === null || now.getTime() - row.usedAt.getTime() > touchEvery) await touchToken(db, row.tokenId, now);
  const all = permissionsOf(row.roles as OperatorRole[]);
  const may = new Set((row.permissions as Permission[]).filter((one) => all.has(one)));
  return { ...whoOf(row), may, actor: `token:${row.name}/${row.tokenName}`, session: undefined };
}

const whoOf = ({ accountId, name, displayName, roles, hasPassword }: Entered) => ({
  accountId,
  name,
  displayName,
  roles: roles as OperatorRole[],
  hasPassword,
});
