/** `kuvert dev`: the gateway on a developer's machine, with servers and certificates of its own. */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import type { DevSupplier } from '../pki/dev-certificates.ts';
import { processEnvironment } from '../platform/config/process.ts';
import { untilTold } from '../platform/lifecycle.ts';
import { createLog } from '../platform/log.ts';
import { version } from '../platform/version.ts';
import type { Stage } from '../roles/stage.ts';
import { type Context, examples } from './context.ts';
import { addDevSeed } from './dev-seed.ts';

export function addDev(program: Command, context: Context): void {
  const { terminal } = context;
  const dev = program
    .command('dev')
    .description('Runs the gateway with private local servers for those that no setting names, and fresh certificates.')
    .addHelpText(
      'after',
      [
        '\nData and certificates lie under .kuvert/dev and outlive the run; remove it to begin anew. The authority is that in',
        '.kuvert/dev/ca: the one that `kuvert ca init` made there, else one that is made now. Certificates may be renewed at any',
        'time (KUVERT_RENEWAL_FROM). Nothing here is meant for production: that is `kuvert start`.',
        examples(
          ['kuvert dev', 'in one terminal'],
          [
            'kuvert ca init --folder .kuvert/dev/ca --organisation Exempelmyndigheten --environment test',
            'before the first time: with an authority of your own; docs/certificates.md goes on from here',
          ],
          ['set -a; . .kuvert/dev/env; set +a; kuvert status', 'in another: the same servers'],
          [
            '( set -a; . .kuvert/dev/supplier.env; curl --cacert "$CA" --cert "$CERTIFICATE" --key "$KEY" "$GATEWAY/v1/messages" )',
            'in another: what waits for a supplier; docs/supplier-guide.md goes on from here',
          ],
        ),
      ].join('\n'),
    )
    .action(async () => {
      const { told } = untilTold();
      // Loaded when needed: the other commands are quicker without the whole gateway.
      const { fetching, pushedTo: sample } = await import('./dev-suppliers.ts');
      const { openStage } = await import('../roles/stage.ts');
      const { roleNames, startGateway } = await import('../roles/start.ts');
      const log = createLog({ level: 'info', pretty: true });
      terminal.err('Starting PostgreSQL, Redis and ActiveMQ where no setting names one …');
      const stage = await openStage({
        folder: '.kuvert/dev',
        keep: true,
        certificatesFolder: '.kuvert/dev/certificates',
        suppliers: [sample, fetching],
        roles: roleNames,
        given: processEnvironment,
        log,
      });
      try {
        const gateway = await startGateway(stage.settings, roleNames, log, version());
        const credential = stage.supplierCredentials.get(sample.organisationNumber);
        const offer = await fetchingOffer(stage, fetching, gateway.supplierPort ?? 0);
        const console = await consoleLines(stage, gateway.operatorOrigin);
        const file = writeSampleSupplier(stage.folder, sample, credential?.certificateFile ?? '');
        terminal.err(
          [
            '',
            `The gateway runs. Suppliers find its keys at https://localhost:${gateway.supplierPort}/.well-known/jwks.json`,
            `Settings for other terminals:  set -a; . ${relative('.', stage.environmentFile)}; set +a`,
            ...console,
            ...authorityLines(stage),
            `Letters and SMS are files in:  ${here(stage, 'mail')} and ${here(stage, 'sms')}; docs/certificates.md`,
            `A supplier to push to:         ${relative('.', file)} (its endpoint: https://localhost:${samplePort}/); README.md, “Use it”`,
            ...offer,
            'Ctrl-C stops everything.',
            '',
          ].join('\n'),
        );
        await told;
        terminal.err('Stopping …');
        await gateway.stop();
      } finally {
        await stage.stop();
      }
    });
  addDevSeed(dev, context);
}

const here = ({ folder }: Stage, name: string): string => relative('.', join(folder, name));

/** Nobody gets an account in somebody's own database unasked. */
async function consoleLines(stage: Stage, origin: string | undefined): Promise<readonly string[]> {
  if (origin === undefined) return [];
  if (processEnvironment['DATABASE_URL']) return [`The operators' console:        ${origin}/; \`kuvert operator add\``];
  const { consoleLink } = await import('./console-link.ts');
  const { createPool } = await import('../store/pool.ts');
  const pool = createPool({ url: stage.settings.databaseUrl, connections: 1, name: 'kuvert dev' });
  try {
    return [`The operators' console:        ${await consoleLink(pool, 'dev', origin)} (signs in once)`];
  } finally {
    await pool.close();
  }
}

/** Whose certificates suppliers get. */
function authorityLines(stage: Stage): readonly string[] {
  return [
    `Its authority:                 ${here(stage, 'ca')}; the root's SHA-256 is ${stage.rootSha256}`,
    ...(stage.rootKeyIsThere
      ? ["                               The root's key lies there too: in production it is kept off line."]
      : []),
  ];
}

/** Lines about the supplier that fetches. In somebody's own database nobody is registered, and nothing goes on a queue of theirs. */
async function fetchingOffer(stage: Stage, supplier: DevSupplier, port: number): Promise<readonly string[]> {
  const credential = stage.supplierCredentials.get(supplier.organisationNumber);
  const { DATABASE_URL, BROKER_URLS } = processEnvironment;
  if (credential === undefined || DATABASE_URL || BROKER_URLS) return [];
  const { offerFetching } = await import('./dev-supplier.ts');
  const file = relative('.', await offerFetching(stage, supplier, credential, port));
  return [
    `A supplier that fetches:       ${supplier.organisationNumber}, registered, an order waits for it; docs/supplier-guide.md`,
    `Be that supplier:              set -a; . ${file}; set +a`,
    '                               curl --cacert "$CA" --cert "$CERTIFICATE" --key "$KEY" "$GATEWAY/v1/messages"',
  ];
}

/** Where `kuvert receive` of the README listens. */
const samplePort = 9443;

/** A supplier file to import, with the certificate that was made for it. */
function writeSampleSupplier(
  folder: string,
  { organisationNumber, name }: { organisationNumber: string; name: string },
  certificateFile: string,
): string {
  const file = join(folder, 'supplier.json');
  const address = {
    environment: 'test',
    delivery: 'push',
    url: `https://localhost:${samplePort}/`,
    certificates: [{ file: relative(folder, certificateFile) }],
    messageTypes: ['purchase-order', 'self-invoice', 'self-invoice-credit'],
  };
  writeFileSync(file, `${JSON.stringify({ organisationNumber, name, addresses: [address] }, null, 2)}\n`);
  return file;
}
