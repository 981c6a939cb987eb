/** `kuvert start`: production. */
import type { Command } from 'commander';
import { inspectProcess } from '../platform/config/process.ts';
import { untilTold } from '../platform/lifecycle.ts';
import { createLog } from '../platform/log.ts';
import { version } from '../platform/version.ts';
import { type Context, examples } from './context.ts';
import { readRoles } from './roles.ts';

export function addStart(program: Command, _context: Context): void {
  program
    .command('start')
    .description('Runs the gateway, or some of its roles, until it is told to stop (SIGTERM, Ctrl-C).')
    .argument('[role...]', 'intake, delivery, supplier-api, operator-api, ca; none named: all but ca')
    .addHelpText(
      'after',
      examples(
        ['kuvert start', 'everything in one process, but the certificate authority'],
        ['kuvert start intake', 'this role here, the others elsewhere; several processes of one role share its work'],
        ['kuvert start ca', 'the certificate authority, where its key lies; it listens to nobody'],
      ),
    )
    .action(async (named: string[]) => {
      const { prepare, roleNames, settingsFor, startGateway, usualRoles } = await import('../roles/start.ts');
      const roles = readRoles(named, { roleNames, usualRoles }, 'kuvert start');
      const inspected = inspectProcess([...settingsFor(roles), 'logLevel', 'logPretty']);
      const { settings, credentials } = prepare(roles, inspected, new Date());
      const log = createLog({ level: settings.logLevel, pretty: settings.logPretty });
      // Heard from the first moment on: a stop that comes while it starts ends it as soon as it has.
      const { told } = untilTold();
      // Before the roles run there is nothing to read again, and nobody is to be ended by it.
      let reload: () => Promise<void> = async () => undefined;
      process.on('SIGHUP', () => void reload());
      const gateway = await startGateway(settings, roles, log, version(), credentials);
      reload = gateway.reload;
      log.info('the gateway runs', { roles, version: version(), supplierPort: gateway.supplierPort });
      log.info('the gateway stops', { signal: await told });
      await gateway.stop();
    });
}
