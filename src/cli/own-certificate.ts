/** `kuvert own-certificate`: the gateway's own certificates, ordered and renewed. */
import { Argument, type Command } from 'commander';
import { settingsOfProcess } from '../platform/config/process.ts';
import { writeDurably } from '../platform/durable.ts';
import type { ListedOwn, OwnPurpose } from '../store/enrol/own-certificates.ts';
import { mandatoryReason, moment as readMoment } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { actor, withStore } from './store.ts';
import { moment, table } from './table.ts';
import { json } from './terminal.ts';

export function addOwnCertificate(program: Command, context: Context): void {
  const own = program
    .command('own-certificate')
    .description(
      "The gateway's own certificates: what suppliers' endpoints, suppliers' programs and verifiers see of us.",
    )
    .addHelpText(
      'after',
      examples(
        ['kuvert own-certificate list', 'those of now, those to come and those that were'],
        [
          'kuvert own-certificate renew signing --reason "ends in March"',
          'a new key and its certificate, beside the old',
        ],
      ),
    );
  addList(own, context);
  addRenew(own, context);
}

function addList(own: Command, { terminal }: Context): void {
  own
    .command('list')
    .description('By purpose, the newest first.')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(['kuvert own-certificate list', 'since when each is used, and until when it is valid']),
    )
    .action(async (options: { json?: true }) => {
      const { listOwn } = await import('../store/enrol/own-certificates.ts');
      const found = await withStore(listOwn);
      terminal.out(options.json ? json(found) : listed(found));
    });
}

interface RenewOptions {
  readonly reason: string;
  readonly dns?: string[];
  readonly useFrom?: Date;
  readonly dryRun?: true;
  readonly json?: true;
}

const day = 86_400_000;
/** Suppliers know of it so long before. */
const announced = 60 * day;
/** The old one has so long left when the new one is taken into use. */
const spare = 14 * day;

function addRenew(own: Command, { terminal }: Context): void {
  own
    .command('renew')
    .description(
      'Makes a key beside the one of now (FILE.next), asks the authority (role ca) for its certificate, and writes down from when it is used; the key of a signing certificate is in the key list at once. Where nothing is yet, the files of the settings themselves are made. The same command goes on where it was broken off.',
    )
    .addArgument(new Argument('<purpose>', 'what it is for').choices(['client', 'listener', 'signing']))
    .addOption(mandatoryReason())
    .option('--dns <name...>', "names of the suppliers' listener (default: those of the certificate of now)")
    .option(
      '--use-from <time>',
      'default: in 60 days, or 14 days before the old one ends if that is sooner',
      readMoment,
    )
    .option('--dry-run', 'a rehearsal: say what would be done, and do nothing')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert own-certificate renew client --reason "ends in March" --dry-run', 'what would be done'],
        ['kuvert own-certificate renew listener --dns kuvert.example.se --reason "the first"', 'needs role ca to run'],
      ),
    )
    .action(async (purpose: OwnPurpose, options: RenewOptions) => {
      const { certificateNow, filesNow, filesToCome, keepKey } = await import('./own-certificate-files.ts');
      const { makeKey, makeSigningRequest } = await import('../pki/own-key.ts');
      const { orderOwn } = await import('../enrolment/own.ts');
      const { environment } = settingsOfProcess(['environment']);
      const now = new Date();
      const present = filesNow(purpose);
      const old = certificateNow(present);
      const files = filesToCome(present);
      const dnsNames = purpose === 'listener' ? (options.dns ?? old?.dnsNames ?? []) : [];
      const wanted = options.useFrom ?? usualUseFrom(old, now);
      const plan = { purpose, environment, dnsNames, ...files };
      if (options.dryRun) {
        const would = { ...plan, useFrom: wanted, rehearsal: true };
        return terminal.out(options.json ? json(would) : `Nothing is done. ${told(files, present, wanted)}`);
      }
      const keyPem = await keepKey(files.key, makeKey);
      const { der: request } = await makeSigningRequest(keyPem, 'kuvert');
      const order = {
        purpose,
        dnsNames,
        request,
        environment,
        useFrom: wanted,
        actor: actor(),
        reason: options.reason,
        now,
      };
      const { pem, useFrom } = await withStore((pool) => orderOwn(pool, order));
      writeDurably(files.certificate, pem, 0o644);
      return terminal.out(options.json ? json({ ...plan, useFrom }) : told(files, present, useFrom));
    });
}

function usualUseFrom(old: { readonly notAfter: Date } | undefined, now: Date): Date {
  const latest = old === undefined ? 0 : old.notAfter.getTime() - spare;
  return new Date(Math.max(now.getTime(), Math.min(now.getTime() + announced, latest)));
}

type Files = { readonly key: string; readonly certificate: string };

function told(files: Files, present: Files, useFrom: Date): string {
  const written = `Key: ${files.key}\nCertificate: ${files.certificate}\nTo be used from: ${moment(useFrom)}`;
  if (files.key === present.key) return written;
  return `${written}\nThen, and no restart is needed:\n  mv ${files.key} ${present.key} && mv ${files.certificate} ${present.certificate}`;
}

function listed(found: readonly ListedOwn[]): string {
  if (found.length === 0) return 'No certificate of our own is on record: no role has run yet.';
  return table(
    [
      { title: 'PURPOSE', value: ({ purpose }) => purpose },
      { title: 'ENVIRONMENT', value: ({ environment }) => environment },
      { title: 'USED FROM', value: ({ useFrom }) => moment(useFrom) },
      { title: 'ENDS', value: ({ notAfter }) => moment(notAfter) },
      { title: 'WITHDRAWN', value: ({ withdrawnAt }) => moment(withdrawnAt ?? undefined) },
      { title: 'SHA-256', value: ({ fingerprint }) => fingerprint },
    ],
    found,
  );
}
