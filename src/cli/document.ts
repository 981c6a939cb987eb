/** `kuvert document`: for KA's developers; needs no server. */
import { type Command, Option } from 'commander';
import type { PeppolOptions } from '../documents/sample-peppol.ts';
import { type DocumentRules, parseDocumentRules } from '../domain/document-rules.ts';
import { Fault } from '../domain/fault.ts';
import type { MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import { messageType, organisationNumber } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { showChecked } from './document-print.ts';
import { readBytes } from './read-text.ts';
import { json } from './terminal.ts';

interface CheckOptions {
  type?: MessageType;
  recipient?: OrganisationNumber;
  text?: true;
  rules?: DocumentRules;
  json?: true;
}

export function addDocument(program: Command, context: Context): void {
  const document = program
    .command('document')
    .description('Documents, for those who write them. No server is needed.')
    .addHelpText(
      'after',
      examples(
        ['kuvert document check invoice.xml', 'would the gateway take it?'],
        ['kuvert document sample self-invoice --format peppol', 'one that it takes'],
      ),
    );
  addCheck(document, context);
  addSample(document, context);
}

function addCheck(document: Command, { terminal, exitWith }: Context): void {
  document
    .command('check')
    .description(
      'Checks documents as intake would, by the settings of this shell (KUVERT_DOCUMENT_…, KUVERT_SENDER_ORGANISATION). Exit code 6 when one would be rejected.',
    )
    .argument('<file...>', 'documents, byte for byte as they are to be sent')
    .option('--type <message-type>', 'what the header messageType will say', messageType)
    .option('--recipient <organisation-number>', 'what the header recipient will say', organisationNumber)
    .addOption(new Option('--text', 'as a text message, which is always UTF-8').conflicts('bytes'))
    .addOption(new Option('--bytes', 'as a bytes message (the default)').conflicts('text'))
    .option('--rules <list>', 'instead of KUVERT_DOCUMENT_RULES', documentRules)
    .option('--json', 'for programs: one object for each file')
    .addHelpText(
      'after',
      examples(
        ['kuvert document check --text invoice.json', 'as KA’s system sends it'],
        ['kuvert document check --type self-invoice --recipient 556016-0680 *.xml', 'and do the headers agree?'],
        ['kuvert document check --rules svefaktura-1.0=warn --json invoice.xml', 'with sums that only warn'],
      ),
    )
    .action(async (files: string[], options: CheckOptions) => {
      const { checkDocument } = await import('../documents/check-file.ts');
      const settings = settingsOfProcess([
        'documentBytes',
        'documentDepth',
        'documentElements',
        'documentRules',
        'senderOrganisation',
      ]);
      const expected = {
        messageType: options.type,
        recipient: options.recipient,
        buyer: settings.senderOrganisation,
      };
      const checked = files.map((file) => ({
        file,
        ...checkDocument(readBytes(file), options.text ? 'text' : 'bytes', {
          limits: {
            bytes: settings.documentBytes,
            depth: settings.documentDepth,
            elements: settings.documentElements,
          },
          rules: options.rules ?? settings.documentRules,
          expected,
        }),
      }));
      if (checked.some(({ accepted }) => !accepted)) exitWith(6);
      terminal.out(options.json ? json({ documents: checked }) : checked.map(showChecked).join('\n\n'));
    });
}

function documentRules(text: string): DocumentRules {
  try {
    return parseDocumentRules(text);
  } catch (error) {
    throw new Fault('argument-invalid', `--rules ${(error as Error).message}`, { cause: error });
  }
}

interface SampleOptions {
  format: 'json' | 'svefaktura' | 'peppol';
  recipient?: OrganisationNumber;
  number: string;
}

function addSample(document: Command, { terminal }: Context): void {
  document
    .command('sample')
    .description('Writes a document that passes every check, to begin from. Supplier and amounts are invented.')
    .argument('<message-type>', 'purchase-order, self-invoice or self-invoice-credit', messageType)
    .addOption(
      new Option('--format <format>', 'how it is written').choices(['json', 'svefaktura', 'peppol']).default('json'),
    )
    .option('--recipient <organisation-number>', 'to whom', organisationNumber)
    .option('--number <document-number>', 'its document number', 'SAMPLE-1')
    .addHelpText(
      'after',
      examples(['kuvert document sample purchase-order --format peppol > order.xml', 'a Peppol order']),
    )
    .action(async (type: MessageType, { format, recipient, number }: SampleOptions) => {
      const { sampleOrganisationNumber } = await import('../documents/sample.ts');
      const write = (await writers())[format][type];
      if (write === undefined) {
        throw new Fault('argument-invalid', 'a Svefaktura is a self-invoice or its credit; orders are json or peppol');
      }
      const bytes = write({ recipient: recipient ?? sampleOrganisationNumber(1), number });
      terminal.out(bytes.toString('utf8').replace(/\n$/, ''));
    });
}

type Writer = (options: PeppolOptions) => Buffer;

async function writers(): Promise<Record<SampleOptions['format'], Partial<Record<MessageType, Writer>>>> {
  const own = await import('../documents/sample.ts');
  const peppol = await import('../documents/sample-peppol.ts');
  return {
    json: {
      'purchase-order': own.jsonPurchaseOrder,
      'self-invoice': own.jsonSelfInvoice,
      'self-invoice-credit': own.jsonCredit,
    },
    svefaktura: {
      'self-invoice': (options) => own.svefaktura(options),
      'self-invoice-credit': (options) => own.svefaktura({ ...options, credit: true }),
    },
    peppol: {
      'purchase-order': peppol.peppolOrder,
      'self-invoice': peppol.peppolSelfInvoice,
      'self-invoice-credit': peppol.peppolCredit,
    },
  };
}
