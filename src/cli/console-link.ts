/** How one gets into the console of a gateway that runs on one's own machine. */
import { addAccount, renewLink } from '../operations/access/accounts.ts';
import { operatorRoles } from '../operations/access/permissions.ts';
import { readAccountNamed } from '../store/operator/accounts.ts';
import type { Pool } from '../store/pool.ts';

const day = 86_400_000;

/**
 * A link that signs in once, to an account that may do everything; one from before leads nowhere any more.
 * @param command who asks for it: `demo`, `dev`; the account has that name
 * @param origin where browsers reach the console
 * @throws Fault `not-possible-now` when somebody has disabled the account
 */
export async function consoleLink(pool: Pool, command: string, origin: string): Promise<string> {
  const account = { name: command, displayName: command, roles: operatorRoles };
  const act = { actor: `cli:${command}`, reason: 'to look at the console on this machine', now: new Date() };
  const made =
    (await readAccountNamed(pool, account.name)) === undefined
      ? await addAccount(pool, account, day, act)
      : await renewLink(pool, account.name, day, act);
  return `${origin}/sign-in/link/${made.secret}`;
}
