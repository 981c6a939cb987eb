/** `kuvert certificate forecast`: which deliveries will fail when, if nobody does anything. */
import type { Command } from 'commander';
import type { Language } from '../operations/catalogue.ts';
import { inspectProcess } from '../platform/config/process.ts';
import type { End } from '../store/enrol/forecast.ts';
import { moment as readMoment } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { languageOption } from './language.ts';
import { withStore } from './store.ts';
import { moment, printable, table } from './table.ts';
import { json } from './terminal.ts';

export function addForecast(certificate: Command, { terminal }: Context): void {
  certificate
    .command('forecast')
    .description('Which deliveries will fail when, because the last certificate of an address ends, or a mandate.')
    .option('--until <time>', 'only what ends before: RFC 3339, or a date (00:00 UTC); left out: all', readMoment)
    .option('--json', 'for programs')
    .addOption(languageOption())
    .addHelpText(
      'after',
      examples(
        ['kuvert certificate forecast', 'every address of KUVERT_ENVIRONMENT, the soonest end first'],
        ['kuvert certificate forecast --until 2027-03-01 --json', 'what ends before March, for a monitor'],
      ),
    )
    .action(async (options: { until?: Date; json?: true; language: Language }) => {
      const { readEnds } = await import('../store/enrol/forecast.ts');
      const { sayEnd } = await import('../enrolment/forecast-words.ts');
      const { environment } = inspectProcess([]).values;
      const now = new Date();
      const { until } = options;
      const ends = (await withStore((pool) => readEnds(pool, environment, now)))
        .filter(({ at }) => until === undefined || at === undefined || at < until)
        .map((end) => ({ ...end, sentence: sayEnd(end, options.language, now) }));
      terminal.out(options.json ? json(ends) : showEnds(ends));
    });
}

function showEnds(ends: readonly (End & { readonly sentence: string })[]): string {
  if (ends.length === 0) return 'Nothing ends before that.';
  return [
    table(
      [
        { title: 'ENDS', value: ({ at }) => moment(at) },
        { title: 'WHAT', value: ({ what }) => what },
        { title: 'ORGANISATION', value: ({ organisationNumber }) => organisationNumber },
        { title: 'SUPPLIER', value: ({ organisation }) => organisation },
        { title: 'ADDRESS', value: ({ address, environment }) => `${address} (${environment})` },
        { title: 'WAITING', value: ({ waiting }) => waiting },
        { title: 'A DAY', value: ({ perDay }) => perDay },
      ],
      ends,
    ),
    ends.map(({ organisation, address, sentence }) => printable(`${organisation}, ${address}: ${sentence}`)).join('\n'),
  ].join('\n\n');
}
