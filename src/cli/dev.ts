/** `kuvert dev`: the gateway on a developer's machine, with servers and certificates of its own. */
import type { Command } from 'commander';
import { processEnvironment } from '../platform/config/process.ts';
import { untilTold } from '../platform/lifecycle.ts';
import { createLog } from '../platform/log.ts';
import { type Context, examples } from './context.ts';
import { version } from './version.ts';

export function addDev(program: Command, { terminal }: Context): void {
  program
    .command('dev')
    .description('Runs the gateway with private local servers for those that no setting names, and fresh certificates.')
    .addHelpText(
      'after',
      [
        '\nData lie under .kuvert/dev and outlive the run; certificates are made anew in certs-dev/ each time. Nothing here is',
        'meant for production: that is `kuvert start`.',
        examples(
          ['kuvert dev', 'in one terminal'],
          ['set -a; . .kuvert/dev/env; set +a; kuvert status', 'in another: the same servers'],
        ),
      ].join('\n'),
    )
    .action(async () => {
      const { told } = untilTold();
      // Loaded when needed: the other commands are quicker without the whole gateway.
      const { sampleOrganisationNumber } = await import('../documents/sample.ts');
      const { openStage } = await import('../roles/stage.ts');
      const { roleNames, startGateway } = await import('../roles/start.ts');
      const log = createLog({ level: 'info', pretty: true });
      const sample = { organisationNumber: sampleOrganisationNumber(1), name: 'Norrskenet Utbildning AB' };
      terminal.err('Starting PostgreSQL, Redis and ActiveMQ where no setting names one …');
      const stage = await openStage({
        folder: '.kuvert/dev',
        keep: true,
        certificatesFolder: 'certs-dev',
        suppliers: [sample],
        roles: roleNames,
        given: processEnvironment,
        log,
      });
      try {
        const gateway = await startGateway(stage.settings, roleNames, log, version());
        const credential = stage.supplierCredentials.get(sample.organisationNumber);
        terminal.err(
          [
            '',
            `The gateway runs. Suppliers' listener: https://127.0.0.1:${gateway.supplierPort}/.well-known/jwks.json`,
            `Settings for other terminals:  set -a; . ${stage.environmentFile}; set +a`,
            `A supplier's certificate to try with (${sample.organisationNumber}): ${credential?.certificateFile}`,
            'Ctrl-C stops everything.',
            '',
          ].join('\n'),
        );
        await told;
        await gateway.stop();
      } finally {
        await stage.stop();
      }
    });
}
