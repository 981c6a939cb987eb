/** `kuvert incident`: what lasts and somebody should see to. */
import type { Command } from 'commander';
import type { Language } from '../operations/catalogue.ts';
import type { Incident } from '../store/enrol/incidents.ts';
import { type Context, examples } from './context.ts';
import { languageOption } from './language.ts';
import { withStore } from './store.ts';
import { moment, printable, table } from './table.ts';
import { json } from './terminal.ts';

export function addIncident(program: Command, { terminal }: Context): void {
  program
    .command('incident')
    .description('What lasts and somebody should see to: each is opened once, and closed once when it is over.')
    .addHelpText('after', examples(['kuvert incident list --open', 'what somebody should see to now']))
    .command('list')
    .description('Incidents, newest first, each with a sentence.')
    .option('--open', 'only those that are not over')
    .option('--json', 'for programs')
    .addOption(languageOption())
    .addHelpText(
      'after',
      examples(
        ['kuvert incident list --open', 'what somebody should see to now'],
        ['kuvert incident list --open --json | jq length', 'for a monitor'],
      ),
    )
    .action(async (options: { open?: true; json?: true; language: Language }) => {
      const { listIncidents } = await import('../store/enrol/incidents.ts');
      const { sayIncident } = await import('../enrolment/incident-words.ts');
      const incidents = await withStore((pool) => listIncidents(pool, { open: options.open === true }));
      const told = incidents.map((one) => ({ ...one, why: sayIncident(one, options.language) }));
      terminal.out(options.json ? json(told) : showIncidents(told));
    });
}

function showIncidents(incidents: readonly (Incident & { readonly why: string })[]): string {
  if (incidents.length === 0) return 'No incidents.';
  const short = ({ subject }: Incident) => subject.replace(/([0-9a-f]{16})[0-9a-f]{48}$/, '$1…');
  return [
    table(
      [
        { title: 'INCIDENT', value: ({ id }) => id },
        { title: 'KIND', value: ({ kind }) => kind },
        { title: 'SUBJECT', value: short },
        { title: 'OPENED', value: ({ openedAt }) => moment(openedAt) },
        { title: 'CLOSED', value: ({ closedAt }) => moment(closedAt) },
      ],
      incidents,
    ),
    incidents.map(({ id, why }) => printable(`${id}  ${why}`)).join('\n'),
  ].join('\n\n');
}
