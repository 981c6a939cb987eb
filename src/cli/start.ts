/** `kuvert start`: production. */
import type { Command } from 'commander';
import { Fault } from '../domain/fault.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import type { Settings } from '../platform/config/settings.ts';
import { untilTold } from '../platform/lifecycle.ts';
import { createLog } from '../platform/log.ts';
import { type Context, examples } from './context.ts';
import { version } from './version.ts';

export function addStart(program: Command, _context: Context): void {
  program
    .command('start')
    .description('Runs the gateway, or some of its roles, until it is told to stop (SIGTERM, Ctrl-C).')
    .argument('[role...]', 'intake, delivery, supplier-api; none named: all of them')
    .addHelpText(
      'after',
      examples(
        ['kuvert start', 'everything in one process'],
        ['kuvert start intake', 'this role here, the others elsewhere; several processes of one role share its work'],
      ),
    )
    .action(async (named: string[]) => {
      const { roleNames, settingsFor, startGateway } = await import('../roles/start.ts');
      const unknown = named.filter((name) => !(roleNames as readonly string[]).includes(name));
      if (unknown.length > 0)
        throw new Fault(
          'argument-invalid',
          `there is no role ${unknown.join(', ')}; the roles are ${roleNames.join(', ')}\nThe right form: kuvert start [role...]`,
        );
      const roles = named.length === 0 ? roleNames : roleNames.filter((name) => named.includes(name));
      const settings = settingsOfProcess([...settingsFor(roles), 'logLevel', 'logPretty']) as Settings;
      const log = createLog({ level: settings.logLevel, pretty: settings.logPretty });
      // Heard from the first moment on: a stop that comes while it starts ends it as soon as it has.
      const { told } = untilTold();
      const gateway = await startGateway(settings, roles, log, version());
      log.info('the gateway runs', { roles, version: version(), supplierPort: gateway.supplierPort });
      log.info('the gateway stops', { signal: await told });
      await gateway.stop();
    });
}
