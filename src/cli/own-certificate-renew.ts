/** `kuvert own-certificate renew`: made for cron. What is in use is moved into its place, what is due is asked for. */
import { Argument, type Command } from 'commander';
import { Fault } from '../domain/fault.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import { writeDurably } from '../platform/durable.ts';
import type { OwnPurpose } from '../store/enrol/own-certificates.ts';
import type { Pool } from '../store/pool.ts';
import { mandatoryReason, moment as readMoment } from './arguments.ts';
import { type Context, examples } from './context.ts';
import type { OwnFiles } from './own-certificate-files.ts';
import { actor, withStore } from './store.ts';
import { moment } from './table.ts';
import { json } from './terminal.ts';

interface RenewOptions {
  readonly reason: string;
  readonly dns?: string[];
  readonly useFrom?: Date;
  readonly ifDue?: true;
  readonly quiet?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

const day = 86_400_000;
/** Suppliers know of it so long before. */
const announced = 60 * day;
/** The old one has so long left when the new one is taken into use, at least; and usually. */
const spare = 14 * day;
const usualSpare = 60 * day;

export function addRenew(own: Command, { terminal }: Context): void {
  own
    .command('renew')
    .description(
      'Makes a key beside the one of now (FILE.next), asks the authority (role ca) for its certificate, and writes down from when it is used; technical contacts are told, and the key of a signing certificate is in the key list at once. The roles use it by themselves when its time comes; the next run moves the files into their place. Where nothing is yet, the files of the settings themselves are made. The same command goes on where it was broken off.',
    )
    .addArgument(new Argument('<purpose>', 'what it is for').choices(['client', 'listener', 'signing']))
    .addOption(mandatoryReason())
    .option('--dns <name...>', "names of the suppliers' listener (default: those of the certificate of now)")
    .option(
      '--use-from <time>',
      'default: in 60 days, or 14 days before the old one ends if that is sooner',
      readMoment,
    )
    .option(
      '--if-due',
      'for cron: asks only in the last 120 days of the certificate of now (half its life, if that is less), or when it is withdrawn',
    )
    .option('--quiet', 'says nothing when there is nothing to do')
    .option('--dry-run', 'a rehearsal: say what would be done, and do nothing')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        [
          'kuvert own-certificate renew client --if-due --quiet --reason "cron"',
          'each day, from cron: all there is to do for a client certificate',
        ],
        ['kuvert own-certificate renew client --reason "ends in March" --dry-run', 'what would be done'],
        ['kuvert own-certificate renew listener --dns kuvert.example.se --reason "the first"', 'needs role ca to run'],
      ),
    )
    .action(async (purpose: OwnPurpose, options: RenewOptions) => {
      const done = await withStore((pool) => alone(pool, purpose, () => renew(pool, purpose, options)));
      if (options.quiet && done.kind === 'nothing') return;
      terminal.out(options.json ? json(done) : told(done));
    });
}

/** Two runs at a time would make two keys. Whoever is killed holds nothing. @throws Fault `not-possible-now` */
function alone<T>(pool: Pool, purpose: OwnPurpose, work: () => Promise<T>): Promise<T> {
  return pool.transaction(async (db) => {
    const { rows } = await db.query<{ mine: boolean }>(
      "select pg_try_advisory_xact_lock(6584, hashtext('own-certificate ' || $1)) as mine",
      [purpose],
    );
    if (rows[0]?.mine !== true)
      throw new Fault('not-possible-now', `another renewal of the ${purpose} certificate is at work`);
    return work();
  });
}

interface Done {
  /** `asked`: there is a new one. */
  readonly kind: 'asked' | 'moved' | 'nothing';
  readonly purpose: OwnPurpose;
  /** Whether files that roles use already were moved into their place. */
  readonly moved: boolean;
  /** Of the new one, or of the one that waits. */
  readonly useFrom?: Date;
  readonly key?: string;
  readonly certificate?: string;
  /** How many technical contacts are told of it; undefined: not now. */
  readonly letters?: number | undefined;
  /** When another would be asked for. */
  readonly dueFrom?: Date;
  readonly rehearsal: boolean;
}

async function renew(pool: Pool, purpose: OwnPurpose, options: RenewOptions): Promise<Done> {
  const { certificateIn, filesNow, filesToCome, moveIntoPlace, putAside, waitingIn } = await import(
    './own-certificate-files.ts'
  );
  const { readOwnRecord } = await import('../store/enrol/own-certificates.ts');
  const { environment } = settingsOfProcess(['environment']);
  const now = new Date();
  const present = filesNow(purpose);
  const record = await readOwnRecord(pool, environment);
  const rehearsal = options.dryRun === true;
  // 1 What lies beside those of now.
  const waiting = waitingIn(present, record, now);
  const moved = waiting.kind === 'in-use';
  if (waiting.kind === 'in-use' && !rehearsal) moveIntoPlace(present, waiting.certificate);
  if (waiting.kind === 'useless' && !rehearsal) putAside(present);
  const about = { purpose, moved, rehearsal };
  if (waiting.kind === 'to-come') {
    if (options.ifDue) return { kind: 'nothing', ...about, useFrom: waiting.useFrom };
    throw new Fault(
      'not-possible-now',
      `there is a next ${purpose} certificate already, used from ${waiting.useFrom.toISOString()}`,
    );
  }
  // 2 Whether it is time.
  const old = waiting.kind === 'in-use' ? waiting.certificate : certificateIn(present);
  const withdrawn = old !== undefined && record.get(old.fingerprint)?.withdrawnAt !== undefined;
  const dueFrom = old === undefined || withdrawn ? now : renewalFrom(old);
  if (options.ifDue && dueFrom > now) return { kind: moved ? 'moved' : 'nothing', ...about, dueFrom };
  // 3 The new one.
  const files = filesToCome(present);
  const dnsNames = purpose === 'listener' ? (options.dns ?? old?.dnsNames ?? []) : [];
  const useFrom = options.useFrom ?? (withdrawn ? now : usualUseFrom(old, now));
  const plan = { kind: 'asked', ...about, ...files } as const;
  if (rehearsal) return { ...plan, useFrom };
  return {
    ...plan,
    ...(await order(pool, files, { purpose, environment, dnsNames, useFrom, reason: options.reason, now })),
  };
}

/** The key is on disk before anybody hears of it, and the certificate's file when everybody who must know does. */
async function order(
  pool: Pool,
  files: OwnFiles,
  wanted: Omit<Parameters<typeof import('../enrolment/own.ts').orderOwn>[1], 'request' | 'actor'>,
): Promise<{ readonly useFrom: Date; readonly letters: number | undefined }> {
  const { makeKey, makeSigningRequest } = await import('../pki/own-key.ts');
  const { orderOwn } = await import('../enrolment/own.ts');
  const { keepKey } = await import('./own-certificate-files.ts');
  const { der: request } = await makeSigningRequest(await keepKey(files.key, makeKey), 'kuvert');
  const { pem, useFrom, letters } = await orderOwn(pool, { ...wanted, request, actor: actor() });
  writeDurably(files.certificate, pem, 0o644);
  return { useFrom, letters };
}

interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Early enough to be announced, and for the old one to have time left. One that is short-lived is not renewed all the time. */
function renewalFrom({ notBefore, notAfter }: Lifetime): Date {
  const half = (notAfter.getTime() - notBefore.getTime()) / 2;
  return new Date(notAfter.getTime() - Math.min(announced + usualSpare, half));
}

function usualUseFrom(old: Pick<Lifetime, 'notAfter'> | undefined, now: Date): Date {
  const latest = old === undefined ? 0 : old.notAfter.getTime() - spare;
  return new Date(Math.max(now.getTime(), Math.min(now.getTime() + announced, latest)));
}

function told({ kind, moved, useFrom, dueFrom, rehearsal, ...done }: Done): string {
  return [
    ...(rehearsal ? ['Nothing is done.'] : []),
    ...(moved ? ['The one that is in use already is moved into its place.'] : []),
    ...(kind === 'asked'
      ? [`Key: ${done.key}`, `Certificate: ${done.certificate}`, `To be used from: ${moment(useFrom)}, by itself`]
      : []),
    ...(done.letters === undefined ? [] : [`Technical contacts who are told now: ${done.letters}`]),
    ...(kind !== 'asked' && useFrom !== undefined
      ? [`The next one is there, to be used from ${moment(useFrom)}.`]
      : []),
    ...(dueFrom === undefined ? [] : [`Another is due from ${moment(dueFrom)}.`]),
  ].join('\n');
}
