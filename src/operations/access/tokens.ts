/** Tokens for scripts: shown once, for a limited time, never for more than their account may. */
import { Fault } from '../../domain/fault.ts';
import { appendAudit } from '../../store/audit.ts';
import { operate } from '../../store/operate.ts';
import { lockAccount, readAccount } from '../../store/operator/accounts.ts';
import { insertToken, revokeToken } from '../../store/operator/entries.ts';
import type { Pool } from '../../store/pool.ts';
import { type Act, requireOurs } from './accounts.ts';
import { type OperatorRole, type Permission, permissionsOf } from './permissions.ts';
import { makeToken, secretHash } from './secrets.ts';

export const mostTokenDays = 366;

/**
 * @param days that it is good for
 * @throws Fault `argument-invalid` · `not-found` · `account-elsewhere` · `not-permitted` when the account itself may not
 */
export async function makeTokenFor(
  pool: Pool,
  accountId: number,
  wanted: { readonly name: string; readonly permissions: readonly Permission[]; readonly days: number },
  act: Act,
): Promise<{ readonly id: number; readonly token: string; readonly expiresAt: Date }> {
  const name = wanted.name.trim();
  if (name === '' || name.length > 100)
    throw new Fault('argument-invalid', 'the name of a token has 1 to 100 characters');
  if (!(wanted.days >= 1 && wanted.days <= mostTokenDays))
    throw new Fault('argument-invalid', `a token is good for 1 to ${mostTokenDays} days`);
  if (wanted.permissions.length === 0) throw new Fault('argument-invalid', 'say what the token may');
  return operate(pool, false, async (db) => {
    const account = await lockAccount(db, accountId);
    if (account === undefined || account.disabledAt !== undefined)
      throw new Fault('not-found', 'there is no such account');
    requireOurs(account);
    const all = permissionsOf(account.roles as OperatorRole[]);
    const beyond = wanted.permissions.filter((one) => !all.has(one));
    if (beyond.length > 0)
      throw new Fault('not-permitted', `${account.name} may not ${beyond.join(', ')}, so no token of theirs may`);
    const token = makeToken();
    const expiresAt = new Date(act.now.getTime() + wanted.days * 86_400_000);
    const permissions = [...new Set(wanted.permissions)];
    const id = await insertToken(db, {
      hash: secretHash(token),
      accountId,
      name,
      permissions,
      madeAt: act.now,
      expiresAt,
    });
    await appendAudit(db, {
      actor: act.actor,
      action: 'account.token',
      subject: `account/${account.name}`,
      reason: act.reason,
      details: { token: id, name, permissions, expiresAt },
      at: act.now,
    });
    return { id, token, expiresAt };
  });
}

/** @returns false when it was revoked before. @throws Fault `not-found` */
export async function endToken(pool: Pool, id: number, act: Act): Promise<boolean> {
  return operate(pool, false, async (db) => {
    const token = await revokeToken(db, id, act.now);
    if (token === undefined) return false;
    const account = await readAccount(db, token.accountId);
    await appendAudit(db, {
      actor: act.actor,
      action: 'account.token-revoke',
      subject: `account/${account?.name ?? token.accountId}`,
      reason: act.reason,
      details: { token: id, name: token.name },
      at: act.now,
    });
    return true;
  });
}
