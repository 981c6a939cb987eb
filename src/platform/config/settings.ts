/** Every setting: its name, how it is read, its default and what it does. docs/settings.md is made from this table. */
import { environments } from '../../domain/message.ts';
import { caTable } from './ca-settings.ts';
import { deliveryTable } from './delivery-settings.ts';
import { enrolmentTable } from './enrolment-settings.ts';
import { healthTable } from './health-settings.ts';
import { oidcTable } from './oidc-settings.ts';
import { operatorTable } from './operator-settings.ts';
import {
  bool,
  brokers,
  bytes,
  choice,
  count,
  documentRules,
  duration,
  file,
  organisationNumber,
  text,
  uri,
  url,
} from './readers.ts';
import { optional, preset, required, type Setting } from './setting.ts';
import { supplierApiTable } from './supplier-api-settings.ts';

export const settingsTable = {
  environment: required(
    'KUVERT_ENVIRONMENT',
    choice(environments),
    'Which environment this gateway serves: `test` or `production`. Only addresses of it are used; every envelope says it.',
  ),
  source: preset(
    'KUVERT_SOURCE',
    uri,
    'https://arbetsformedlingen.se/ka',
    'The `source` of every envelope: the URI of the system that the documents come from.',
  ),
  senderOrganisation: preset(
    'KUVERT_SENDER_ORGANISATION',
    organisationNumber,
    '2021002114',
    'The organisation number that sends: the buyer. A document that names another buyer becomes a dead letter.',
  ),

  // Servers.
  databaseUrl: required(
    'DATABASE_URL',
    url('postgres:', 'postgresql:'),
    'PostgreSQL 15 or later: `postgres://user:password@host:port/database`. The book of record.',
    { secret: true },
  ),
  databaseConnections: preset(
    'KUVERT_DATABASE_CONNECTIONS',
    count(2, 500),
    '20',
    'Connections that one process keeps to PostgreSQL at most.',
  ),
  redisUrl: required(
    'REDIS_URL',
    url('redis:', 'rediss:'),
    'Redis 6.2 or later: `redis://:password@host:port/0`. The alarm clock of the lanes.',
    { secret: true },
  ),
  redisPrefix: preset(
    'KUVERT_REDIS_PREFIX',
    text,
    'kuvert',
    'First part of every key in Redis, so that gateways can share one.',
  ),
  brokerUrls: required(
    'BROKER_URLS',
    brokers,
    'The brokers, separated by commas, tried in turn: `stomp://host:61613` or `stomp+ssl://host:61612`, with `/name` after it for a virtual host. For TLS give ActiveMQ a `stomp+ssl` connector: `stomp+nio+ssl` (5.17) loses the first words of one connection in ten.',
  ),
  brokerUser: optional('BROKER_USER', text, 'User name at the broker.'),
  brokerPassword: optional('BROKER_PASSWORD', text, 'Password at the broker.', { secret: true }),
  brokerCaFile: optional(
    'BROKER_CA_FILE',
    file,
    "PEM file with the authorities that may have issued the brokers' certificates (default: the machine's).",
  ),

  // Intake.
  queueIn: preset('KUVERT_QUEUE_IN', text, 'kuvert.in', 'The queue that KA puts documents on.'),
  queueStatus: preset('KUVERT_QUEUE_STATUS', text, 'kuvert.status', 'The queue for answers to KA.'),
  queueDead: preset('KUVERT_QUEUE_DEAD', text, 'kuvert.dead', 'The queue for frames that could not become messages.'),
  brokerPrefetch: preset(
    'KUVERT_BROKER_PREFETCH',
    count(1, 10_000),
    '300',
    'Frames the broker may send ahead of our acknowledgement.',
  ),
  brokerHeartbeat: preset(
    'KUVERT_BROKER_HEARTBEAT',
    duration('100ms', '5m'),
    '10s',
    'STOMP heart-beat, both ways; a silent broker is left after twice this.',
  ),
  brokerWatchdog: preset(
    'KUVERT_BROKER_WATCHDOG',
    duration('500ms', '1h'),
    '30s',
    'If the broker has frames for us or should have answered, and nothing has moved for this long, the connection is made anew.',
  ),
  intakeBatch: preset('KUVERT_INTAKE_BATCH', count(1, 1_000), '100', 'Frames stored in one transaction at most.'),
  documentBytes: preset(
    'KUVERT_DOCUMENT_BYTES',
    bytes('1KB', '100MB'),
    '10MB',
    'Largest document; a larger frame becomes a dead letter.',
  ),
  documentDepth: preset(
    'KUVERT_DOCUMENT_DEPTH',
    count(8, 1_000),
    '60',
    'Deepest nesting of elements or objects in a document.',
  ),
  documentElements: preset(
    'KUVERT_DOCUMENT_ELEMENTS',
    count(100, 10_000_000),
    '500000',
    'Most elements or values in a document.',
  ),
  documentRules: preset(
    'KUVERT_DOCUMENT_RULES',
    documentRules,
    '',
    'Where a breach of a business rule (sums, VAT, references) is only noted: `format=warn` or `format/message-type=warn`, separated by commas, such as `svefaktura-1.0/self-invoice=warn`. All else rejects; structure, recipient, type and currency always do. docs/documents.md says which rules are which.',
  ),
  outboxBatch: preset(
    'KUVERT_OUTBOX_BATCH',
    count(1, 1_000),
    '100',
    'Answers sent to the broker before their receipts are waited for.',
  ),

  // Keys and certificates.
  signingKeyFile: required(
    'KUVERT_SIGNING_KEY_FILE',
    file,
    'PEM file with the P-256 private key that signs envelopes.',
  ),
  signingCertificateFile: required(
    'KUVERT_SIGNING_CERTIFICATE_FILE',
    file,
    'PEM file with the certificate of the signing key.',
  ),
  signingOldCertificatesFile: optional(
    'KUVERT_SIGNING_OLD_CERTIFICATES_FILE',
    file,
    'PEM file with the certificates of signing keys that are older than the database. All that were used since are in the key list at `/.well-known/jwks.json` without it.',
  ),
  clientKeyFile: required(
    'KUVERT_CLIENT_KEY_FILE',
    file,
    "PEM file with the private key that we show to suppliers' endpoints.",
  ),
  clientCertificateFile: required(
    'KUVERT_CLIENT_CERTIFICATE_FILE',
    file,
    'PEM file with our client certificate and its chain.',
  ),
  caFile: required('KUVERT_CA_FILE', file, "PEM file with the authorities that issue suppliers' certificates."),
  credentialsReload: preset(
    'KUVERT_CREDENTIALS_RELOAD',
    duration('100ms', '1d'),
    '30s',
    'How often the files of our own keys and certificates, and of the authorities, are looked at. What has changed and is right, or has come of its time (`.next`), is in use from then on, without a restart; what is not right is not, and the log says why. SIGHUP does it at once.',
  ),

  signingAhead: preset(
    'KUVERT_SIGNING_AHEAD',
    duration('0s', '90d'),
    '10m',
    'How long the key of a changed KUVERT_SIGNING_CERTIFICATE_FILE is in the key list at `/.well-known/jwks.json` before a role that runs signs with it; more than the five minutes that suppliers may keep the list, and not less than KUVERT_CREDENTIALS_RELOAD, in which every process has it in its list.',
  ),

  ...deliveryTable,

  ...supplierApiTable,

  ...operatorTable,

  ...oidcTable,

  ...enrolmentTable,

  ...caTable,

  // The audit's signed heads.
  auditHeadInterval: preset(
    'KUVERT_AUDIT_HEAD_INTERVAL',
    duration('1s', '7d'),
    '1h',
    'How often the newest row of the audit is signed, when there are new ones. One process of those that run `delivery` or `supplier-api` does it.',
  ),
  auditHeadFile: optional(
    'KUVERT_AUDIT_HEAD_FILE',
    text,
    'The file that signed heads of the audit are added to, outside the database; docs/operations/audit.md. Not set: the database alone has them, and cannot show that it was cut or replaced.',
  ),

  ...healthTable,

  logLevel: preset(
    'KUVERT_LOG_LEVEL',
    choice(['error', 'warn', 'info', 'debug'] as const),
    'info',
    'The least important log lines that are written.',
  ),
  logPretty: preset('KUVERT_LOG_PRETTY', bool, 'no', 'Log lines for a person instead of JSON.'),
  stopTimeout: preset(
    'KUVERT_STOP_TIMEOUT',
    duration('1s', '10m'),
    '45s',
    'How long a stop may take, all of it. Pushes are given up a little earlier, so that this is on record; what is not done by then is left as by a crash: nothing is lost.',
  ),
} as const;

export type SettingKey = keyof typeof settingsTable;
export type Settings = { readonly [K in SettingKey]: (typeof settingsTable)[K] extends Setting<infer T> ? T : never };
