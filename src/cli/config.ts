/** `kuvert config`: the settings in effect. */
import type { Command } from 'commander';
import type { SettingDescription } from '../platform/config/describe.ts';
import { describeProcess, inspectProcess } from '../platform/config/process.ts';
import { type Context, examples } from './context.ts';
import { readRoles } from './roles.ts';
import { table } from './table.ts';
import { json } from './terminal.ts';

export function addConfig(program: Command, { terminal }: Context): void {
  program
    .command('config')
    .description(
      'Shows every setting in effect, secrets only as set or not set; then all that would keep the gateway from starting, the files that settings name included (exit code 2).',
    )
    .argument('[role...]', 'intake, delivery, supplier-api: what these need; none named: all of them')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert config', 'what this shell would start with, and whether it would'],
        ['kuvert config intake', 'whether this role would start'],
        ['kuvert config --json | jq .', 'the same for a script'],
      ),
    )
    .action(async (named: string[], options: { json?: true }) => {
      // Loaded when needed: the other commands are quicker without the whole gateway.
      const { prepare, roleNames, settingsFor, usualRoles } = await import('../roles/start.ts');
      const roles = readRoles(named, { roleNames, usualRoles }, 'kuvert config');
      const settings = describeProcess();
      terminal.out(options.json ? asJson(settings) : asTable(settings));
      prepare(roles, inspectProcess(settingsFor(roles)), new Date());
    });
}

function asJson(settings: readonly SettingDescription[]): string {
  return json(
    Object.fromEntries(
      settings.map(({ name, value, from, secret }) => [name, { from, ...(secret ? {} : { value: value ?? null }) }]),
    ),
  );
}

function asTable(settings: readonly SettingDescription[]): string {
  return table(
    [
      { title: 'SETTING', value: ({ name }) => name },
      { title: 'VALUE', value: ({ value, secret, from }) => (secret && from !== 'not set' ? '(secret)' : value) },
      { title: 'FROM', value: ({ from }) => from },
    ],
    settings,
  );
}
