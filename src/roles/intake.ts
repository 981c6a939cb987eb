/** The intake role: frames from the broker become messages; answers and dead letters go back to it. */
import { createAlarms } from '../delivery/queue/queue.ts';
import { readDocument } from '../documents/read.ts';
import { createBroker } from '../intake/broker/broker.ts';
import { createSetAside } from '../intake/dead-letter.ts';
import { runOutbox } from '../intake/outbox.ts';
import { type ReceiveDeps, receive } from '../intake/receive.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import { accept } from '../store/accept/accept.ts';
import { withdraw } from '../store/accept/withdraw.ts';
import { createTeller } from '../store/collect/channels.ts';
import { asTheOnlySender, markSent, takeUnsent } from '../store/outbox.ts';
import { type IntakeCredentials, loadCredentials } from './credentials.ts';
import { openStore, type Running } from './parts.ts';
import { startPulse } from './pulse.ts';

export const intakeSettings = [
  'environment',
  'senderOrganisation',
  'databaseUrl',
  'databaseConnections',
  'redisUrl',
  'redisPrefix',
  'brokerUrls',
  'brokerUser',
  'brokerPassword',
  'brokerCaFile',
  'queueIn',
  'queueStatus',
  'queueDead',
  'brokerPrefetch',
  'brokerHeartbeat',
  'brokerWatchdog',
  'intakeBatch',
  'documentBytes',
  'documentDepth',
  'documentElements',
  'documentRules',
  'outboxBatch',
] as const satisfies readonly SettingKey[];
export type IntakeSettings = Pick<Settings, (typeof intakeSettings)[number]>;

/**
 * How often the outbox is looked at, in milliseconds, when nobody in this process wrote to it. Not by NOTIFY: transactions that
 * notify commit one after the other, and every window of pushes writes answers.
 */
const outboxEvery = 500;

/** An answer may wait so long, in milliseconds, for others to go with it. */
const outboxGap = 40;

type BrokerSettings = Pick<
  Settings,
  'brokerUrls' | 'brokerUser' | 'brokerPassword' | 'brokerCaFile' | 'brokerHeartbeat' | 'brokerWatchdog'
>;

/**
 * The broker that the settings name; for intake, and for commands that put documents on the queue.
 * @throws Fault `setting-invalid` when the file with its authorities is not right
 */
export function brokerOf(
  settings: BrokerSettings,
  log: Log,
  { brokerCa }: IntakeCredentials = loadCredentials(settings, ['intake'], new Date()).intake,
) {
  return createBroker({
    urls: settings.brokerUrls,
    user: settings.brokerUser,
    password: settings.brokerPassword,
    ca: brokerCa,
    heartbeat: settings.brokerHeartbeat,
    watchdog: settings.brokerWatchdog,
    log,
    random: Math.random,
  });
}

export interface Intake extends Running {
  /** Milliseconds without a subscription at a broker; undefined: there is one. */
  readonly brokerAway: () => number | undefined;
}

/**
 * @param compose the steps may be counted; for the crash tests, replaced by steps that end the process.
 * @param credentials left out: read from the files that the settings name, before a server is touched.
 * @throws Fault when PostgreSQL or Redis does not answer or a setting's file is not right; a broker that is away is waited for.
 */
export async function startIntake(
  settings: IntakeSettings,
  log: Log,
  compose: (deps: ReceiveDeps) => ReceiveDeps = (deps) => deps,
  credentials: IntakeCredentials = loadCredentials(settings, ['intake'], new Date()).intake,
): Promise<Intake> {
  const broker = brokerOf(settings, log, credentials);
  const pool = await openStore(settings, 'intake', log);
  const alarms = await createAlarms({ redisUrl: settings.redisUrl, prefix: settings.redisPrefix, log }).catch(
    async (error: unknown) => {
      await pool.close();
      throw error;
    },
  );
  const sender = broker.createSender();
  // Of its own: a body that breaks off in the middle takes its connection with it.
  const asideSender = broker.createSender();
  const outbox = runOutbox(
    {
      alone: (work) =>
        asTheOnlySender(pool, (db) =>
          work({ take: (limit, bytes) => takeUnsent(db, limit, bytes), mark: (ids) => markSent(db, ids) }),
        ),
      send: (frames) => sender.send(frames),
      queues: { status: settings.queueStatus, dead: settings.queueDead },
      batch: settings.outboxBatch,
      log,
    },
    outboxEvery,
    outboxGap,
  );
  const teller = createTeller(pool, log);
  const limits = { bytes: settings.documentBytes, depth: settings.documentDepth, elements: settings.documentElements };
  const deps = compose({
    read: (bytes, transport) => readDocument(bytes, limits, transport),
    store: (batch) => accept(pool, batch),
    withdraw: (frame) => withdraw(pool, frame, new Date()),
    wake: async (lanes) => {
      await Promise.all(lanes.map((lane) => alarms.wake(lane, 0)));
    },
    tell: teller.tell,
    environment: settings.environment,
    sender: settings.senderOrganisation,
    rules: settings.documentRules,
    now: () => new Date(),
    log,
  });
  const consumer = broker.consume(
    {
      queue: settings.queueIn,
      prefetch: settings.brokerPrefetch,
      batch: settings.intakeBatch,
      bodyBytes: settings.documentBytes,
    },
    createSetAside((queue, headers, body) => asideSender.stream(queue, headers, body), settings.queueDead),
    async (batch) => {
      await receive(deps, batch);
      outbox.wake();
    },
  );
  const pulse = startPulse({ pool, log, role: 'intake' }, async () => {
    const oldest = consumer.oldest();
    return {
      redis: await alarms.ping(),
      broker: {
        connectedTo: consumer.connectedTo() ?? null,
        away: consumer.awayFor() ?? null,
        oldest: oldest === undefined ? null : new Date(oldest).toISOString(),
      },
    };
  });
  log.info('intake runs', { environment: settings.environment, queue: settings.queueIn });
  return {
    brokerAway: consumer.awayFor,
    stop: async () => {
      await consumer.close();
      await outbox.close();
      await sender.close();
      await asideSender.close();
      await pulse[Symbol.asyncDispose]();
      await alarms.close();
      await teller.close();
      await pool.close();
    },
  };
}
