/** `kuvert operator token`: tokens for scripts. */
import { type Command, InvalidArgumentError } from 'commander';
import { Fault } from '../domain/fault.ts';
import { type Permission, permissions } from '../operations/access/permissions.ts';
import { mandatoryReason, whole } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { actor, withStore } from './store.ts';
import { moment, table } from './table.ts';
import { json } from './terminal.ts';

export function addOperatorTokens(operator: Command, { terminal }: Context): void {
  const token = operator
    .command('token')
    .description('Tokens for scripts, each for an account; none may more than its account may at that moment.')
    .addHelpText('after', examples(['kuvert operator token list', 'those that there are']));
  token
    .command('add')
    .description('Makes a token, and shows it once.')
    .argument('<account>', 'whose it is')
    .requiredOption('--name <text>', 'to tell it from others, such as the script’s name')
    .requiredOption('--may <permissions>', `${permissions.join(', ')}; commas between`, permissionsIn)
    .option('--days <number>', 'how long it is good for', whole(1, 366), 90)
    .addOption(mandatoryReason())
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples([
        'kuvert operator token add anna --name nightly --may view --days 30 --reason "ticket 12"',
        'for `authorization: Bearer …`',
      ]),
    )
    .action(
      async (
        name: string,
        options: { name: string; may: readonly Permission[]; days: number; reason: string; json?: true },
      ) => {
        const { makeTokenFor } = await import('../operations/access/tokens.ts');
        const { readAccountNamed } = await import('../store/operator/accounts.ts');
        const made = await withStore(async (pool) => {
          const account = await readAccountNamed(pool, name);
          if (account === undefined) throw new Fault('not-found', `there is no account ${name.slice(0, 100)}`);
          const wanted = { name: options.name, permissions: options.may, days: options.days };
          return makeTokenFor(pool, account.id, wanted, { actor: actor(), reason: options.reason, now: new Date() });
        });
        terminal.out(
          options.json
            ? json(made)
            : `${made.token}\n\nToken ${made.id}, good until ${moment(made.expiresAt)}. It is not shown again.`,
        );
      },
    );
  token
    .command('list')
    .description('All tokens, newest first; never the tokens themselves.')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(['kuvert operator token list', 'whose, what they may, and when they were last used']),
    )
    .action(async (options: { json?: true }) => {
      const { listTokens } = await import('../store/operator/entries.ts');
      const tokens = await withStore((pool) => listTokens(pool, undefined));
      if (options.json) return terminal.out(json(tokens));
      terminal.out(
        tokens.length === 0
          ? 'No tokens.'
          : table(
              [
                { title: 'TOKEN', value: ({ id }) => id },
                { title: 'ACCOUNT', value: ({ account }) => account },
                { title: 'NAME', value: ({ name }) => name },
                { title: 'MAY', value: ({ permissions: held }) => held.join(', ') },
                { title: 'GOOD UNTIL', value: ({ expiresAt }) => moment(expiresAt) },
                { title: 'LAST USED', value: ({ usedAt }) => moment(usedAt ?? undefined) },
                { title: 'REVOKED', value: ({ revokedAt }) => moment(revokedAt ?? undefined) },
              ],
              tokens,
            ),
      );
    });
  token
    .command('revoke')
    .description('Ends a token at once.')
    .argument('<number>', 'as `kuvert operator token list` shows it', whole(1, 2 ** 31))
    .addOption(mandatoryReason())
    .addHelpText('after', examples(['kuvert operator token revoke 3 --reason "was in a log"', 'from the next request']))
    .action(async (id: number, options: { reason: string }) => {
      const { endToken } = await import('../operations/access/tokens.ts');
      const act = { actor: actor(), reason: options.reason, now: new Date() };
      const ended = await withStore((pool) => endToken(pool, id, act));
      terminal.out(ended ? `token ${id} is revoked` : `token ${id} is not there, or was revoked before`);
    });
}

function permissionsIn(text: string): readonly Permission[] {
  const named = text.split(',').map((one) => one.trim());
  const unknown = named.filter((one) => !(permissions as readonly string[]).includes(one));
  if (unknown.length > 0)
    throw new InvalidArgumentError(
      `${unknown.join(', ')} is nothing that can be permitted; that is ${permissions.join(', ')}.`,
    );
  return [...new Set(named)] as Permission[];
}
