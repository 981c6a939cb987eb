/** Accounts and their tokens for scripts: who gets in, to be looked at. */
import { Fault } from '../../../domain/fault.ts';
import { type Account, listAccounts, readAccountNamed } from '../../../store/operator/accounts.ts';
import { listTokens } from '../../../store/operator/entries.ts';
import type { Pool } from '../../../store/pool.ts';
import type { OperatorRoute } from '../route.ts';
import { known, looks, namedIn } from './ask.ts';

export function accountsApi({ pool }: { readonly pool: Pool }): readonly OperatorRoute[] {
  return [
    looks('/accounts', 'administer', async ({ now }) => ({
      items: (await listAccounts(pool)).map((account) => accountOf(account, now)),
    })),
    looks('/accounts/:account', 'administer', async (asked) => {
      const account = await readAccountNamed(pool, namedIn(asked, 'account'));
      if (account === undefined) throw new Fault('not-found', 'there is no such account');
      const tokens = await listTokens(pool, account.id);
      return {
        ...accountOf(account, asked.now),
        tokens: tokens.map(({ account: _account, ...token }) => known(token)),
      };
    }),
  ];
}

function accountOf(
  { name, displayName, roles, passwordHash, issuer, createdAt, lockedUntil, disabledAt }: Account,
  now: Date,
) {
  return {
    name,
    displayName,
    roles,
    hasPassword: passwordHash !== undefined,
    issuer,
    createdAt,
    lockedUntil: lockedUntil !== undefined && lockedUntil > now ? lockedUntil : undefined,
    disabledAt,
  };
}
