/** `kuvert store`: the database, when it was brought back, and what stands behind the numbers of a recipient. */
import type { Command } from 'commander';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { type Numbers, readNumbers } from '../store/numbers.ts';
import { readCounters } from '../store/void-ranges.ts';
import { organisationNumber, whole } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { withStore } from './store.ts';
import { addAfterRestore } from './store-after-restore.ts';
import { addVouch } from './store-vouch.ts';
import { moment, table } from './table.ts';
import { json } from './terminal.ts';

export function addStore(program: Command, context: Context): void {
  const store = program
    .command('store')
    .description('The database: after it was brought back to an earlier time; what stands behind the numbers.')
    .addHelpText(
      'after',
      examples(
        ['kuvert store counters > counters.txt', 'each minute, to another machine: how far the numbers have come'],
        ['kuvert store after-restore --dry-run', 'after a restore, before the gateway starts'],
      ),
    );
  addAfterRestore(store, context);
  addVouch(store, context);
  addCounters(store, context);
  addNumbers(store, context);
}

function addCounters(store: Command, { terminal }: Context): void {
  store
    .command('counters')
    .description("Every recipient's highest number, one a line: to be kept outside the database, for `after-restore`.")
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert store counters > counters.txt', 'what --counters takes']))
    .action(async (options: { json?: true }) => {
      const counters = await withStore(readCounters);
      if (options.json) terminal.out(json(counters));
      else terminal.out(counters.map(({ organisationNumber: number, counter }) => `${number} ${counter}`).join('\n'));
    });
}

/** Messages and void ranges in one answer. */
const mostNumbers = 10_000;

function addNumbers(store: Command, { terminal }: Context): void {
  store
    .command('numbers')
    .description('What stands behind the numbers of a recipient: how a gap that a supplier sees is explained.')
    .argument('<organisation-number>', 'such as 556016-0680', organisationNumber)
    .option('--from <number>', 'from this one', whole(1, 1e15), 1)
    .option('--to <number>', 'to this one (default: the last that was given)', whole(1, 1e15))
    .option('--json', 'for programs, with the id of each message')
    .addHelpText(
      'after',
      examples(
        ['kuvert store numbers 556016-0680', 'all of them, those that are alike together'],
        ['kuvert store numbers 556016-0680 --from 4712 --to 5000 --json', 'each for itself'],
      ),
    )
    .action(async (number: OrganisationNumber, options: { from: number; to?: number; json?: true }) => {
      const { from, to } = options;
      const answer = await withStore((pool) => readNumbers(pool, number, from, to, mostNumbers));
      if (options.json) return terminal.out(json({ ...answer, next: answer.next ?? null }));
      terminal.out(answer.numbers.length === 0 ? `No number was given to ${number}.` : shown(answer.numbers));
      if (answer.next !== undefined) terminal.err(`There is more: --from ${answer.next}`);
    });
}

function shown(numbers: readonly Numbers[]): string {
  return table<Numbers>(
    [
      { title: 'FROM', value: ({ first }) => first },
      { title: 'TO', value: ({ last }) => last },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'SINCE (UTC)', value: ({ declaredAt }) => moment(declaredAt) },
      { title: 'WHY', value: ({ reason }) => reason },
    ],
    together(numbers),
  );
}

/** Neighbours that are alike become one. */
function together(numbers: readonly Numbers[]): Numbers[] {
  const rows: Numbers[] = [];
  for (const one of numbers) {
    const before = rows.at(-1);
    const alike = before?.state === one.state && before.declaredAt?.getTime() === one.declaredAt?.getTime();
    if (alike) rows.splice(-1, 1, { ...before, last: one.last });
    else rows.push(one);
  }
  return rows;
}
