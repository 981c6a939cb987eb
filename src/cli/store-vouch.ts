/** `kuvert store vouch`: a person's word that a copy of the database lacks nothing. */
import type { Command } from 'commander';
import { vouchForCopy } from '../store/book-copy.ts';
import { reason } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { actor, withStore } from './store.ts';
import { json } from './terminal.ts';

export function addVouch(store: Command, { terminal }: Context): void {
  store
    .command('vouch')
    .description(
      'Says that nothing is missing in this copy of the database, so that gateways may work on it: after a synchronous standby was promoted, after an upgrade of PostgreSQL, after a move with every gateway stopped. After anything else: `after-restore`.',
    )
    .requiredOption(
      '--reason <text>',
      'why, for the audit; must be given: how it is known that nothing is missing',
      reason,
    )
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples([
        'kuvert store vouch --reason "synchronous standby promoted, ticket 1234"',
        'the gateway starts on it from now on',
      ]),
    )
    .action(async (options: { reason: string; json?: true }) => {
      const vouched = await withStore((pool) =>
        vouchForCopy(pool, { actor: actor(), reason: options.reason, now: new Date() }),
      );
      if (options.json) terminal.out(json(vouched));
      else
        terminal.out(
          vouched.already
            ? `This copy (${vouched.copy}) is known; nothing was changed.`
            : `Gateways may work on this copy (${vouched.copy}) from now on.`,
        );
    });
}
