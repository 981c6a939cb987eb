/** `kuvert receive`: a supplier's endpoint, to try things out with and to read as a reference. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Fault } from '../domain/fault.ts';
import type { Environment } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { VerificationKeys } from '../envelope/keys.ts';
import { untilTold } from '../platform/lifecycle.ts';
import { openFolder, readReceived } from '../receiver/folder.ts';
import { explainGap, gapsOf } from '../receiver/gaps.ts';
import { keepKeys } from '../receiver/keys.ts';
import { inOrder } from '../receiver/order.ts';
import type { Received } from '../receiver/received.ts';
import { organisationNumbers, whole } from './arguments.ts';
import { type Context, examples } from './context.ts';
import { readText } from './read-text.ts';
import type { ReceiverEvent } from './receive-server.ts';
import { moment, table } from './table.ts';
import { json, type Terminal } from './terminal.ts';

interface ReceiveOptions {
  host: string;
  port: number;
  cert: string;
  key: string;
  ca: string;
  jwks: string;
  folder: string;
  organisation?: OrganisationNumber[];
  environment?: Environment;
  client?: string[];
  status?: number;
  times?: number;
  retryAfter?: string;
  json?: true;
}

const mostBytes = 32 * 1_048_576;
/** Whoever tries things out changes keys more often than a sender does. Milliseconds. */
const freshness = 10_000;

export function addReceive(program: Command, { terminal }: Context): void {
  const receive = program
    .command('receive')
    .description(
      "A reference supplier: an endpoint that verifies the client's certificate and the signature, drops repeats, and writes document and envelope to files before it says yes.",
    )
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <port>', 'port; 0 takes a free one', whole(0, 65_535), 0)
    .option('--cert <file>', "the endpoint's certificate and chain, PEM; must be given")
    .option('--key <file>', 'its private key, PEM; must be given')
    .option('--ca <file>', 'authorities that issue client certificates, PEM; must be given')
    .option('--jwks <url-or-file>', "the sender's key set; must be given")
    .option('--folder <dir>', 'where documents, envelopes and the memory of what has come are kept; must be given')
    .option('--organisation <number>', 'only envelopes for it; may be repeated (default: any)', organisationNumbers)
    .addOption(new Option('--environment <name>', 'only envelopes of it').choices(['test', 'production']))
    .option(
      '--client <sha-256>',
      'only this client certificate; may be repeated (default: any that the CA issued)',
      fingerprints,
    )
    .option('--status <code>', 'answer with this status instead, to see what the sender does', whole(200, 599))
    .option('--times <count>', 'with --status: only so many times, then behave (default: always)', whole(1, 1e9))
    .option('--retry-after <value>', 'with that status, a Retry-After header')
    .option('--json', 'a line of JSON for each request')
    .addHelpText(
      'after',
      examples(
        [
          'kuvert receive --port 9443 --cert s.pem --key s.key --ca ca.pem --jwks https://kuvert:8443/.well-known/jwks.json --folder in',
          'an endpoint at https://127.0.0.1:9443/',
        ],
        ['kuvert receive … --status 503 --times 10', 'busy for ten requests, then well'],
        ['kuvert receive list --folder in', 'what has come, in order, and which numbers are missing'],
      ),
    )
    .action((options: Partial<ReceiveOptions>) => listen(complete(options), terminal));
  receive
    .command('list')
    .description('What a folder has received: sorted by event time and sequence, gaps explained.')
    .option('--folder <dir>', 'the folder; must be given')
    .option('--json', 'for programs')
    .addHelpText('after', examples(['kuvert receive list --folder in', 'also while a receiver writes to it']))
    .action((_: unknown, command: Command) => {
      // The parent has options of the same names; whoever came first on the line has the value.
      const { folder, json } = command.optsWithGlobals<{ folder?: string; json?: true }>();
      if (folder === undefined) throw missing(['--folder <dir>'], 'kuvert receive list --folder <dir>');
      terminal.out(listing(readReceived(folder), json === true));
    });
}

/** Not commander's to check: it would ask the same of `receive list`. */
function complete(options: Partial<ReceiveOptions>): ReceiveOptions {
  const needed = {
    cert: '--cert <file>',
    key: '--key <file>',
    ca: '--ca <file>',
    jwks: '--jwks <url-or-file>',
    folder: '--folder <dir>',
  };
  const lacking = Object.entries(needed).filter(([name]) => options[name as keyof typeof needed] === undefined);
  if (lacking.length > 0)
    throw missing(
      lacking.map(([, flags]) => flags),
      `kuvert receive ${Object.values(needed).join(' ')} [options]`,
    );
  return options as ReceiveOptions;
}

const missing = (flags: readonly string[], form: string): Fault =>
  new Fault(
    'argument-invalid',
    `${flags.join(', ')} must be given\nThe right form: ${form}\nMore: kuvert receive --help`,
  );

async function listen(options: ReceiveOptions, terminal: Terminal): Promise<void> {
  const ca = readText(options.ca);
  const credentials = { cert: readText(options.cert), key: readText(options.key), ca };
  const { keysOfSet } = await import('./key-source.ts');
  const fetchKeys = () => keysOfSet(options.jwks, ca);
  const keys = keepKeys(fetchKeys, { known: await keysAtStart(fetchKeys, terminal), freshness });
  const { startReceiver } = await import('./receive-server.ts');
  const folder = openFolder(options.folder);
  const { told } = untilTold();
  try {
    const listener = await startReceiver(
      {
        store: folder,
        keys,
        recipients: options.organisation,
        environment: options.environment,
        mostBytes,
        now: () => new Date(),
      },
      {
        host: options.host,
        port: options.port,
        credentials,
        clients: options.client,
        pretend:
          options.status === undefined
            ? undefined
            : {
                status: options.status,
                times: options.times ?? Number.POSITIVE_INFINITY,
                retryAfter: options.retryAfter,
              },
        onEvent: (event) => terminal.out(options.json ? jsonLine(event) : line(event)),
      },
    );
    terminal.err(`Receiving at https://${options.host}:${listener.port}/ into ${options.folder}; Ctrl-C ends it.`);
    try {
      await told;
    } finally {
      await listener.close();
    }
    terminal.err(listing([...folder.list()], false));
  } finally {
    folder.close();
  }
}

/** The receiver may be up before the sender is; a key set that is there and cannot be used is a mistake. */
async function keysAtStart(
  fetchKeys: () => Promise<VerificationKeys>,
  terminal: Terminal,
): Promise<VerificationKeys | undefined> {
  try {
    return await fetchKeys();
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'server-unavailable')) throw error;
    terminal.err(
      `warning: ${error.message}; it is fetched when the first envelope comes, which is answered 503 until then`,
    );
    return undefined;
  }
}

function line(event: ReceiverEvent): string {
  const tries = event.attempt === undefined ? '' : ` (attempt ${event.attempt})`;
  switch (event.kind) {
    case 'kept':
    case 'repeat': {
      const { receivedAt, sequence, messageType, documentNumber, document } = event.message;
      return `${receivedAt}  ${event.kind}  ${sequence}  ${messageType}  ${documentNumber}  ${document}${tries}`;
    }
    case 'turned-down':
      return `${new Date().toISOString()}  turned down with ${event.status}: ${event.code}: ${event.detail}${tries}`;
    case 'told-to-wait':
      return `${new Date().toISOString()}  answered ${event.status} as told${tries}`;
  }
}

const jsonLine = (event: ReceiverEvent): string => JSON.stringify({ at: new Date().toISOString(), ...event });

function listing(received: readonly Received[], asJson: boolean): string {
  const messages = inOrder(received);
  const gaps = gapsOf(messages);
  if (asJson) return json({ messages, gaps });
  if (messages.length === 0) return 'Nothing has come.';
  const rows = table(
    [
      { title: 'EVENT TIME', value: ({ time }) => time },
      { title: 'SEQUENCE', value: ({ sequence }) => sequence },
      { title: 'RECIPIENT', value: ({ recipient }) => recipient },
      { title: 'TYPE', value: ({ messageType }) => messageType },
      { title: 'DOCUMENT', value: ({ documentNumber }) => documentNumber },
      { title: 'RECEIVED (UTC)', value: ({ receivedAt }) => moment(new Date(receivedAt)) },
      { title: 'FILE', value: ({ document }) => document },
    ],
    messages,
  );
  return [rows, ...gaps.map(explainGap)].join('\n');
}

function fingerprints(text: string, before: readonly string[] = []): string[] {
  const hex = text.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex))
    throw new InvalidArgumentError('The SHA-256 of a certificate is expected: 64 hexadecimal digits.');
  return [...before, hex];
}
