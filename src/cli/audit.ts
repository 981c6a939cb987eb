/** `kuvert audit`: what people did. */
import type { Command } from 'commander';
import { type AuditRow, listAudit } from '../store/audit.ts';
import { since, whole } from './arguments.ts';
import { addPurge } from './audit-purge.ts';
import { addVerify } from './audit-verify.ts';
import { type Context, examples } from './context.ts';
import { withStore } from './store.ts';
import { moment, table } from './table.ts';
import { json } from './terminal.ts';

export function addAudit(program: Command, context: Context): void {
  const audit = program
    .command('audit')
    .description('What people did, in a chain of hashes.')
    .addHelpText(
      'after',
      examples(
        ['kuvert audit list --since 1d', 'who did what since yesterday, and why'],
        ['kuvert audit verify --head FILE', 'nothing in it was changed, taken out or cut off'],
      ),
    );
  addList(audit, context);
  addVerify(audit, context);
  addPurge(audit, context);
}

interface ListOptions {
  subject?: string;
  action?: string;
  since?: Date;
  after?: number;
  limit: number;
  json?: true;
}

function addList(audit: Command, { terminal }: Context): void {
  audit
    .command('list')
    .description('What was done, by whom and why; newest first, a page at a time.')
    .option('--subject <subject>', 'only to it and what is below it, such as supplier/5560160680 or message/ID')
    .option('--action <action>', 'only this, such as message.cancel, or all of a noun: supplier, lane, message')
    .option('--since <time>', 'only since then: a time, a date, or a duration such as 2h', since)
    .option('--after <row>', 'go on after this row: the last of the page before', whole(1, 1e15))
    .option('--limit <count>', 'how many', whole(1, 1_000), 50)
    .option('--json', 'for programs, with the details of each row')
    .addHelpText(
      'after',
      examples(
        ['kuvert audit list --subject supplier/5560160680', 'imports of a supplier, and what was done to its lanes'],
        ['kuvert audit list --action message --since 7d --json', 'for a script; `next` is what --after takes'],
      ),
    )
    .action(async ({ json: asJson, ...filter }: ListOptions) => {
      const rows = await withStore((pool) => listAudit(pool, filter));
      const next = rows.length === filter.limit ? rows.at(-1)?.id : undefined;
      if (asJson) return terminal.out(json({ rows, next: next ?? null }));
      terminal.out(rows.length === 0 ? 'Nothing in the audit.' : auditTable(rows));
      if (next !== undefined) terminal.err(`There may be more: --after ${next}`);
    });
}

function auditTable(rows: readonly AuditRow[]): string {
  return table(
    [
      { title: 'ROW', value: ({ id }) => id },
      { title: 'AT (UTC)', value: ({ at }) => moment(at) },
      { title: 'WHO', value: ({ actor }) => actor },
      { title: 'ACTION', value: ({ action }) => action },
      { title: 'SUBJECT', value: ({ subject }) => subject },
      { title: 'REASON', value: ({ reason }) => reason },
    ],
    rows,
  );
}
