/** `kuvert audit purge`: old rows go, and a signed checkpoint stands in their place. */
import type { Command } from 'commander';
import { Fault } from '../domain/fault.ts';
import type { Signer } from '../envelope/signer.ts';
import type { Purged } from '../operations/audit/purge.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import { mandatoryReason, since } from './arguments.ts';
import { headFiles, restoredHelp, rowNumbers } from './audit-verify.ts';
import { type Context, examples } from './context.ts';
import { readText } from './read-text.ts';
import { actor, withStore } from './store.ts';
import { moment } from './table.ts';
import { json } from './terminal.ts';

interface Options {
  readonly before: Date;
  readonly reason: string;
  readonly head?: readonly string[];
  readonly certificates?: string;
  readonly restored?: readonly number[];
  readonly yes?: true;
  readonly json?: true;
}

export function addPurge(audit: Command, { terminal }: Context): void {
  audit
    .command('purge')
    .description(
      'Removes the oldest rows of the audit, once it is verified, and leaves a checkpoint signed with the signing key. Rows that no head was signed for are kept.',
    )
    .requiredOption('--before <time>', 'rows that are older: a time, a date, or a duration such as 3650d', since)
    .addOption(mandatoryReason())
    .option('--head <file...>', 'verified with this file of heads, as `kuvert audit verify` would')
    .option('--certificates <file>', 'certificates of keys that have signed heads, PEM, beside those of the settings')
    .option('--restored <row...>', restoredHelp, rowNumbers)
    .option('--yes', 'do it; without it, only what would be done is told')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        [
          'kuvert audit purge --before 2016-01-01 --reason "retention, decision 12"',
          'what would go; nothing is changed',
        ],
        [
          'kuvert audit purge --before 2016-01-01 --reason "retention, decision 12" --yes',
          'with KUVERT_SIGNING_KEY_FILE and KUVERT_SIGNING_CERTIFICATE_FILE: the checkpoint is signed',
        ],
      ),
    )
    .action(async (options: Options) => {
      const { purgeAudit } = await import('../operations/audit/purge.ts');
      const { statementKeys } = await import('./signing-certificates.ts');
      const { before, reason } = options;
      if (before > new Date()) throw new Fault('argument-invalid', '--before lies ahead: rows of today are not old');
      const signer = options.yes ? await signerOfSettings() : undefined;
      const keys = statementKeys(options.certificates);
      const files = await headFiles(options.head);
      const restored = options.restored ?? [];
      const order = { before, reason, files, keys, restored, signer, actor: actor(), now: new Date() };
      const purged = await withStore((pool) => purgeAudit(pool, order));
      terminal.out(options.json ? json(asJson(purged)) : told(purged));
    });
}

async function signerOfSettings(): Promise<Signer> {
  const { loadSigner } = await import('../envelope/signer.ts');
  const files = settingsOfProcess(['signingKeyFile', 'signingCertificateFile']);
  return loadSigner(readText(files.signingKeyFile), readText(files.signingCertificateFile));
}

function asJson(purged: Purged | undefined) {
  if (purged === undefined) return { done: false, rows: 0 };
  const { done, rows, first, row, hash, firstAt, lastAt } = purged;
  return { done, rows, first, last: row, hash: hash.toString('hex'), firstAt, lastAt };
}

function told(purged: Purged | undefined): string {
  if (purged === undefined)
    return 'Nothing to purge: no row is older, or none of those that are stands below a signed head.';
  const { done, rows, first, row, firstAt, lastAt } = purged;
  const what = `${rows} rows, ${first} to ${row}, of ${moment(firstAt)} to ${moment(lastAt)} UTC`;
  return done
    ? `Purged: ${what}. A signed checkpoint stands in their place, and the audit tells of it.`
    : `${what} would be purged. Nothing was done; the same command with --yes does it.`;
}
