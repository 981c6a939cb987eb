/** `kuvert audit verify`: is the audit what was written? */
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditReport, HeadFile } from '../operations/audit/report.ts';
import { whole } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { readBytes } from './read-text.ts';
import { withStore } from './store.ts';
import { printable } from './table.ts';
import { json } from './terminal.ts';

interface Options {
  readonly head?: readonly string[];
  readonly certificates?: string;
  readonly restored?: readonly number[];
  readonly expect?: { readonly id: number; readonly hash: string };
  readonly json?: true;
}

export function addVerify(audit: Command, { terminal, exitWith }: Context): void {
  audit
    .command('verify')
    .description(
      'Walks the chain of the audit, holds it against its signed heads, and says what was changed, removed, put in another order or cut off. Exit code 6 when something was.',
    )
    .option(
      '--head <file...>',
      'the file that KUVERT_AUDIT_HEAD_FILE names, or a copy of it; several are taken together',
    )
    .option('--certificates <file>', 'certificates of keys that have signed heads, PEM, beside those of the settings')
    .option('--restored <row...>', restoredHelp, rowNumbers)
    .option('--expect <row:hash>', 'a row that must be there, as an earlier run printed it', noted)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert audit verify --head audit-heads.jws', 'with the file, or a copy of it from another machine'],
        ['kuvert audit verify --expect 812:9f2c…', 'a row that was noted on paper'],
      ),
    )
    .action(async (options: Options) => {
      const { verifyBook } = await import('../operations/audit/verify.ts');
      const { statementKeys } = await import('./signing-certificates.ts');
      const keys = statementKeys(options.certificates);
      const files = await headFiles(options.head);
      const order = { files, keys, expected: options.expect, restored: options.restored ?? [] };
      const report = await withStore((pool) => verifyBook(pool, order));
      if (!report.ok) exitWith(6);
      terminal.out(options.json ? json(report) : told(report));
    });
}

export const restoredHelp =
  'rows `store.after-restore` of restores that you know took place: what was lost then is no damage';

/** Several may be given. */
export const rowNumbers = (text: string, before: readonly number[] = []): number[] => [...before, whole(1, 1e15)(text)];

/** @throws Fault `argument-invalid` when one cannot be read */
export async function headFiles(names: readonly string[] = []): Promise<HeadFile[]> {
  const { readHeadLines } = await import('../operations/audit/head-file.ts');
  return names.map((name) => ({ name, lines: readHeadLines(readBytes(name)) }));
}

/** Longest list; `--json` has more. */
const mostListed = 20;

function told({ ok, rows, head, checkpoint, heads, damage, more, notes }: AuditReport): string {
  const listed = damage.slice(0, mostListed);
  const left = damage.length - listed.length + more;
  const lines = [
    ok
      ? `${rows} rows, the chain is whole. Newest row and hash: ${head.id}:${head.hash}`
      : 'THE AUDIT IS NOT WHAT WAS WRITTEN.',
    ...listed.map(({ text }) => `  - ${text}`),
    ...(left > 0 ? [`  - And ${left} more.`] : []),
    `Heads: ${heads.database} in the database${heads.files === undefined ? '' : `, ${heads.files} in the file`}${heads.newest ? `; the newest is of row ${heads.newest.row}, ${heads.newest.at}` : ''}.`,
    ...(checkpoint
      ? [`Rows up to ${checkpoint.row} were purged at ${checkpoint.at} by ${checkpoint.by}: ${checkpoint.reason}`]
      : []),
    ...notes,
  ];
  return lines.map(printable).join('\n');
}

function noted(text: string): { id: number; hash: string } {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (!match) throw new InvalidArgumentError('ROW:HASH is expected, as `kuvert audit verify` prints it.');
  return { id: Number(match[1]), hash: match[2] ?? '' };
}
