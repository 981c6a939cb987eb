/** `kuvert supplier mandate`: who acts for whom, for how long, and for what. */
import type { Command } from 'commander';
import { type MessageType, messageTypes } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { inspectProcess } from '../platform/config/process.ts';
import { readMandates } from '../store/mandates.ts';
import { type ActOptions, actOf, withActOptions } from './act.ts';
import { evidence, mandateId, moment, organisationNumber, someMessageTypes } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { withStore } from './store.ts';
import { mandateTable, showMandateChange } from './supplier-mandate-print.ts';
import { json } from './terminal.ts';

interface AddOptions extends ActOptions {
  readonly address?: string;
  readonly types?: readonly MessageType[];
  readonly from?: Date;
  readonly to: Date;
  readonly evidence: string;
}

export function addMandateCommands(supplier: Command, context: Context): void {
  const mandate = supplier
    .command('mandate')
    .description("Agents: an organisation's messages go to another's address, while a mandate runs.")
    .addHelpText(
      'after',
      examples(
        [
          'kuvert supplier mandate add 556016-0680 559999-0016 --to 2027-12-31 --evidence "diary 1234" --reason "ticket 1234"',
          'what comes for the first goes to the address of the second, from now to the end of 2027-12-30 (UTC)',
        ],
        ['kuvert supplier mandate list', 'who acts for whom, now or later'],
        ['kuvert supplier mandate end 7 --reason "ticket 1235"', 'at once; what waits goes elsewhere or is held'],
      ),
    );
  addAdd(mandate, context);
  addList(mandate, context);
  addEnd(mandate, context);
}

function addAdd(mandate: Command, { terminal }: Context): void {
  const command = mandate
    .command('add')
    .description('Lets an agent act for a principal. What was held for want of an address goes when it begins.')
    .argument('<principal>', 'for whom: an organisation number such as 556016-0680', organisationNumber)
    .argument('<agent>', 'who acts: the organisation number of a supplier', organisationNumber)
    .option('--address <name>', "which of the agent's addresses, when there are several in KUVERT_ENVIRONMENT")
    .option('--types <types>', `for what, with commas between; left out: ${messageTypes.join(',')}`, someMessageTypes)
    .option('--from <time>', 'when it begins: RFC 3339, or a date (00:00 UTC); left out: now', moment)
    .requiredOption('--to <time>', 'the first moment at which it does not run any more', moment)
    .requiredOption('--evidence <text>', "where the principal's signed word is kept, such as a diary number", evidence);
  withActOptions(command)
    .addHelpText(
      'after',
      examples(
        [
          'kuvert supplier mandate add 556016-0680 559999-0016 --to 2027-12-31 --evidence "diary 1234" --dry-run',
          'everything that stands against it or, if nothing does, what it would set going',
        ],
        [
          'kuvert supplier mandate add 556016-0680 559999-0016 --types purchase-order --from 2027-01-01 --to 2028-01-01 --evidence "diary 1234" --reason "ticket 1234"',
          'purchase orders, for the year 2027',
        ],
      ),
    )
    .action(async (principal: OrganisationNumber, agent: OrganisationNumber, options: AddOptions) => {
      const act = actOf('supplier mandate add', options);
      const { addMandate } = await import('../suppliers/mandates.ts');
      const { environment } = inspectProcess([]).values;
      const change = await withStore((pool) =>
        addMandate(pool, {
          principal,
          agent,
          address: options.address,
          environment,
          messageTypes: options.types ?? messageTypes,
          from: options.from,
          to: options.to,
          evidence: options.evidence,
          ...act,
        }),
      );
      terminal.out(options.json ? json(change) : showMandateChange(change));
    });
}

function addList(mandate: Command, { terminal }: Context): void {
  mandate
    .command('list')
    .description('Who acts for whom, now or later.')
    .option('--principal <organisation-number>', 'those that it has given', organisationNumber)
    .option('--agent <organisation-number>', 'those that it holds', organisationNumber)
    .option('--all', 'those that are over too')
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert supplier mandate list --agent 559999-0016', 'for whom it acts']))
    .action(
      async (options: { principal?: OrganisationNumber; agent?: OrganisationNumber; all?: true; json?: true }) => {
        const { principal, agent, all: over } = options;
        const mandates = await withStore((pool) => readMandates(pool, { principal, agent, over }));
        terminal.out(options.json ? json(mandates) : mandateTable(mandates));
      },
    );
}

function addEnd(mandate: Command, { terminal }: Context): void {
  const command = mandate
    .command('end')
    .description('Ends a mandate before its time: nothing more is sent or given out by it.')
    .argument('<id>', 'its number, as `kuvert supplier mandate list` shows it', mandateId);
  withActOptions(command)
    .addHelpText(
      'after',
      examples([
        'kuvert supplier mandate end 7 --reason "withdrawn, diary 1240"',
        'from this moment; it cannot be undone',
      ]),
    )
    .action(async (id: number, options: ActOptions) => {
      const act = actOf('supplier mandate end', options);
      const { endMandate } = await import('../suppliers/mandates.ts');
      const change = await withStore((pool) =>
        endMandate(pool, {
          id,
          ...act,
        }),
      );
      terminal.out(options.json ? json(change) : showMandateChange(change));
    });
}
