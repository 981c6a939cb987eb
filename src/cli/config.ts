/** `kuvert config`: the settings in effect. */
import type { Command } from 'commander';
import { describeProcess, settingsOfProcess } from '../platform/config/process.ts';
import { type Context, examples } from './context.ts';
import { table } from './table.ts';
import { json } from './terminal.ts';

export function addConfig(program: Command, { terminal }: Context): void {
  program
    .command('config')
    .description('Shows every setting in effect, secrets only as set or not set; all mistakes at once.')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert config', 'what this shell would start with'],
        ['kuvert config --json | jq .', 'the same for a script'],
      ),
    )
    .action((options: { json?: true }) => {
      settingsOfProcess([]);
      const settings = describeProcess();
      if (options.json) {
        terminal.out(
          json(
            Object.fromEntries(
              settings.map(({ name, value, from, secret }) => [
                name,
                { from, ...(secret ? {} : { value: value ?? null }) },
              ]),
            ),
          ),
        );
        return;
      }
      terminal.out(
        table(
          [
            { title: 'SETTING', value: ({ name }) => name },
            { title: 'VALUE', value: ({ value, secret, from }) => (secret && from !== 'not set' ? '(secret)' : value) },
            { title: 'FROM', value: ({ from }) => from },
          ],
          settings,
        ),
      );
    });
}
