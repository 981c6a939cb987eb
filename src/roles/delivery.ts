/** The delivery role: lanes are woken, drained and swept. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DrainDeps, drain } from '../delivery/drain.ts';
import { createPusher } from '../delivery/push/push.ts';
import type { Judgement, Target } from '../delivery/push/types.ts';
import { createAlarms, startWorker } from '../delivery/queue/queue.ts';
import { sweep } from '../delivery/sweep.ts';
import { Fault } from '../domain/fault.ts';
import type { Outcome } from '../domain/outcome.ts';
import { settle, settleProbe } from '../domain/settle.ts';
import { envelopeBytes } from '../envelope/bytes.ts';
import { envelopeMediaTypes } from '../envelope/facts.ts';
import { seal } from '../envelope/seal.ts';
import { loadSigner, type Signer } from '../envelope/signer.ts';
import { readCertificates } from '../pki/certificate.ts';
import { judgePeer } from '../pki/judge-peer.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import { errorText, type Log } from '../platform/log.ts';
import { type DueDelivery, type LaneTarget, readDue, readTarget, writeClaim } from '../store/lane/claim.ts';
import { recordTries } from '../store/lane/record.ts';
import { leaveLane, restLane } from '../store/lane/rest.ts';
import { alarmOf, dueLanes, endLapsedLeases, takeLane } from '../store/lane/take.ts';
import type { Pool } from '../store/pool.ts';
import { wakeChannel } from '../store/wake.ts';
import { openStore, type Running, readFileOf, rulesOf } from './parts.ts';

export const deliverySettings = [
  'environment',
  'source',
  'senderOrganisation',
  'databaseUrl',
  'databaseConnections',
  'redisUrl',
  'redisPrefix',
  'signingKeyFile',
  'signingCertificateFile',
  'clientKeyFile',
  'clientCertificateFile',
  'caFile',
  'retrySchedule',
  'retryTotal',
  'retryJitter',
  'retryAfterMost',
  'heldProbe',
  'failuresBackOff',
  'refusalsHold',
  'connectTimeout',
  'pushTimeout',
  'lease',
  'drainSlice',
  'drainConcurrency',
  'sweepEvery',
  'answerBytes',
  'answerExcerpt',
  'egressAllow',
  'stopTimeout',
] as const satisfies readonly SettingKey[];
export type DeliverySettings = Pick<Settings, (typeof deliverySettings)[number]>;

export interface DeliveryParts {
  readonly settings: DeliverySettings;
  readonly log: Log;
  readonly pool: Pool;
  /** Aborted when the process may not wait any longer for an endpoint. */
  readonly giveUp: AbortController;
  readonly stopping: () => boolean;
}

/** The steps of the drain, each bound to what it works on. */
export function drainDeps(parts: DeliveryParts, version: string): DrainDeps & { close: () => Promise<void> } {
  const { settings, log, pool } = parts;
  const signer = loadSigner(
    readFileOf('signingKeyFile', settings.signingKeyFile),
    readFileOf('signingCertificateFile', settings.signingCertificateFile),
  );
  const pusher = pusherOf(settings, log, version);
  const rules = rulesOf(settings);
  return {
    take: (lane) => takeLane(pool, lane, settings.lease),
    readTarget: (lane) => readTarget(pool, lane),
    readDue: (target, limit, order) => readDue(pool, target, limit, order),
    seal: (due, target) => sealOne(settings, signer, due, target),
    writeClaim: (hold, target, due, sealed) => writeClaim(pool, hold, target, due, sealed),
    push: async (target, due, envelope, attempt): Promise<Outcome> => {
      try {
        const bytes = envelopeBytes(envelope.head, due.document, envelope.sha256);
        const parcel = {
          messageId: due.messageId,
          bytes,
          signature: envelope.signature,
          contentType: envelopeMediaTypes.cloudevents,
          attempt,
        };
        return await pusher.push(
          targetOf(target),
          due.traceparent === null ? parcel : { ...parcel, traceparent: due.traceparent },
          parts.giveUp.signal,
        );
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return { kind: 'unsendable', fault: error.code, detail: error.message, totalMs: 0 };
      }
    },
    probe: async (target) => {
      const probed = await pusher.probe(targetOf(target), parts.giveUp.signal);
      return probed.kind === 'reachable' ? 'passed' : probed;
    },
    settle: (lane, tried) => settle(rules, lane, tried, Math.random),
    settleProbe: (lane, outcome) => settleProbe(rules, lane, outcome, Math.random),
    record: (hold, tries, pause, decide) => recordTries(pool, hold, tries, pause, decide),
    rest: (hold) => restLane(pool, hold, settings.heldProbe),
    leave: (hold) => leaveLane(pool, hold),
    now: () => performance.now(),
    sleep: (milliseconds) => sleep(milliseconds),
    slice: settings.drainSlice,
    lease: settings.lease,
    stopping: parts.stopping,
    log,
    close: () => pusher.close(),
  };
}

function pusherOf(settings: DeliverySettings, log: Log, version: string) {
  const key = readFileOf('clientKeyFile', settings.clientKeyFile);
  const certificate = readFileOf('clientCertificateFile', settings.clientCertificateFile);
  const own = readCertificates(certificate, settings.clientCertificateFile)[0]?.fingerprint ?? '';
  const authorities = readCertificates(readFileOf('caFile', settings.caFile), settings.caFile).map(({ x509 }) => x509);
  return createPusher({
    credential: () => ({ version: own, key, certificate }),
    judgePeer: (shown, target: Target, now): Judgement =>
      judgePeer({ shown, authorities, registered: target.certificates, now: new Date(now), role: 'server' }),
    now: Date.now,
    limits: settings,
    egressAllow: settings.egressAllow,
    log,
    version,
  });
}

/** The version names all that a kept connection must not outlive. */
function targetOf(target: LaneTarget): Target {
  const register = target.certificates.map((one) => `${one.fingerprint}${one.withdrawn ? '-' : '+'}`).sort();
  return {
    addressId: target.lane,
    url: target.url,
    version: [target.version, target.url, ...register].join(' '),
    certificates: target.certificates,
    connections: target.concurrency,
  };
}

async function sealOne(settings: DeliverySettings, signer: Signer, due: DueDelivery, target: LaneTarget) {
  try {
    return await seal(
      signer,
      {
        ...due,
        id: due.messageId,
        source: settings.source,
        senderOrganisation: settings.senderOrganisation,
        recipientCertificate: target.certificate,
        recipientUrl: target.url,
        correlationId: due.correlationId ?? undefined,
        traceparent: due.traceparent ?? undefined,
      },
      due.document,
    );
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/**
 * @param compose for the crash tests: the steps may be replaced by steps that end the process.
 * @throws Fault when a server does not answer or the settings' files are not right
 */
export async function startDelivery(
  settings: DeliverySettings,
  log: Log,
  version: string,
  compose: (deps: DrainDeps) => DrainDeps = (deps) => deps,
): Promise<Running> {
  // What was begun is ended again, last first: when a later part cannot be had, and at the stop.
  const begun = new AsyncDisposableStack();
  try {
    return await beginDelivery(begun, settings, log, version, compose);
  } catch (error) {
    await begun.disposeAsync();
    throw error;
  }
}

async function beginDelivery(
  begun: AsyncDisposableStack,
  settings: DeliverySettings,
  log: Log,
  version: string,
  compose: (deps: DrainDeps) => DrainDeps,
): Promise<Running> {
  const giveUp = new AbortController();
  let stopping = false;
  const pool = begun.adopt(await openStore(settings, 'delivery', log), (one) => one.close());
  const deps = drainDeps({ settings, log, pool, giveUp, stopping: () => stopping }, version);
  begun.defer(() => deps.close());
  const steps = compose(deps);
  const queue = { redisUrl: settings.redisUrl, prefix: settings.redisPrefix, log };
  const alarms = begun.adopt(await createAlarms(queue), (one) => one.close());
  const worker = await startWorker({
    ...queue,
    concurrency: settings.drainConcurrency,
    drain: (lane) => drain(steps, lane),
    alarmOf: (lane) => alarmOf(pool, lane),
    wake: alarms.wake,
  });
  begun.defer(() => worker.close());
  const sweepNow = () =>
    sweep({
      endLapsedLeases: () => endLapsedLeases(pool),
      dueLanes: () => dueLanes(pool),
      wake: alarms.wake,
      log,
    }).catch((error: unknown) => log.warn('the sweep failed', { error: errorText(error) }));
  const sweeper = setInterval(() => void sweepNow(), settings.sweepEvery);
  const ear = pool.listen(wakeChannel, (lane) => void (lane === '' ? sweepNow() : alarms.wake(Number(lane), 0)));
  await sweepNow();
  log.info('delivery runs', { environment: settings.environment });
  return {
    stop: async () => {
      stopping = true;
      clearInterval(sweeper);
      const timer = setTimeout(() => giveUp.abort(), settings.stopTimeout);
      await ear.close();
      await begun.disposeAsync();
      clearTimeout(timer);
    },
  };
}
