/** `kuvert report`: figures to lay beside those of others. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { reconcile } from '../store/reconciliation.ts';
import { type Context, examples } from './context.ts';
import { reconciliationCsv, showBalance, showReconciliation } from './report-print.ts';
import { withStore } from './store.ts';
import { json } from './terminal.ts';

export function addReport(program: Command, context: Context): void {
  const report = program
    .command('report')
    .description('Figures to lay beside those of others.')
    .addHelpText(
      'after',
      examples(['kuvert report reconciliation --date 2026-03-01', 'what KA sent that day, and what became of it']),
    );
  addReconciliation(report, context);
}

interface Options {
  date: string;
  timeZone: string;
  csv?: true;
  json?: true;
}

function addReconciliation(report: Command, { terminal, exitWith }: Context): void {
  report
    .command('reconciliation')
    .description(
      'What KA sent in a day, by message type and supplier: counts and sums, delivered or not as of now, and whether it is what the ledger took. Exit code 6 when it is not.',
    )
    .requiredOption('--date <date>', 'the day on which the frames were taken, as 2026-03-01', day)
    .option('--time-zone <name>', 'where that day begins and ends', zone, 'Europe/Stockholm')
    .addOption(
      new Option('--csv', 'a line for each group, for spreadsheets; the balance goes to standard error').conflicts(
        'json',
      ),
    )
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert report reconciliation --date 2026-03-01', 'for a person'],
        [
          'kuvert report reconciliation --date 2026-03-01 --csv > 2026-03-01.csv',
          'the column count adds up to the frames taken',
        ],
        ['kuvert report reconciliation --date 2026-03-01 --json | jq .balanced', 'for a script'],
      ),
    )
    .action(async ({ date, timeZone, csv, json: asJson }: Options) => {
      const found = await withStore((pool) => reconcile(pool, date, timeZone));
      if (!found.balanced) exitWith(6);
      if (found.to > found.readAt)
        terminal.err(`The day is not over: it ends at ${found.to.toISOString()}. Ask again after that.`);
      if (asJson) return terminal.out(json({ date, timeZone, ...found }));
      if (!csv) return terminal.out(showReconciliation(found, date, timeZone));
      terminal.out(reconciliationCsv(found, date));
      terminal.err(showBalance(found));
    });
}

function day(text: string): string {
  const date = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  // `2026-02-30` is read as a day in March.
  if (date === undefined || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text) || text < '1970')
    throw new InvalidArgumentError('A day of the calendar such as 2026-03-01 is expected.');
  return text;
}

function zone(text: string): string {
  try {
    // PostgreSQL takes also what is no place on earth, such as XYZ5.
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('The name of a time zone such as Europe/Stockholm or UTC is expected.');
  }
}
