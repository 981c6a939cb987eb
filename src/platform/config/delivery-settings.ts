/** The settings of delivery: schedules, limits, time-outs. */
import { bytes, cidrs, count, duration, durations, file, proxy, share } from './readers.ts';
import { optional, preset } from './setting.ts';

export const deliveryTable = {
  retrySchedule: preset(
    'KUVERT_RETRY_SCHEDULE',
    durations,
    '5s,30s,2m,10m,30m,1h,2h,4h,8h',
    'Waits between tries, of a lane and of a message; the last one repeats.',
  ),
  retryTotal: preset(
    'KUVERT_RETRY_TOTAL',
    duration('100ms', '365d'),
    '7d',
    'How long tries go on; then the message, or the lane, is held for an operator.',
  ),
  retryJitter: preset('KUVERT_RETRY_JITTER', share, '0.2', 'Each wait is spread by plus or minus this share.'),
  retryAfterMost: preset(
    'KUVERT_RETRY_AFTER_MOST',
    duration('100ms', '30d'),
    '8h',
    'Longest `Retry-After` of an endpoint that is honoured.',
  ),
  heldProbe: preset(
    'KUVERT_HELD_PROBE',
    duration('100ms', '7d'),
    '1h',
    'How often a lane that is held because of its endpoint is probed.',
  ),
  failuresBackOff: preset(
    'KUVERT_FAILURES_BACK_OFF',
    count(1, 1_000),
    '3',
    'Different messages failing in a row before the lane backs off.',
  ),
  refusalsHold: preset(
    'KUVERT_REFUSALS_HOLD',
    count(1, 1_000),
    '5',
    'Different messages refused in a row before the lane is held and they wait again.',
  ),
  connectTimeout: preset(
    'KUVERT_CONNECT_TIMEOUT',
    duration('100ms', '2m'),
    '10s',
    'Longest wait for TCP and TLS with an endpoint.',
  ),
  pushTimeout: preset(
    'KUVERT_PUSH_TIMEOUT',
    duration('200ms', '10m'),
    '30s',
    "Longest time for a whole push, from connecting to the end of the answer's head.",
  ),
  lease: preset(
    'KUVERT_LEASE',
    duration('1s', '1h'),
    '60s',
    'How long a worker may hold a lane without recording; more than the push timeout by 5 s.',
  ),
  drainSlice: preset(
    'KUVERT_DRAIN_SLICE',
    duration('100ms', '10m'),
    '10s',
    'A lane under constant traffic gives its place back after this.',
  ),
  drainConcurrency: preset(
    'KUVERT_DRAIN_CONCURRENCY',
    count(1, 5_000),
    '256',
    'Lanes that one process drains at once.',
  ),
  sweepEvery: preset(
    'KUVERT_SWEEP_EVERY',
    duration('100ms', '10m'),
    '5s',
    'How often PostgreSQL is asked for what is due and Redis forgot.',
  ),
  answerBytes: preset(
    'KUVERT_ANSWER_BYTES',
    bytes('1KB', '10MB'),
    '64KB',
    "Most that is read of an endpoint's answer before the connection is closed.",
  ),
  answerExcerpt: preset(
    'KUVERT_ANSWER_EXCERPT',
    bytes('0B', '64KB'),
    '2KB',
    "Most that is kept of an endpoint's answer in the record of the attempt.",
  ),
  egressAllow: preset(
    'KUVERT_EGRESS_ALLOW',
    cidrs,
    '',
    'Private or loopback ranges (CIDR, separated by commas) that endpoints may be in; metadata addresses never.',
  ),
  egressProxy: optional(
    'KUVERT_EGRESS_PROXY',
    proxy,
    'The HTTP proxy that endpoints are reached through: `http://user:password@host:port` or `https://…`. It is asked (CONNECT) for addresses that were resolved and judged here. Proxy variables of other programs are not looked at.',
    { secret: true },
  ),
  egressProxyCaFile: optional(
    'KUVERT_EGRESS_PROXY_CA_FILE',
    file,
    "PEM file with the authorities that may have issued the certificate of an `https://` proxy (default: the machine's).",
  ),
} as const;
