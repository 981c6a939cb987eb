/** `kuvert supplier delivery`: pushed to, fetched from, or handed over. */
import { Argument, type Command } from 'commander';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { inspectProcess } from '../platform/config/process.ts';
import type { DeliveryMode } from '../suppliers/wanted.ts';
import { type ActOptions, actOf, withActOptions } from './act.ts';
import { organisationNumber } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { egressOfProcess } from './egress.ts';
import { withStore } from './store.ts';
import { showImport } from './supplier-print.ts';
import { json } from './terminal.ts';

interface Options extends ActOptions {
  readonly address?: string;
  readonly url?: string;
}

export function addDelivery(supplier: Command, { terminal }: Context): void {
  const command = supplier
    .command('delivery')
    .description('Changes how an address is delivered to, with all that waits there.')
    .argument('<organisation-number>', 'such as 556016-0680', organisationNumber)
    .addArgument(
      new Argument('<delivery>', 'push: we send · pull: the supplier fetches · manual: somebody hands over').choices([
        'push',
        'pull',
        'manual',
      ]),
    )
    .option('--address <name>', 'which address, when there are several in KUVERT_ENVIRONMENT')
    .option('--url <url>', 'where to push; left out: the URL that the address has kept');
  withActOptions(command)
    .addHelpText(
      'after',
      examples(
        [
          'kuvert supplier delivery 556016-0680 pull --reason "they fetch from today"',
          'what is on the wire ends; what waits goes on waiting and is fetched; the URL is kept',
        ],
        [
          'kuvert supplier delivery 556016-0680 push --reason "ticket 1234"',
          'pushes again, oldest first and at once, to the URL that was kept',
        ],
        [
          'kuvert supplier delivery 556016-0680 push --address order --url https://b2b.exempel.se/in --dry-run',
          'whether it could be done, and what it would change',
        ],
      ),
    )
    .action(async (number: OrganisationNumber, delivery: DeliveryMode, options: Options) => {
      const act = actOf('supplier delivery', options, `supplier delivery ${number} ${delivery} --reason <text>`);
      const { changeDelivery } = await import('../suppliers/delivery-mode.ts');
      const whyNoPush = await egressOfProcess();
      const { environment } = inspectProcess([]).values;
      const summary = await withStore((pool) =>
        changeDelivery(pool, {
          organisationNumber: number,
          delivery,
          address: options.address,
          environment,
          url: options.url,
          whyNoPush,
          ...act,
        }),
      );
      terminal.out(options.json ? json(summary) : showImport(summary));
      if (!options.json) for (const { where, text } of summary.warnings) terminal.err(`warning: ${where}: ${text}`);
    });
}
