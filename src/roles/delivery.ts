/** The delivery role: lanes are woken, drained and swept. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DrainDeps, drain } from '../delivery/drain.ts';
import type { ProbeOutcome } from '../delivery/push/types.ts';
import { createAlarms, startWorker } from '../delivery/queue/queue.ts';
import { sweep } from '../delivery/sweep.ts';
import { Fault } from '../domain/fault.ts';
import type { Outcome } from '../domain/outcome.ts';
import { settle, settleProbe } from '../domain/settle.ts';
import { envelopeBytes } from '../envelope/bytes.ts';
import { envelopeMediaTypes } from '../envelope/facts.ts';
import type { Signer } from '../envelope/signer.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import { errorText, type Log } from '../platform/log.ts';
import { lanesOf } from '../store/lane/lanes.ts';
import { alarmOf, dueLanes, endLapsedLeases } from '../store/lane/take.ts';
import type { LaneTarget } from '../store/lane/target.ts';
import { mandateChannel, principalsDue } from '../store/mandate-clock.ts';
import { testCallChannel } from '../store/operator/test-calls.ts';
import type { Pool } from '../store/pool.ts';
import { wakeChannel } from '../store/wake.ts';
import { type DeliveryCredentials, loadCredentials } from './credentials.ts';
import { type EndsHeard, hearEnds } from './ends.ts';
import { type Follow, followerOf } from './follow.ts';
import { openStore, type Running, rulesOf } from './parts.ts';
import { startPulse } from './pulse.ts';
import { pusherOf, targetOf } from './pusher.ts';
import { keepCredentials } from './reload.ts';
import { sealOrFault } from './seal.ts';
import { pushesEndAfter } from './stop.ts';
import { answerTestCalls } from './test-calls.ts';

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
  'credentialsReload',
  'signingAhead',
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
  'egressProxy',
  'egressProxyCaFile',
  'stopTimeout',
  'auditHeadInterval',
  'auditHeadFile',
] as const satisfies readonly SettingKey[];
export type DeliverySettings = Pick<Settings, (typeof deliverySettings)[number]>;

export interface DeliveryParts {
  readonly settings: DeliverySettings;
  /** Those of now. Left out: what is in the files that the settings name, read once. */
  readonly credentials?: (() => DeliveryCredentials) | undefined;
  readonly log: Log;
  readonly pool: Pool;
  /** Aborted when the process may not wait any longer for an endpoint. */
  readonly giveUp: AbortController;
  readonly stopping: () => boolean;
  /** Left out: lanes that are filled by it are found by the sweep. */
  readonly follow?: Follow;
  /** Left out: of mandates that are ended before their time nothing is heard. */
  readonly ends?: EndsHeard;
}

export interface BoundDrain extends DrainDeps {
  /** A handshake with the endpoint, judged as before a push. */
  call(target: LaneTarget): Promise<ProbeOutcome>;
  close(): Promise<void>;
}

/** The steps of the drain, each bound to what it works on. */
export function drainDeps(parts: DeliveryParts, version: string): BoundDrain {
  const { settings, log, pool } = parts;
  const first = parts.credentials?.() ?? loadCredentials(settings, ['delivery'], new Date()).delivery;
  const credentials = parts.credentials ?? (() => first);
  const pusher = pusherOf(settings, credentials, log, version);
  const rules = rulesOf(settings);
  const ends = parts.ends ?? hearEnds();
  const call = (target: LaneTarget) => pusher.probe(targetOf(target, credentials()), parts.giveUp.signal);
  return {
    ...lanesOf(pool, settings.heldProbe, log),
    seal: (due, target) => sealOrFault(settings, credentials().signer, due, target),
    push: async (target, due, envelope, attempt, term): Promise<Outcome> => {
      try {
        const bytes = envelopeBytes(envelope.head, due.document, envelope.sha256, envelope.format);
        const parcel = {
          messageId: due.messageId,
          bytes,
          signature: envelope.signature,
          contentType: envelopeMediaTypes[envelope.format],
          attempt,
          mayBegin: term && (() => ends.mayBegin(target.lane, due.principal, term)),
        };
        return await pusher.push(
          targetOf(target, credentials()),
          due.traceparent === null ? parcel : { ...parcel, traceparent: due.traceparent },
          parts.giveUp.signal,
        );
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return { kind: 'unsendable', fault: error.code, detail: error.message, totalMs: 0 };
      }
    },
    follow: parts.follow ?? followerOf(pool, undefined, log),
    probe: async (target) => {
      const probed = await call(target);
      return probed.kind === 'reachable' ? 'passed' : probed;
    },
    settle: (lane, tried) => settle(rules, lane, tried, Math.random),
    settleProbe: (lane, outcome) => settleProbe(rules, lane, outcome, Math.random),
    now: () => performance.now(),
    sleep: (milliseconds) => sleep(milliseconds),
    slice: settings.drainSlice,
    lease: settings.lease,
    stopping: parts.stopping,
    log,
    call,
    close: () => pusher.close(),
  };
}

/**
 * @param compose the steps may be counted; for the crash tests, replaced by steps that end the process.
 * @param credentials left out: read from the files that the settings name, before a server is touched.
 * @throws Fault when a server does not answer or the settings' files are not right
 */
export async function startDelivery(
  settings: DeliverySettings,
  log: Log,
  version: string,
  compose: (deps: DrainDeps) => DrainDeps = (deps) => deps,
  credentials: DeliveryCredentials = loadCredentials(settings, ['delivery'], new Date()).delivery,
): Promise<Running & { readonly signer: () => Signer }> {
  // What was begun is ended again, last first: when a later part cannot be had, and at the stop.
  const begun = new AsyncDisposableStack();
  try {
    return await beginDelivery(begun, { settings, credentials, log }, version, compose);
  } catch (error) {
    await begun.disposeAsync();
    throw error;
  }
}

async function beginDelivery(
  begun: AsyncDisposableStack,
  given: Pick<DeliveryParts, 'settings' | 'log'> & { readonly credentials: DeliveryCredentials },
  version: string,
  compose: (deps: DrainDeps) => DrainDeps,
): Promise<Running & { readonly signer: () => Signer }> {
  const { settings, log } = given;
  const giveUp = new AbortController();
  let stopping = false;
  const pool = begun.adopt(await openStore(settings, 'delivery', log), (one) => one.close());
  const queue = { redisUrl: settings.redisUrl, prefix: settings.redisPrefix, log };
  const alarms = begun.adopt(await createAlarms(queue), (one) => one.close());
  begun.use(startPulse({ pool, log, role: 'delivery' }, async () => ({ redis: await alarms.ping() })));
  const follow = followerOf(pool, alarms, log);
  const ends = hearEnds();
  const kept = await keepCredentials({
    role: 'delivery',
    settings,
    first: given.credentials,
    log,
    db: pool,
    now: () => new Date(),
  });
  const deps = drainDeps(
    { settings, log, credentials: kept.current, pool, giveUp, stopping: () => stopping, follow, ends },
    version,
  );
  begun.defer(() => deps.close());
  const steps = compose(deps);
  const sweepNow = () =>
    sweep({
      endLapsedLeases: () => endLapsedLeases(pool),
      dueLanes: () => dueLanes(pool),
      principalsDue: () => principalsDue(pool),
      follow,
      wake: alarms.wake,
      log,
    }).catch((error: unknown) => log.warn('the sweep failed', { error: errorText(error) }));
  const calls = answerTestCalls({ pool, log }, deps.call);
  begun.defer(() => calls.close());
  const ear = pool.listen([wakeChannel, mandateChannel, testCallChannel], (payload, channel) => {
    if (channel === testCallChannel) calls.heard(payload);
    else if (channel === mandateChannel) ends.heard(payload);
    else void (payload === '' ? sweepNow() : alarms.wake(Number(payload), 0));
  });
  begun.defer(() => ear.close());
  // Before anything is claimed: what ends in between would be heard by nobody.
  await ear.opened;
  const worker = await startWorker({
    ...queue,
    concurrency: settings.drainConcurrency,
    drain: (lane) => drain(steps, lane),
    alarmOf: (lane) => alarmOf(pool, lane),
    wake: alarms.wake,
  });
  begun.defer(() => worker.close());
  const sweeper = setInterval(() => void sweepNow(), settings.sweepEvery);
  await sweepNow();
  // Asked for just before anybody heard.
  calls.heard('');
  begun.use(kept.start());
  log.info('delivery runs', { environment: settings.environment });
  return {
    reload: kept.reload,
    signer: () => kept.current().signer,
    stop: async () => {
      stopping = true;
      clearInterval(sweeper);
      const timer = setTimeout(() => giveUp.abort(), pushesEndAfter(settings.stopTimeout));
      await ear.close();
      await calls.close();
      await begun.disposeAsync();
      clearTimeout(timer);
    },
  };
}
