/** `kuvert dev seed`: an invented book for development. */
import { type Command, Option } from 'commander';
import { untilTold } from '../platform/lifecycle.ts';
import { whole } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { startProgress } from './progress.ts';
import { mostSuppliers } from './seed/people.ts';
import type { Wanted } from './seed/plan.ts';
import { json } from './terminal.ts';

interface SeedOptions extends Wanted {
  readonly json?: true;
}

export function addDevSeed(dev: Command, { terminal, exitWith }: Context): void {
  dev
    .command('seed')
    .description("Fills a developer's database with an invented book: suppliers, and what became of their messages.")
    .addOption(
      new Option('--messages <number>', 'how many messages')
        .argParser(whole(1, 10_000_000))
        .default(1_000_000, 'a million'),
    )
    .option('--suppliers <number>', 'how many recipients', whole(1, mostSuppliers), 3_000)
    .option('--document-bytes <number>', 'bytes of a document, about', whole(900, 1_000_000), 1_024)
    .option('--seed <number>', 'another number invents another book', whole(0, 2_147_483_647), 1)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      [
        '\nThe messages come over the last 90 days, most of them delivered, with envelopes that are really sealed. Ctrl-C stops',
        'after the batch under way; the same command goes on. Without DATABASE_URL the database is that of `kuvert dev`, which',
        'must not run then. No seeded host exists, so what waits in the book goes on waiting. Nothing of it can be removed.',
        examples(
          ['kuvert dev seed --messages 20000 --suppliers 300', 'a small book, in half a minute'],
          [
            'set -a; . .kuvert/dev/env; set +a; kuvert dev seed',
            'in the database of the gateway that runs in another terminal',
          ],
        ),
      ].join('\n'),
    )
    .action(async (_: unknown, command: Command) => {
      const { json: asJson, ...wanted } = command.opts<SeedOptions>();
      const { openSeedPlace } = await import('./seed/place.ts');
      const { seedBook } = await import('./seed/seed.ts');
      const { told, forget } = untilTold();
      const stop = new AbortController();
      void told.then(() => stop.abort());
      const began = performance.now();
      const place = await openSeedPlace();
      try {
        const bar = await startProgress('messages', wanted.messages, 'the batch');
        const seeded = await seedBook(
          { ...place, now: () => new Date(), stopped: () => stop.signal.aborted, progress: bar.at },
          wanted,
        ).finally(bar.end);
        if (seeded.left > 0) exitWith(1);
        const { messages, suppliers, written, left } = seeded;
        if (asJson) terminal.out(json(seeded));
        else
          terminal.out(
            left > 0
              ? `Stopped: ${messages} of ${messages + left} messages are in the book. The same command goes on.`
              : written === 0
                ? `All ${messages} messages for ${suppliers} recipients are in the book already.`
                : `${messages} messages for ${suppliers} recipients are in the book, ${written} of them written now in ${Math.round((performance.now() - began) / 1_000)} s.`,
          );
      } finally {
        forget();
        await place.close();
      }
    });
}
