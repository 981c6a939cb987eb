/** `kuvert migrate`: the database's schema. */
import type { Command } from 'commander';
import { migrate } from '../store/migrate.ts';
import { type Context, examples } from './context.ts';
import { withStore } from './store.ts';
import { json } from './terminal.ts';

export function addMigrate(program: Command, { terminal }: Context): void {
  program
    .command('migrate')
    .description("Brings the database that DATABASE_URL names up to this program's schema.")
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      [
        '\nStop every process of the gateway first: what is changed is locked until it is done, which takes minutes for millions of',
        'messages. Each migration is done whole or not at all: broken off, the same command goes on with the one that it was at.',
        examples(['kuvert migrate', 'before the first start, and after each new version']),
      ].join('\n'),
    )
    .action(async (options: { json?: true }) => {
      const { applied } = await withStore(migrate, 'any');
      if (options.json) terminal.out(json({ applied }));
      else terminal.out(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}`);
    });
}
