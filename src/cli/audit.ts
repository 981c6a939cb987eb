/** `kuvert audit`: what people did. */
import { type Command, InvalidArgumentError } from 'commander';
import { type AuditRow, listAudit, verifyAudit } from '../store/audit.ts';
import { since, whole } from './arguments.ts';
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
        ['kuvert audit verify', 'nothing in it was changed or taken out'],
      ),
    );
  addList(audit, context);
  addVerify(audit, context);
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

function addVerify(audit: Command, { terminal, exitWith }: Context): void {
  audit
    .command('verify')
    .description('Walks the whole chain and says where it breaks first.')
    .option('--expect <row:hash>', 'a row that must be there, as an earlier run printed it', noted)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert audit verify', 'prints the newest row and its hash: note them outside the database'],
        ['kuvert audit verify --expect 812:9f2c…', 'finds also that the newest rows were cut off'],
      ),
    )
    .action(async (options: { expect?: { id: number; hash: string }; json?: true }) => {
      const verdict = await withStore((pool) => verifyAudit(pool, options.expect));
      if (!verdict.ok) exitWith(6);
      if (options.json) terminal.out(json(verdict));
      else if (verdict.ok)
        terminal.out(
          `${verdict.rows} rows, the chain is whole. Newest row and hash: ${verdict.head.id}:${verdict.head.hash}`,
        );
      else
        terminal.out(
          `The chain breaks at row ${verdict.brokenAt}: ${verdict.why}. The ${verdict.rows} rows before it are whole.`,
        );
    });
}

function noted(text: string): { id: number; hash: string } {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (!match) throw new InvalidArgumentError('ROW:HASH is expected, as `kuvert audit verify` prints it.');
  return { id: Number(match[1]), hash: match[2] ?? '' };
}
