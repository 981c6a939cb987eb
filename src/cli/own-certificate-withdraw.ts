/** `kuvert own-certificate withdraw`. */
import type { Command } from 'commander';
import type { RevocationReason } from '../domain/revocation.ts';
import type { WithdrawnOwn } from '../enrolment/withdraw-own.ts';
import { mandatoryReason, revocationReason } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { actor, withStore } from './store.ts';
import { json } from './terminal.ts';

export function addWithdraw(own: Command, { terminal }: Context): void {
  own
    .command('withdraw')
    .description(
      'Takes one of our own certificates out of use for good, as when its key may be in other hands: on the next revocation list, marked where suppliers look; the one that follows it is used at once. It cannot be undone.',
    )
    .argument('<certificate>', 'SHA-256, in hex')
    .addOption(revocationReason())
    .addOption(mandatoryReason())
    .option('--dry-run', 'a rehearsal: say what would be done, and do nothing')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        [
          'kuvert own-certificate withdraw 9c1f… --as keyCompromise --reason "disk sold, ticket 77" --dry-run',
          'what would follow it, and what is on its way with its signature',
        ],
        [
          'kuvert own-certificate withdraw 9c1f… --as superseded --reason "renewed"',
          'of a signing key: what it signed can be verified still',
        ],
      ),
    )
    .action(
      async (
        named: string,
        options: { as: RevocationReason; reason: string; dryRun?: true; json?: true },
      ): Promise<void> => {
        const { withdrawOwn } = await import('../enrolment/withdraw-own.ts');
        const { as, reason } = options;
        const order = { named, as, reason, actor: actor(), now: new Date(), rehearsal: options.dryRun === true };
        const withdrawn = await withStore((pool) => withdrawOwn(pool, order));
        terminal.out(options.json ? json(withdrawn) : told(withdrawn));
      },
    );
}

function told(one: WithdrawnOwn): string {
  const { fingerprint, purpose, as, rehearsal, successor, letters } = one;
  return [
    `The ${purpose} certificate ${fingerprint} ${rehearsal ? 'would be' : 'is'} withdrawn (${as})`,
    ...(one.listed
      ? []
      : ['another authority issued it: ask that one to revoke it; no revocation list of ours names it']),
    ...(successor === undefined
      ? []
      : [
          `in its place ${successor} is used from now on: each role takes it at its next look (KUVERT_CREDENTIALS_RELOAD, or SIGHUP)`,
        ]),
    ...(letters === undefined || letters === 0 ? [] : [`technical contacts who are told of that: ${letters}`]),
    ...(one.verifies === undefined
      ? []
      : [
          one.verifies
            ? 'its key stays in the key list: what it signed can be verified still'
            : 'its key leaves the key list: what it signed cannot be verified with that any more; evidence has its certificate and says that it was withdrawn',
        ]),
    ...(one.onTheirWay === undefined || one.onTheirWay === 0
      ? []
      : [
          `messages on their way with its signature: ${one.onTheirWay}${one.verifies ? '' : '; suppliers that verify will refuse them'}`,
        ]),
  ].join('\n');
}
