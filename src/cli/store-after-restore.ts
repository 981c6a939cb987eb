/** `kuvert store after-restore`: makes a database safe that was brought back to an earlier time. */
import { type Command, Option } from 'commander';
import { Fault } from '../domain/fault.ts';
import { afterRestore, innerJump, numbersPerSecond, type Restored } from '../store/restore.ts';
import { reason, whole } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { readCountersFile } from './read-counters.ts';
import { actor, withStore } from './store.ts';
import { facts, moment, span, table } from './table.ts';
import { json } from './terminal.ts';

interface Options {
  readonly reason?: string;
  readonly margin?: number;
  readonly counters?: string;
  readonly again?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export function addAfterRestore(store: Command, { terminal }: Context): void {
  store
    .command('after-restore')
    .description(
      'After the database was brought back to an earlier time, before any gateway process starts: numbers that may have been given out since are given up for good, and workers of then can write nothing. See docs/operations/backup.md.',
    )
    .option('--reason <text>', 'why, for the audit; must be given with --yes', reason)
    .option(
      '--margin <numbers>',
      `how many numbers of each recipient are given up (default: ${numbersPerSecond} for each second that the book lacks)`,
      whole(1, 1e12),
    )
    .option(
      '--counters <file>',
      'numbers that were seen outside, such as `kuvert store counters` printed: the margin begins there',
    )
    .option('--again', 'also when it was done on this copy of the database before')
    .addOption(
      new Option('--dry-run', 'say what would be done, and do nothing; so it is without --yes').conflicts('yes'),
    )
    .option('--yes', 'do it')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert store after-restore --dry-run', 'what would be given up; nothing is changed'],
        [
          'kuvert store after-restore --yes --reason "disk lost, ticket 1234"',
          'once for each restore; the second time it says that it was done',
        ],
        [
          'kuvert store after-restore --counters counters.txt --margin 10000 --yes --reason "ticket 1234"',
          'smaller jumps, for whoever keeps the counters outside each minute',
        ],
      ),
    )
    .action(async (options: Options) => {
      if (options.yes && options.reason === undefined)
        throw new Fault('argument-invalid', '--reason <text> must be given with --yes: it stands in the audit');
      const seen = options.counters === undefined ? new Map<string, number>() : readCountersFile(options.counters);
      const restored = await withStore((pool) =>
        afterRestore(pool, {
          seen,
          margin: options.margin,
          again: options.again === true,
          actor: actor(),
          reason: options.reason,
          now: new Date(),
          rehearsal: options.yes !== true,
        }),
      );
      const done = restored.audit !== undefined;
      if (options.json) terminal.out(json({ done, ...restored }));
      else terminal.out(told(restored, done));
    });
}

/** Longest list; `--json` has all. */
const mostListed = 200;

function told(restored: Restored, done: boolean): string {
  const { already, voids } = restored;
  if (already)
    return [
      `This was done on this copy of the database at ${moment(already.at)} UTC by ${already.actor}: ${already.reason}.`,
      'Nothing was changed. If it was brought back once more since then: --again.',
    ].join('\n');
  const parts = [
    summary(restored),
    table(
      [
        { title: 'RECIPIENT', value: ({ organisationNumber }) => organisationNumber },
        { title: 'SUPPLIER', value: ({ supplier }) => supplier ?? undefined },
        { title: 'VOID FROM', value: ({ first }) => first },
        { title: 'TO', value: ({ last }) => last },
      ],
      voids.slice(0, mostListed),
    ),
  ];
  if (voids.length > mostListed) parts.push(`and ${voids.length - mostListed} more; --json has all of them`);
  parts.push(
    done
      ? `Done; in the audit: row ${restored.audit}. What is left to do before and after the start: docs/operations/backup.md.`
      : 'Nothing was done. The same command with --yes and --reason does it.',
  );
  return parts.join('\n\n');
}

function summary({ bookEndsAt, at, margin, lanes, unknown, orders, unsent, voids }: Restored): string {
  const missing = bookEndsAt && span(at.getTime() - bookEndsAt.getTime());
  return facts([
    ['The book ends', bookEndsAt && `${moment(bookEndsAt)} UTC, ${missing} ago; what was taken later is not in it`],
    ['Numbers given up', `${margin} of each of ${voids.length} recipients, and of each that is new later`],
    ['Lanes', `${lanes}; who held one holds it no longer (epochs + ${innerJump})`],
    ['Tries of unknown outcome', `${unknown}, sent again with the same id`],
    [
      'Open certificate orders',
      `${orders}, locked: nobody knows which codes were used since; \`kuvert certificate reorder\``,
    ],
    [
      'Unsent answers and dead letters',
      `${unsent}, sent by intake when it starts, some perhaps again, with the same id`,
    ],
  ]);
}
