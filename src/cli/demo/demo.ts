/** `kuvert demo`: the whole line, on real servers, in under a minute. */
import type { Command } from 'commander';
import { untilTold } from '../../platform/lifecycle.ts';
import { type Context, examples } from '../context.ts';
import type { Theatre } from './theatre.ts';

export interface DemoOptions {
  readonly once?: true;
  readonly json?: true;
}

export function addDemo(program: Command, context: Context): void {
  program
    .command('demo')
    .description(
      'Shows purchase orders, self-invoices and credits travelling from a queue to six suppliers, on real servers.',
    )
    .option('--once', 'end when every message is where it should be; exit code 0 only then')
    .option('--json', 'the last line is a summary for programs')
    .addHelpText(
      'after',
      [
        '\nEverything is private and local: PostgreSQL, Redis and ActiveMQ under .kuvert/demo, certificates in certs-dev/. What is',
        'there already on this machine is not touched, and settings in the environment are not read.',
        examples(
          ['npm run demo', 'play, then keep everything running to look at until Ctrl-C'],
          ['npm run demo -- --once --json | tail -n 1', 'play once, for a script'],
        ),
      ].join('\n'),
    )
    .action((options: DemoOptions) => demo(options, context));
}

async function demo(options: DemoOptions, { terminal, exitWith }: Context): Promise<void> {
  const { told, forget } = untilTold();
  let theatre: Theatre | undefined;
  const play = async (): Promise<void> => {
    const began = Date.now();
    // Loaded when needed: the other commands are quicker without the whole gateway.
    const { closing, summaryOf } = await import('./closing.ts');
    const { perform } = await import('./perform.ts');
    const { openTheatre } = await import('./theatre.ts');
    theatre = await openTheatre();
    const complaints = await perform(theatre);
    const summary = await summaryOf(theatre);
    terminal.out(await closing(theatre, summary, complaints, Date.now() - began, options.once !== true));
    if (complaints.length > 0 || !summary.conserved) exitWith(1);
    if (options.json) terminal.out(JSON.stringify(summary));
    if (!options.once) await told;
  };
  try {
    const ended = await Promise.race([play().then(() => 'played' as const), told]);
    if (ended !== 'played' && options.once) {
      terminal.err('Interrupted: the demo did not come to its end.');
      exitWith(1);
    }
  } finally {
    forget();
    if (!options.once) terminal.err('Stopping …');
    await theatre?.close();
  }
}
