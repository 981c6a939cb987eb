/** `kuvert message`: looking at messages, and moving them. */
import type { Command } from 'commander';
import type { DeliveryState } from '../domain/delivery.ts';
import { Fault, type FaultCode, faultTable } from '../domain/fault.ts';
import type { MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { Language } from '../operations/catalogue.ts';
import { explain, explainAttempt } from '../operations/explain.ts';
import { actsOf } from '../operations/message-acts.ts';
import { type MessageAction, type MessageMoved, moveMessage } from '../operations/messages.ts';
import { type DeliveryRow, listMessages, type MessageDetails, readMessage } from '../store/messages.ts';
import { deliveryState, mandatoryReason, messageType, organisationNumber, since, whole } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { languageOption } from './language.ts';
import { find, findOne } from './message-find.ts';
import { addSelection, isManyAction, type ManyOptions, moveSelected, refuseSelection } from './message-many.ts';
import { messageTable, showMessage } from './message-print.ts';
import { actor, withStore } from './store.ts';
import { json } from './terminal.ts';

export function addMessage(program: Command, context: Context): void {
  const message = program
    .command('message')
    .description('Messages: where they are and why, and moving them by hand.')
    .addHelpText(
      'after',
      examples(
        ['kuvert message show SF-2026-0042', 'where it is and why, by document number'],
        ['kuvert message release SF-2026-0042 --reason "they fixed it"', 'sends a refused or held message'],
        [
          'kuvert message release --recipient 556016-0680 --since 1d --reason "ticket 1234"',
          'how many they have refused since yesterday; with --yes they are sent again',
        ],
      ),
    );
  addList(message, context);
  addShow(message, context);
  addAction(message, context, {
    action: 'resend',
    description: 'Delivers a delivered message once more, as a new delivery with the same envelope.',
    example: [
      'kuvert message resend SF-2026-0042 --reason "they lost it, ticket 1234"',
      'agree on it first: a supplier that drops repeats by id drops this one',
    ],
    more: [
      [
        'kuvert message resend --recipient 556016-0680 --from-sequence 40 --to-sequence 90 --reason "disk crash" --yes',
        'a range, as far as it was delivered; without --yes: what that would be',
      ],
    ],
  });
  addAction(message, context, {
    action: 'cancel',
    description: 'Withdraws a message that is not with the supplier and not on the wire.',
    example: [
      'kuvert message cancel SF-2026-0042 --reason "wrong sum"',
      'for good; KA may then send the same document number with other content',
    ],
  });
  addAction(message, context, {
    action: 'hold',
    description: 'Keeps a message from being sent until it is released.',
    example: [
      'kuvert message hold SF-2026-0042 --reason "KA is looking into it"',
      'also one that is held already: it then outlasts the reason that it was held for',
    ],
  });
  addAction(message, context, {
    action: 'release',
    description: 'Sends a refused or held message on its way.',
    example: [
      'kuvert message release SF-2026-0042 --reason "they have fixed it"',
      'with its whole schedule of tries before it, at the address that takes it now',
    ],
    more: [
      [
        'kuvert message release --recipient 556016-0680 --state refused --since 1d --reason "they fixed it" --yes',
        'all that they have refused since yesterday; without --yes: what that would be',
      ],
    ],
  });
}

interface ListOptions {
  recipient?: OrganisationNumber;
  state?: DeliveryState;
  type?: MessageType;
  document?: string;
  since?: Date;
  after?: number;
  limit: number;
  json?: true;
}

function addList(message: Command, { terminal }: Context): void {
  message
    .command('list')
    .description('Messages, newest first, a page at a time.')
    .option('--recipient <organisation-number>', 'only to this organisation', organisationNumber)
    .option('--state <state>', 'only in this state', deliveryState)
    .option('--type <message-type>', 'only of this type', messageType)
    .option('--document <number>', 'only with this document number')
    .option('--since <time>', 'only accepted since then: a time, a date, or a duration such as 2h', since)
    .option('--after <number>', 'go on after this message: the last number of the page before', whole(1, 1e15))
    .option('--limit <count>', 'how many', whole(1, 1_000), 50)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        ['kuvert message list --state held --since 1d', 'what was accepted since yesterday and is held'],
        ['kuvert message list --recipient 556016-0680 --json', 'for a script; `next` is what --after takes'],
      ),
    )
    .action(async ({ type, document, json: asJson, ...filter }: ListOptions) => {
      const rows = await withStore((pool) =>
        listMessages(pool, { ...filter, messageType: type, documentNumber: document }),
      );
      const next = rows.length === filter.limit ? rows.at(-1)?.number : undefined;
      if (asJson) return terminal.out(json({ messages: rows, next: next ?? null }));
      terminal.out(rows.length === 0 ? 'No messages.' : messageTable(rows));
      if (next !== undefined) terminal.err(`There may be more: --after ${next}`);
    });
}

function addShow(message: Command, { terminal }: Context): void {
  message
    .command('show')
    .description('Everything on record about a message: why it is where it is, deliveries, attempts, envelope.')
    .argument('<message>', 'message id, or document number (then all that have it)')
    .option('--json', 'for programs')
    .addOption(languageOption())
    .addHelpText(
      'after',
      examples(
        ['kuvert message show SF-2026-0042', 'by document number, every version of it'],
        [
          'kuvert message show SF-2026-0042 --language sv',
          'what happened at each try, and what comes next, in Swedish',
        ],
      ),
    )
    .action(async (reference: string, { language, ...options }: { json?: true; language: Language }) => {
      const now = new Date();
      const shown = await withStore(async (pool) => {
        const found = await find(pool, reference);
        return Promise.all(
          found.map(async (row) => {
            const details = await readMessage(pool, row.id);
            return { row, details, acts: await actsOf(pool, row.id, details, mostActs) };
          }),
        );
      });
      const whole = shown.flatMap(({ row, details, acts }) => {
        const current = details?.deliveries.find((delivery) => delivery.current);
        return details && current ? [{ row, details, acts, why: explain(current, now, language) }] : [];
      });
      if (options.json)
        terminal.out(
          json(
            whole.map(({ row, details, acts, why }) => ({
              ...row,
              why,
              ...withSentences(details, language),
              acts: acts.map(({ id, at, actor, action, reason }) => ({ id, at, actor, action, reason })),
            })),
          ),
        );
      else
        terminal.out(whole.map((one) => showMessage(one.row, one.details, one.acts, one.why, language)).join('\n\n'));
    });
}

/** Rows of the audit that are shown with a message. */
const mostActs = 200;

type Example = readonly [command: string, what: string];

function addAction(
  message: Command,
  context: Context,
  {
    action,
    description,
    example,
    more = [],
  }: { action: MessageAction; description: string; example: Example; more?: readonly Example[] },
): void {
  const many = isManyAction(action);
  const command = message
    .command(action)
    .description(description)
    .argument(many ? '[message]' : '<message>', 'message id, or document number if only one message has it')
    .addOption(mandatoryReason())
    .option('--json', 'for programs')
    .addHelpText('after', examples(example, ...more));
  if (many) addSelection(command, action);
  command.action(async (reference: string | undefined, options: ManyOptions) => {
    if (many && options.recipient !== undefined)
      return moveSelected(context, action, reference, { ...options, recipient: options.recipient });
    refuseSelection(options);
    if (reference === undefined)
      throw new Fault('argument-invalid', 'name one message, or select many of one supplier with --recipient');
    const moved = await withStore(async (pool) => {
      const { id } = await findOne(pool, reference);
      return moveMessage(pool, { action, messageId: id, actor: actor(), reason: options.reason, now: new Date() });
    });
    context.terminal.out(options.json ? json(moved) : said(moved));
  });
}

/** Each attempt with its own sentence. */
function withSentences(details: MessageDetails, language: Language) {
  const told = (delivery: DeliveryRow) =>
    delivery.attempts.map((attempt) => ({ ...attempt, why: explainAttempt(attempt, language) }));
  return { ...details, deliveries: details.deliveries.map((one) => ({ ...one, attempts: told(one) })) };
}

function said({ messageId, documentNumber, before, after, because, changed }: MessageMoved): string {
  const named = `message ${messageId} (${documentNumber})`;
  if (!changed) return `${named} is ${after} already; nothing was changed`;
  if (before !== after) return `${named} was ${before} and is ${after}`;
  const title = because !== undefined && because in faultTable ? faultTable[because as FaultCode].title : because;
  return `${named} is ${after} as before, but by an operator now${title === undefined ? '' : `, no longer for “${title}”`}: only \`kuvert message release\` sends it`;
}
