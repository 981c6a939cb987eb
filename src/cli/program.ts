/** All commands. */
import { Command } from 'commander';
import { version } from '../platform/version.ts';
import { addAudit } from './audit.ts';
import { addCa } from './ca.ts';
import { addCertificate } from './certificate.ts';
import { addConfig } from './config.ts';
import type { Context } from './context.ts';
import { examples } from './context.ts';
import { addDemo } from './demo/demo.ts';
import { addDev } from './dev.ts';
import { addDocument } from './document.ts';
import { addEnrol } from './enrol/enrol-command.ts';
import { addRenew } from './enrol/renew-command.ts';
import { addEnvelope } from './envelope.ts';
import { addEvidence } from './evidence.ts';
import { exitCodes } from './exit-codes.ts';
import { addIncident } from './incident.ts';
import { addMessage } from './message.ts';
import { addMigrate } from './migrate.ts';
import { addOperator } from './operator.ts';
import { addOwnCertificate } from './own-certificate.ts';
import { addReceive } from './receive.ts';
import { addReport } from './report.ts';
import { addSend } from './send.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { addStore } from './store-command.ts';
import { addSupplier } from './supplier.ts';

export function buildProgram(context: Context): Command {
  const program = new Command('kuvert')
    .description(
      'A message gateway: what is put on a queue reaches the right company, and every message is accounted for.',
    )
    .version(version(), '--version', 'print the version')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      [
        examples(
          ['kuvert supplier import suppliers.json --dry-run', 'what an import would change'],
          ['kuvert status', 'whether every message is accounted for, and how the lanes are'],
          ['kuvert message list --state refused', 'what suppliers have refused'],
        ),
        '\nExit codes:',
        ...Object.entries(exitCodes).map(([code, meaning]) => `  ${code}  ${meaning}`),
        '\nSettings come from the environment; `kuvert config` shows them.',
      ].join('\n'),
    );
  for (const add of [
    addStart,
    addDev,
    addDemo,
    addConfig,
    addMigrate,
    addStore,
    addSupplier,
    addCertificate,
    addOwnCertificate,
    addMessage,
    addOperator,
    addStatus,
    addIncident,
    addReport,
    addDocument,
    addSend,
    addReceive,
    addEnrol,
    addRenew,
    addEnvelope,
    addEvidence,
    addAudit,
    addCa,
  ])
    add(program, context);
  return program;
}
