/** `kuvert supplier`: organisations, their addresses, and their lanes. */
import type { Command } from 'commander';
import { Fault } from '../domain/fault.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { Language } from '../operations/catalogue.ts';
import { explainLane } from '../operations/explain.ts';
import { readMandates } from '../store/mandates.ts';
import { laneOverview } from '../store/supplier-lanes.ts';
import { readRegister } from '../store/suppliers.ts';
import { type LaneAction, moveLane } from '../suppliers/lanes.ts';
import { type ActOptions, actOf, withActOptions } from './act.ts';
import { mandatoryReason, organisationNumber } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { egressOfProcess } from './egress.ts';
import { languageOption } from './language.ts';
import { actor, withStore } from './store.ts';
import { addDelivery } from './supplier-delivery.ts';
import { addMandateCommands } from './supplier-mandate.ts';
import { mandateTable } from './supplier-mandate-print.ts';
import { showImport, showSupplier, supplierTable } from './supplier-print.ts';
import { json } from './terminal.ts';

export function addSupplier(program: Command, context: Context): void {
  const supplier = program
    .command('supplier')
    .description('Suppliers: who they are, where they are reached, whether their lanes flow.')
    .addHelpText(
      'after',
      examples(
        ['kuvert supplier import exempel.json --reason "ticket 1234"', 'a new supplier, or a change'],
        ['kuvert supplier pause 556016-0680 --reason "they asked us to"', 'nothing is sent until it is resumed'],
      ),
    );
  addImport(supplier, context);
  addList(supplier, context);
  addShow(supplier, context);
  addDelivery(supplier, context);
  addMandateCommands(supplier, context);
  addLaneAction(supplier, context, {
    action: 'pause',
    description: 'Stops the lane to an address: nothing more is sent until it is resumed.',
    examples: [
      [
        'kuvert supplier pause 556016-0680 --reason "their maintenance, ticket 1234"',
        'what is on the wire ends; what comes meanwhile waits, and nothing is lost',
      ],
      [
        'kuvert supplier pause 556016-0680 --address order --reason "ticket 1234"',
        'one of its addresses; the others flow on',
      ],
    ],
  });
  addLaneAction(supplier, context, {
    action: 'resume',
    description: 'Lets a paused lane flow again.',
    examples: [
      ['kuvert supplier resume 556016-0680 --reason "they are ready"', 'sends what has waited, oldest first, at once'],
    ],
  });
  addLaneAction(supplier, context, {
    action: 'release',
    description: 'Lets a lane that is held or backs off flow at once, its failures forgotten.',
    examples: [
      [
        'kuvert supplier release 556016-0680 --reason "they have opened their firewall"',
        'does not wait for the next try or probe; messages that were refused or held stay so: see `kuvert message release`',
      ],
    ],
  });
}

function addImport(supplier: Command, { terminal }: Context): void {
  const command = supplier
    .command('import')
    .description(
      'Brings suppliers and their addresses in line with a file (schemas/supplier/1.json); see docs/suppliers.md.',
    )
    .argument('<file>', 'JSON: one supplier, or an array of them');
  withActOptions(command)
    .addHelpText(
      'after',
      examples(
        [
          'kuvert supplier import suppliers.json --dry-run',
          'every mistake in it or, if there is none, every change it would make',
        ],
        ['kuvert supplier import suppliers.json --reason "ticket 1234"', 'all of it or, if anything is wrong, nothing'],
      ),
    )
    .action(async (file: string, options: ActOptions) => {
      const act = actOf('supplier import', options, `supplier import --reason <text> ${file}`);
      const { readSupplierFile } = await import('../suppliers/read-file.ts');
      const { importSuppliers } = await import('../suppliers/import.ts');
      const read = readSupplierFile(file, { now: act.now, whyNoPush: await egressOfProcess() });
      const summary = await withStore((pool) => importSuppliers(pool, read, act));
      terminal.out(options.json ? json(summary) : showImport(summary));
      if (!options.json)
        for (const { where, text } of summary.warnings) terminal.err(`warning: ${where === '' ? '/' : where}: ${text}`);
    });
}

function addList(supplier: Command, { terminal }: Context): void {
  supplier
    .command('list')
    .description('Every supplier and address, with the state of its lane.')
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert supplier list', 'one line for each address']))
    .action(async (options: { json?: true }) => {
      const { suppliers, lanes } = await withStore(async (pool) => ({
        suppliers: await readRegister(pool),
        lanes: await laneOverview(pool),
      }));
      terminal.out(options.json ? json(suppliers) : supplierTable(suppliers, lanes));
    });
}

function addShow(supplier: Command, { terminal }: Context): void {
  supplier
    .command('show')
    .description('Everything about one supplier: addresses, certificates, lanes.')
    .argument('<organisation-number>', 'such as 556016-0680', organisationNumber)
    .option('--json', 'for programs')
    .addOption(languageOption())
    .addHelpText(
      'after',
      examples(
        ['kuvert supplier show 556016-0680', 'its addresses and certificates, and why a lane stands still'],
        ['kuvert supplier show 556016-0680 --language sv', 'the same; why, in Swedish'],
      ),
    )
    .action(async (number: OrganisationNumber, options: { json?: true; language: Language }) => {
      const { found, lanes, given, held } = await withStore(async (pool) => ({
        found: (await readRegister(pool, [number]))[0],
        lanes: await laneOverview(pool, number),
        given: await readMandates(pool, { principal: number }),
        held: await readMandates(pool, { agent: number }),
      }));
      const mandates = [...given, ...held];
      if (found === undefined && mandates.length > 0)
        return terminal.out(options.json ? json({ mandates }) : mandateTable(mandates));
      if (found === undefined)
        throw new Fault('not-found', `there is no supplier ${number}; see \`kuvert supplier list\``);
      const told = lanes.map((lane) => ({ ...lane, why: explainLane(lane, options.language) }));
      terminal.out(
        options.json ? json({ ...found, lanes: told, mandates }) : showSupplier(found, told, mandates, new Date()),
      );
    });
}

function addLaneAction(
  supplier: Command,
  { terminal }: Context,
  {
    action,
    ...help
  }: { action: LaneAction; description: string; examples: readonly (readonly [command: string, what: string])[] },
): void {
  supplier
    .command(action)
    .description(help.description)
    .argument('<organisation-number>', 'such as 556016-0680', organisationNumber)
    .option('--address <name>', 'which address, when there are several')
    .addOption(mandatoryReason())
    .option('--json', 'for programs')
    .addHelpText('after', examples(...help.examples))
    .action(async (number: OrganisationNumber, options: { address?: string; reason: string; json?: true }) => {
      const moved = await withStore((pool) =>
        moveLane(pool, {
          action,
          organisationNumber: number,
          address: options.address,
          actor: actor(),
          reason: options.reason,
          now: new Date(),
        }),
      );
      if (options.json) terminal.out(json(moved));
      else
        terminal.out(
          moved.before === moved.after
            ? `${number}, address ${moved.address}: the lane is ${moved.after} already; nothing was changed`
            : `${number}, address ${moved.address}: the lane was ${moved.before} and is ${moved.after}`,
        );
    });
}
