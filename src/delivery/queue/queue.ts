/** The door to BullMQ and Redis: one job for each lane that has something to do. PostgreSQL decides; this only rings. */

import { DelayedError, type Job, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Fault } from '../../domain/fault.ts';
import { errorText, type Log } from '../../platform/log.ts';
import type { Drained } from '../drain.ts';

const queueName = 'lanes';
/** Milliseconds. */
const mostPing = 2_000;

export interface QueueOptions {
  readonly redisUrl: string;
  /** First part of every key. */
  readonly prefix: string;
  readonly log: Log;
}

export interface Alarms {
  /** Sets the lane's alarm; whoever calls this moved the lane's wake_at earlier in a transaction that is committed. */
  readonly wake: (lane: number, delay: number) => Promise<void>;
  /** Milliseconds until Redis answered; null: it did not within two seconds. */
  readonly ping: () => Promise<number | null>;
  readonly close: () => Promise<void>;
}

/** ioredis waits up to 2 s more at each try by default: after an outage of 20 s the first job came 18 s late. */
function connect(options: QueueOptions, failFast: boolean): Redis {
  const redis = new Redis(options.redisUrl, {
    retryStrategy: (times) => Math.min(times * 50, 1_000),
    connectTimeout: 5_000,
    // A worker's blocking connection must wait for ever; a producer must not queue up behind an outage: the sweeper has it.
    maxRetriesPerRequest: failFast ? 1 : null,
    enableOfflineQueue: !failFast,
  });
  let told = false;
  redis.on('error', (error) => {
    if (!told) options.log.warn('redis is in trouble', { error: errorText(error) });
    told = true;
  });
  redis.on('ready', () => {
    if (told) options.log.info('redis is back');
    told = false;
  });
  return redis;
}

/** @throws Fault `server-unavailable` when Redis cannot be used within ten seconds, with what it said last. */
async function ready(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  let last = 'it does not answer';
  redis.on('error', (error) => {
    last = errorText(error);
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.disconnect();
      reject(new Fault('server-unavailable', `Redis (REDIS_URL) cannot be used: ${last}`));
    }, 10_000);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const jobOptions = (lane: number, delay: number) => ({
  delay,
  deduplication: { id: String(lane), keepLastIfActive: true, reschedule: true },
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 1,
});

/** For whoever wakes lanes. */
export async function createAlarms(options: QueueOptions): Promise<Alarms> {
  const redis = connect(options, true);
  await ready(redis);
  const queue = new Queue(queueName, {
    connection: redis,
    prefix: options.prefix,
    streams: { events: { maxLen: 10 } },
    skipVersionCheck: true,
  });
  queue.on('error', () => undefined); // the connection's own listener has said it
  return {
    wake: async (lane, delay) => {
      try {
        await queue.add('drain', { lane }, jobOptions(lane, Math.max(0, Math.round(delay))));
      } catch (error) {
        options.log.debug('a lane was not woken; the sweeper will', { lane, error: errorText(error) });
      }
    },
    ping: async () => {
      const began = performance.now();
      const answered = redis.ping().then(
        () => performance.now() - began,
        () => null,
      );
      const { promise: late, resolve } = Promise.withResolvers<null>();
      const timer = setTimeout(() => resolve(null), mostPing);
      return Promise.race([answered, late]).finally(() => clearTimeout(timer));
    },
    close: async () => {
      await queue.close().catch(() => undefined);
      redis.disconnect();
    },
  };
}

export interface WorkerOptions extends QueueOptions {
  readonly concurrency: number;
  readonly drain: (lane: number) => Promise<Drained>;
  /** Milliseconds until the lane's alarm, from PostgreSQL; undefined: none. */
  readonly alarmOf: (lane: number) => Promise<number | undefined>;
  readonly wake: (lane: number, delay: number) => Promise<void>;
  /** For tests of what happens between arming and looking. */
  readonly armed?: (lane: number) => Promise<void>;
}

/** Drains lanes as their alarms ring. */
export async function startWorker(options: WorkerOptions): Promise<{ close: () => Promise<void> }> {
  const redis = connect(options, false);
  await ready(redis);
  const worker = new Worker(queueName, (job, token) => ring(options, job, token), {
    connection: redis,
    prefix: options.prefix,
    concurrency: options.concurrency,
    // A lane's job lives for days and BullMQ's count of stalls never starts again.
    maxStalledCount: 1_000_000_000,
    lockDuration: 10_000,
    stalledInterval: 5_000,
    skipVersionCheck: true,
  });
  worker.on('error', (error) => options.log.debug('queue worker', { error: errorText(error) }));
  await worker.waitUntilReady();
  return {
    close: async () => {
      await worker.close();
      redis.disconnect();
    },
  };
}

async function ring(options: WorkerOptions, job: Job<{ lane: number }>, token: string | undefined): Promise<void> {
  const { lane } = job.data;
  let drained: Drained;
  try {
    drained = await options.drain(lane);
  } catch (error) {
    // The lane's alarm stands in PostgreSQL; the sweeper rings again.
    options.log.error('a lane could not be drained', { lane, error: errorText(error) });
    return;
  }
  if (drained === 'done') return;
  let alarm = Date.now() + drained.armIn;
  await job.moveToDelayed(alarm, token);
  await options.armed?.(lane);
  // Armed; now look again. A wake that came between “nothing due” and this line was parked behind the running job, and a
  // job that goes to sleep never finishes: without this look it would wait for the alarm just set. And again after each
  // alarm that is set here: it overwrites one that came while it was being read.
  for (;;) {
    // A store that does not answer now is asked by the drain, soon.
    const wait = await options.alarmOf(lane).catch(() => 0);
    // A few milliseconds are only rounding.
    if (wait === undefined || Date.now() + wait >= alarm - 10) break;
    alarm = Date.now() + wait;
    await options.wake(lane, wait);
  }
  throw new DelayedError();
}
