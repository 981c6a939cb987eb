/** `kuvert own-certificate`: the gateway's own certificates, listed, renewed and withdrawn. */
import type { Command } from 'commander';
import type { ListedOwn } from '../store/enrol/own-certificates.ts';
import { type Context, examples } from './context.ts';
import { addRenew } from './own-certificate-renew.ts';
import { addWithdraw } from './own-certificate-withdraw.ts';
import { withStore } from './store.ts';
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
  addWithdraw(own, context);
}

function addList(own: Command, { terminal }: Context): void {
  own
    .command('list')
    .description('By purpose, the newest first.')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples([
        'kuvert own-certificate list',
        'since when each is used, until when it is valid, and how many were told',
      ]),
    )
    .action(async (options: { json?: true }) => {
      const { listOwn } = await import('../store/enrol/own-certificates.ts');
      const { countAnnouncements } = await import('../store/enrol/announcements.ts');
      const found = await withStore(async (pool) => {
        const told = await countAnnouncements(pool);
        return (await listOwn(pool)).map((one) => ({
          ...one,
          letters: told.get(one.fingerprint)?.letters ?? 0,
          lettersSent: told.get(one.fingerprint)?.sent ?? 0,
        }));
      });
      terminal.out(options.json ? json(found) : listed(found));
    });
}

interface Listed extends ListedOwn {
  readonly letters: number;
  readonly lettersSent: number;
}

function listed(found: readonly Listed[]): string {
  if (found.length === 0) return 'No certificate of our own is on record: no role has run yet.';
  return table(
    [
      { title: 'PURPOSE', value: ({ purpose }) => purpose },
      { title: 'ENVIRONMENT', value: ({ environment }) => environment },
      { title: 'USED FROM', value: ({ useFrom }) => moment(useFrom) },
      { title: 'ENDS', value: ({ notAfter }) => moment(notAfter) },
      {
        title: 'ANNOUNCED',
        value: ({ announcedAt, letters, lettersSent }) =>
          announcedAt === null ? '' : `${moment(announcedAt)}, ${lettersSent} of ${letters} letters sent`,
      },
      {
        title: 'WITHDRAWN',
        value: ({ withdrawnAt, revocationReason }) =>
          withdrawnAt === null ? '' : `${moment(withdrawnAt)} (${revocationReason ?? 'unspecified'})`,
      },
      { title: 'SHA-256', value: ({ fingerprint }) => fingerprint },
    ],
    found,
  );
}
