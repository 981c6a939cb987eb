/** `kuvert send`: puts documents on the queue, as KA would. */
import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { settingsOfProcess } from '../platform/config/process.ts';
import { silentLog } from '../platform/log.ts';
import { messageType, organisationNumber } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { readBytes } from './read-text.ts';
import { json } from './terminal.ts';

interface SendOptions {
  type?: MessageType;
  recipient?: OrganisationNumber;
  eventTime?: string;
  correlationId?: string;
  header?: Record<string, string>;
  text?: true;
  bytes?: true;
  queue?: string;
  json?: true;
}

export function addSend(program: Command, { terminal }: Context): void {
  program
    .command('send')
    .description('Puts documents on the queue as KA would: byte for byte, one frame for each file. Needs BROKER_URLS.')
    .argument('<file...>', 'documents: Svefaktura, Peppol or JSON')
    .option('--type <message-type>', 'header messageType; left out, it is read from the document', messageType)
    .option(
      '--recipient <organisation-number>',
      'header recipient; left out, it is read from the document',
      organisationNumber,
    )
    .option('--event-time <time>', 'header eventTime, RFC 3339; left out, the time of sending', eventTime)
    .option('--correlation-id <id>', 'header correlationId, handed through to the answers and the envelope')
    .option('--header <name=value>', 'any other header; may be repeated', header)
    .addOption(new Option('--bytes', 'as a JMS bytes message (the default)').conflicts('text'))
    .addOption(new Option('--text', 'as a JMS text message: only for UTF-8 documents').conflicts('bytes'))
    .option('--queue <name>', 'another queue than KUVERT_QUEUE_IN')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert send invoice.xml', 'type and recipient as the document says'],
        ['kuvert send --type purchase-order --recipient 556016-0680 order.json', 'headers that must agree with it'],
      ),
    )
    .action(async (files: string[], options: SendOptions) => {
      const bodies = files.map((file) => ({ file, body: readBytes(file) }));
      const settings = settingsOfProcess([
        'brokerUrls',
        'brokerUser',
        'brokerPassword',
        'brokerCaFile',
        'brokerHeartbeat',
        'brokerWatchdog',
        'queueIn',
      ]);
      const queue = options.queue ?? settings.queueIn;
      const headers = headersOf(options);
      const { brokerOf } = await import('../roles/intake.ts');
      const sender = brokerOf(settings, silentLog).createSender();
      try {
        await sender.send(bodies.map(({ body }) => ({ queue, headers, body, isText: options.text === true })));
      } finally {
        await sender.close();
      }
      if (options.json)
        terminal.out(json({ queue, sent: bodies.map(({ file, body }) => ({ file, bytes: body.length })) }));
      else for (const { file, body } of bodies) terminal.out(`${basename(file)}: ${body.length} bytes on ${queue}`);
    });
}

function headersOf(options: SendOptions): Record<string, string> {
  return {
    ...options.header,
    ...(options.type === undefined ? {} : { messageType: options.type }),
    ...(options.recipient === undefined ? {} : { recipient: options.recipient }),
    ...(options.eventTime === undefined ? {} : { eventTime: options.eventTime }),
    ...(options.correlationId === undefined ? {} : { correlationId: options.correlationId }),
  };
}

function eventTime(text: string): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('A time with its zone is expected, such as 2026-03-01T12:00:00+01:00.');
  return text;
}

function header(text: string, before: Record<string, string> = {}): Record<string, string> {
  const match = /^([A-Za-z_][\w-]{0,99})=(.*)$/s.exec(text);
  if (!match) throw new InvalidArgumentError('NAME=VALUE is expected.');
  return { ...before, [match[1] ?? '']: match[2] ?? '' };
}
