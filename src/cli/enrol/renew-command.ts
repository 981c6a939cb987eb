/** `kuvert renew`: for a supplier's cron. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Command, Option } from 'commander';
import { Fault } from '../../domain/fault.ts';
import type { KeyKind } from '../../pki/key-kinds.ts';
import { errorText } from '../../platform/error-text.ts';
import { whole } from '../arguments.ts';
import { type Context, examples } from '../context.ts';
import { moment } from '../table.ts';
import { json } from '../terminal.ts';
import type { BundleOptions } from './bundle.ts';
import { sha256, withKeyOptions } from './enrol-command.ts';

interface RenewOptions extends BundleOptions {
  readonly ifDue?: true;
  readonly days: number;
  readonly run?: string;
  readonly rootSha256?: string;
  readonly quiet?: true;
  readonly keyKind?: KeyKind;
  readonly wait: number;
  readonly json?: true;
}

export function addRenew(program: Command, { terminal }: Context): void {
  const command = program
    .command('renew')
    .description(
      'For suppliers: fetches the certificate that follows the one in a folder, with a new key, and takes both into use at once. Made for cron: exit code 0 when it is done or not due, 5 when the next run may succeed, anything else when a person is needed.',
    )
    .argument('<folder>', 'that `kuvert enrol` wrote')
    .option('--if-due', 'only if it ends within --days; otherwise nothing is asked of anybody')
    .option('--days <count>', 'how long before its end it is due', whole(1, 366), 60)
    .option('--run <command>', 'by the shell, once the new certificate is in use, to reload what uses it')
    .option('--root-sha256 <hex>', 'of a root to trust beside those in ca.pem, when an authority takes over', sha256)
    .option('--quiet', 'says nothing unless something was done or went wrong');
  withKeyOptions(command, new Option('--key-kind <kind>', 'of the new key (default: as the present one)'))
    .addHelpText(
      'after',
      examples(
        ['kuvert renew /etc/erp/kuvert --if-due --quiet --run "systemctl reload erp"', 'each day, from cron'],
        ['kuvert renew /etc/erp/kuvert', 'now, if the gateway takes it (from 60 days before its end)'],
      ),
    )
    .action(async (folder: string, options: RenewOptions) => {
      const { bundleWriter } = await import('./bundle.ts');
      const { renew } = await import('./renew.ts');
      const { certificateFacts, showCertificate } = await import('./print.ts');
      const { ifDue, days, keyKind, wait: patience, bundle, run, rootSha256 } = options;
      const writeBundle = await bundleWriter(options, terminal);
      const afterwards: Parameters<typeof renew>[0]['afterwards'] =
        run === undefined && writeBundle === undefined
          ? undefined
          : async (credentials) => {
              await writeBundle?.(credentials);
              if (run !== undefined) await shell(run);
            };
      const request = { folder, ifDue: ifDue && { days }, rootSha256, keyKind, patience, afterwards };
      const { result, credentials, dueAt } = await renew(request, terminal, () => new Date());
      const shown = { result, folder, certificate: credentials.certificate, bundle } as const;
      if (options.json) return terminal.out(json(certificateFacts(shown)));
      if (result === 'renewed') {
        terminal.out(showCertificate(shown));
        if (run === undefined) terminal.err('Reload the programs that use it: they have the old one still.');
      } else if (!options.quiet) {
        const until = moment(credentials.certificate.notAfter);
        const from = dueAt === undefined ? 'the gateway does not renew it yet' : `is renewed from ${moment(dueAt)}`;
        terminal.out(`Not due: the certificate is good until ${until} (UTC), and ${from}.`);
      }
    });
}

/** What it writes goes to standard error. @throws Fault `not-possible-now` if it fails: the next run tries it again */
async function shell(command: string): Promise<void> {
  const failed = (why: string, cause?: unknown): Fault =>
    new Fault(
      'not-possible-now',
      `the new certificate is in use, but \`${command}\` ${why}; the next run of \`kuvert renew\` tries it again`,
      { cause },
    );
  const child = spawn(command, { shell: true, stdio: ['ignore', 2, 2] });
  const [code, signal] = (await once(child, 'exit').catch((cause: unknown) => {
    throw failed(`could not be started: ${errorText(cause)}`, cause);
  })) as [number | null, string | null];
  if (code !== 0) throw failed(`ended with ${signal ?? code}`);
}
