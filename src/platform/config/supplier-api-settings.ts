/** The settings of the suppliers' listener: where it is, and how much one organisation may ask of it. */
import { count, duration, file, port, text } from './readers.ts';
import { preset, required } from './setting.ts';

export const supplierApiTable = {
  supplierHost: preset('KUVERT_SUPPLIER_HOST', text, '0.0.0.0', "Where the suppliers' listener is bound."),
  supplierPort: preset('KUVERT_SUPPLIER_PORT', port, '8443', "The suppliers' listener's port; 0 takes a free one."),
  supplierKeyFile: required(
    'KUVERT_SUPPLIER_KEY_FILE',
    file,
    "PEM file with the private key of the suppliers' listener.",
  ),
  supplierCertificateFile: required(
    'KUVERT_SUPPLIER_CERTIFICATE_FILE',
    file,
    "PEM file with the certificate of the suppliers' listener and its chain.",
  ),
  supplierConnections: preset(
    'KUVERT_SUPPLIER_CONNECTIONS',
    count(10, 100_000),
    '2000',
    "Connections that the suppliers' listener of one process takes at most.",
  ),
  supplierConnectionsEach: preset(
    'KUVERT_SUPPLIER_CONNECTIONS_EACH',
    count(1, 100_000),
    '50',
    'Of these, most for one organisation; a request on one more is answered 429, and the connection closed.',
  ),
  supplierStrangers: preset(
    'KUVERT_SUPPLIER_STRANGERS',
    count(1, 100_000),
    '200',
    'Of these, most from one network (an IPv4 address, the first 64 bits of an IPv6 address) on which no accepted certificate has made a request yet; one more is cut off before its handshake. Behind a load balancer that hides where connections come from, give it as many as KUVERT_SUPPLIER_CONNECTIONS.',
  ),
  supplierRate: preset(
    'KUVERT_SUPPLIER_RATE',
    count(1, 100_000),
    '200',
    'Requests per second that one organisation may make at one process, in the long run; more is answered 429 with `Retry-After`. For requests without an accepted certificate it counts for the network that they come from.',
  ),
  supplierBurst: preset(
    'KUVERT_SUPPLIER_BURST',
    count(1, 1_000_000),
    '1000',
    'Requests that it may make at once after a rest.',
  ),
  supplierWaits: preset(
    'KUVERT_SUPPLIER_WAITS',
    count(1, 10_000),
    '10',
    'Requests of one organisation that may wait at once for something to come; one more is answered 429.',
  ),
  supplierAtOnce: preset(
    'KUVERT_SUPPLIER_AT_ONCE',
    count(1, 500),
    '4',
    'Requests of one organisation that one process works on at once; each keeps a connection to PostgreSQL, for 5 to 10 seconds where it waits for a lock in vain. Of KUVERT_DATABASE_CONNECTIONS a tenth is kept for looking up who calls, and of the rest (18 of 20) one organisation never gets the last one. Safe is this number times the organisations that may be stuck at the same time, as long as it is less than that rest: four with the presets.',
  ),
  supplierQueue: preset(
    'KUVERT_SUPPLIER_QUEUE',
    count(1, 100_000),
    '16',
    'Requests of one organisation that may queue for that; one more is answered 429 with `Retry-After`. If all wait for a lock in vain, the last of 16 behind four has its answer after 25 to 50 seconds. Not less than KUVERT_SUPPLIER_WAITS: they all read the mailbox at once when something comes.',
  ),
  supplierAnswerTimeout: preset(
    'KUVERT_SUPPLIER_ANSWER_TIMEOUT',
    duration('1s', '1h'),
    '2m',
    'How long a client may take to read an answer; then the connection is broken off.',
  ),
} as const;
