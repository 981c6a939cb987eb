/** The settings of metrics and probes: where they are asked for, and when something is late. */
import { duration, port, text } from './readers.ts';
import { optional, preset } from './setting.ts';

export const healthTable = {
  metricsHost: preset(
    'KUVERT_METRICS_HOST',
    text,
    '127.0.0.1',
    'Where the listener for metrics and probes is bound. It asks nobody who they are: keep it on this machine or in a network of your own.',
  ),
  metricsPort: optional(
    'KUVERT_METRICS_PORT',
    port,
    'The port of `/metrics`, `/healthz` and `/readyz` (docs/metrics.md); 0 takes a free one. Each process needs its own. Not set: there is no such listener, and nothing is counted.',
  ),
  readyDeliveryLate: preset(
    'KUVERT_READY_DELIVERY_LATE',
    duration('1s', '7d'),
    '5m',
    'With role `delivery`: `/readyz` says no when something has been due in a lane for so long, nobody is at it, and nothing of the lane moves.',
  ),
  readyOutboxLate: preset(
    'KUVERT_READY_OUTBOX_LATE',
    duration('1s', '7d'),
    '5m',
    'With role `intake`: `/readyz` says no when the oldest answer to KA has waited so long, and is still the same one.',
  ),
  readyBrokerAway: preset(
    'KUVERT_READY_BROKER_AWAY',
    duration('1s', '7d'),
    '1m',
    'With role `intake`: `/readyz` says no when there has been no subscription at a broker for so long.',
  ),
} as const;
