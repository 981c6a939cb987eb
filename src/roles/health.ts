/** The listener for metrics and probes: one for each process, whatever roles run in it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import { listenPlain } from '../platform/http/listen-plain.ts';
import { errorText, type Log } from '../platform/log.ts';
import { createMetrics } from '../platform/metrics.ts';
import { countConnections, createPool } from '../store/pool.ts';
import { createGauges } from './gauges.ts';
import { createLineReader, readLine } from './line-reading.ts';
import { createMeters, type Meters } from './meters.ts';
import type { RoleName } from './parts.ts';
import { type Check, createReadiness } from './readiness.ts';

export const healthSettings = [
  'databaseUrl',
  'metricsHost',
  'metricsPort',
  'readyDeliveryLate',
  'readyOutboxLate',
  'readyBrokerAway',
] as const satisfies readonly SettingKey[];
export type HealthSettings = Pick<Settings, (typeof healthSettings)[number]>;

export interface Health {
  readonly port: number;
  readonly meters: Meters;
  /** @param away milliseconds that role intake has been without a broker; undefined: it has one */
  watchBroker(away: () => number | undefined): void;
  /** From now on: whether all roles of the process run. Before and after it is not ready. */
  rolesRun(run: boolean): void;
  close(): Promise<void>;
}

/** Milliseconds that what was read of the book may be old: for metrics, which are asked for by several, and for a probe. */
const mostAge = { metrics: 5_000, probe: 1_000 };

/**
 * Begins before the roles and ends after them.
 * @returns undefined when the settings do not ask for it
 * @throws Fault `setting-invalid` if the address cannot be had
 */
export async function startHealth(
  settings: HealthSettings,
  roles: readonly RoleName[],
  log: Log,
): Promise<Health | undefined> {
  const { metricsHost: host, metricsPort } = settings;
  if (metricsPort === undefined) return undefined;
  const now = () => performance.now();
  // Connections of its own: a role that has used up its pool must not look like a server that is away.
  const pool = createPool({ url: settings.databaseUrl, connections: 2, name: 'kuvert health', byKey: true });
  const reader = createLineReader(() => readLine(pool), now);
  const metrics = createMetrics();
  const meters = createMeters(metrics);
  const setGauges = createGauges(metrics);
  const judge = createReadiness(roles, {
    delivery: settings.readyDeliveryLate,
    outbox: settings.readyOutboxLate,
    broker: settings.readyBrokerAway,
  });
  let brokerAway: () => number | undefined = () => undefined;
  let run = false;

  const answers: Readonly<Record<string, () => Promise<Answer>>> = {
    '/healthz': async () => jsonAnswer(200, { alive: true }),
    '/readyz': async () => {
      const reading = await reader.read(mostAge.probe);
      const checks: readonly Check[] = [{ name: 'roles', ready: run }, ...judge(reading, brokerAway(), now())];
      const ready = checks.every((check) => check.ready);
      return jsonAnswer(ready ? 200 : 503, { ready, checks: checks.map((check) => told(check, now())) });
    },
    '/metrics': async () => {
      const reading = await reader.read(mostAge.metrics);
      setGauges({
        reading,
        pools: countConnections(),
        brokerAway: roles.includes('intake') ? (brokerAway() ?? 0) : undefined,
      });
      return { status: 200, type: metrics.contentType, body: await metrics.text() };
    },
  };
  const listener = await listenPlain((request, response) => void answer(answers, log, request, response), {
    host,
    port: metricsPort,
  });
  log.info('metrics and probes are served', { host, port: listener.port });
  return {
    port: listener.port,
    meters,
    watchBroker: (away) => {
      brokerAway = away;
    },
    rolesRun: (they) => {
      run = they;
    },
    close: async () => {
      await listener.close();
      await pool.close();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const jsonAnswer = (status: number, value: object): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value)}\n`,
});

/** With the time of day, for people. */
const told = ({ since, ...check }: Check, now: number) => ({
  ...check,
  ...(since === undefined ? {} : { since: new Date(Date.now() - (now - since)).toISOString() }),
});

/** No log line for each: they come every few seconds, for ever. */
async function answer(
  answers: Readonly<Record<string, () => Promise<Answer>>>,
  log: Log,
  { url = '', method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = url.split('?')[0] as string;
  const make = Object.hasOwn(answers, path) ? answers[path] : undefined;
  const send = ({ status, type, body }: Answer) =>
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  if (make === undefined) return void send(jsonAnswer(404, { fault: 'not-found', paths: Object.keys(answers) }));
  if (method !== 'GET' && method !== 'HEAD') return void send(jsonAnswer(405, { fault: 'method-not-allowed' }));
  try {
    send(await make());
  } catch (error) {
    log.error('a probe cannot be answered', { path, error: errorText(error) });
    send(jsonAnswer(500, { fault: 'internal' }));
  }
}
