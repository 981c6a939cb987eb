/** `kuvert certificate list`, `show` and `revoke`. */
import type { Command } from 'commander';
import { Fault } from '../domain/fault.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { RevocationReason } from '../domain/revocation.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import type { ListedCertificate } from '../store/enrol/certificate-list.ts';
import { mandatoryReason, organisationNumber, revocationReason } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { actor, withStore } from './store.ts';
import { facts, moment, table } from './table.ts';
import { json } from './terminal.ts';

export function addListCertificates(certificate: Command, { terminal }: Context): void {
  certificate
    .command('list')
    .description('Certificates of suppliers, those that end first first.')
    .argument('[organisation-number]', 'only of this supplier', organisationNumber)
    .option('--all', 'also those that have ended, were withdrawn or revoked')
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert certificate list', 'what is in use, and until when']))
    .action(async (number: OrganisationNumber | undefined, options: { all?: true; json?: true }) => {
      const { listCertificates } = await import('../store/enrol/certificate-list.ts');
      const now = new Date();
      const found = (await withStore((pool) => listCertificates(pool, { organisationNumber: number }))).filter(
        (one) => options.all === true || stateOf(one, now) === 'in use',
      );
      terminal.out(options.json ? json(found) : certificateTable(found, now));
    });
}

export function addShowCertificate(certificate: Command, { terminal }: Context): void {
  certificate
    .command('show')
    .description('Everything about one certificate.')
    .argument('<certificate>', 'SHA-256 or serial number, in hex')
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert certificate show 4F2A…', 'by its serial number']))
    .action(async (named: string, options: { json?: true }) => {
      const { findOne } = await import('../enrolment/revoke.ts');
      const { listCertificates } = await import('../store/enrol/certificate-list.ts');
      const [found] = await withStore(async (pool) =>
        listCertificates(pool, { fingerprint: (await findOne(pool, named)).fingerprint }),
      );
      if (found === undefined) throw new Fault('not-found', `there is no certificate ${named}`);
      terminal.out(options.json ? json(found) : showCertificate(found, new Date()));
    });
}

export function addRevoke(certificate: Command, { terminal }: Context): void {
  certificate
    .command('revoke')
    .description('Takes a certificate out of use for good, at once and everywhere; it cannot be undone.')
    .argument('<certificate>', 'SHA-256 or serial number, in hex')
    .addOption(revocationReason())
    .addOption(mandatoryReason())
    .option('--dry-run', 'a rehearsal: say what would be done, and do nothing')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        [
          'kuvert certificate revoke 4F2A… --as keyCompromise --reason "laptop stolen, ticket 1234"',
          'connections that are open with it end; the next revocation list has it within seconds',
        ],
        [
          'kuvert certificate revoke 4F2A… --as superseded --reason "renewed" --dry-run',
          'which addresses would be left without a certificate',
        ],
      ),
    )
    .action(
      async (
        named: string,
        options: { as: RevocationReason; reason: string; dryRun?: true; json?: true },
      ): Promise<void> => {
        const { revokeCertificate } = await import('../enrolment/revoke.ts');
        const { heldProbe } = settingsOfProcess(['heldProbe']);
        const revoked = await withStore((pool) =>
          revokeCertificate(pool, {
            named,
            as: options.as,
            actor: actor(),
            reason: options.reason,
            now: new Date(),
            heldProbe,
            rehearsal: options.dryRun === true,
          }),
        );
        if (options.json) return terminal.out(json(revoked));
        const { fingerprint, organisationNumber: holder, held, followed, rehearsal, serial } = revoked;
        terminal.out(
          [
            `${fingerprint} of ${holder} ${rehearsal ? 'would be' : 'is'} revoked (${revoked.as})`,
            ...(serial === undefined
              ? ['another authority issued it: it is of no use here, and no revocation list of ours names it']
              : []),
            ...followed.map(
              (one) => `${one} was renewed from it and stays in use; if somebody else had the key, revoke it too`,
            ),
            ...held.map((address) => `address ${address}: no other certificate; it is held, and nothing is sent`),
          ].join('\n'),
        );
      },
    );
}

function stateOf({ withdrawnAt, revocationReason, notAfter }: ListedCertificate, now: Date): string {
  if (withdrawnAt !== undefined) return revocationReason === undefined ? 'withdrawn' : `revoked (${revocationReason})`;
  return notAfter <= now ? 'ended' : 'in use';
}

function certificateTable(certificates: readonly ListedCertificate[], now: Date): string {
  if (certificates.length === 0) return 'no certificates';
  return table<ListedCertificate>(
    [
      { title: 'ORGANISATION', value: (one) => `${one.organisation} (${one.organisationNumber})` },
      { title: 'DESCRIPTION', value: (one) => one.description ?? one.subject },
      { title: 'TYPE', value: (one) => one.type },
      { title: 'ENDS (UTC)', value: (one) => moment(one.notAfter) },
      { title: 'DAYS', value: (one) => Math.floor((one.notAfter.getTime() - now.getTime()) / 86_400_000) },
      {
        title: 'STATE',
        value: (one) => `${stateOf(one, now)}${one.renewedBy === undefined ? '' : ', renewed'}`,
      },
      { title: 'SERIAL', value: (one) => one.serial },
      { title: 'SHA-256', value: (one) => one.fingerprint },
    ],
    certificates,
  );
}

function showCertificate(one: ListedCertificate, now: Date): string {
  return facts([
    ['SHA-256', one.fingerprint],
    ['Serial number', one.serial ?? 'of another authority'],
    ['Organisation', `${one.organisation} (${one.organisationNumber})`],
    ['Subject', one.subject],
    ['Type', one.type ?? 'as its usage says'],
    ['Description', one.description],
    ['State', stateOf(one, now)],
    ['Valid', `${moment(one.notBefore)} to ${moment(one.notAfter)}`],
    ['Registered', moment(one.registeredAt)],
    ['Withdrawn', moment(one.withdrawnAt)],
    ['Addresses', one.addresses.join(', ')],
    ['First shown', one.firstShownAt === undefined ? 'not yet' : moment(one.firstShownAt)],
    ['Contact', one.contact],
    ['Order', one.transferId],
    ['Renews', one.renews],
    ['Renewed by', one.renewedBy],
  ]);
}
