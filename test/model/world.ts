/** The real servers and the real code of the delivery role, for many runs: two processes that drain, and a queue that can be emptied. */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Drained } from '../../src/delivery/drain.ts';
import { type Alarms, createAlarms, startWorker } from '../../src/delivery/queue/queue.ts';
import { silentLog } from '../../src/platform/log.ts';
import { type Lanes, lanesOf } from '../../src/store/lane/lanes.ts';
import { alarmOf } from '../../src/store/lane/take.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { freshDatabase, freshPrefix } from '../support/servers.ts';
import type { Broken } from './broken.ts';
import { type Watch, watched } from './watched.ts';

export const heldProbe = 3_600_000;

/** What a run answers to the queue's workers. */
export interface Ringing {
  readonly drain: (process: number, lane: number) => Promise<Drained>;
  readonly armed: (process: number, lane: number) => Promise<void>;
  readonly looked: (process: number, lane: number) => Promise<void>;
  readonly woke: (process: number, lane: number) => void;
  readonly breach: (what: string) => void;
}

export interface Process {
  readonly watch: Watch;
  readonly store: Pool;
  readonly lanes: Lanes;
}

export interface QueuedJob {
  readonly id: string;
  readonly lane: number;
  /** Milliseconds until it rings. */
  readonly wait: number;
}

export interface World {
  /** Nobody watches this one. */
  readonly pool: Pool;
  readonly rewrite: (text: string) => string;
  readonly alarms: Alarms;
  readonly processes: readonly Process[];
  /** The run that the workers ring for. */
  ringing: Ringing | undefined;
  readonly sleepers: () => Promise<QueuedJob[]>;
  /** True when each job that is due has begun, and just so many are under way. */
  readonly quiet: (active: number) => Promise<boolean>;
  /** As if this many milliseconds had gone by. */
  readonly moveOn: (milliseconds: number) => Promise<void>;
  /** The lane's jobs have lost their locks, and BullMQ finds out. */
  readonly stall: (lane: number) => Promise<void>;
  readonly empty: () => Promise<void>;
  /** A number that no other run has. */
  readonly nextNumber: () => number;
  readonly close: () => Promise<void>;
}

export async function openWorld(
  servers: { readonly databaseUrl: string; readonly redisUrl: string },
  broken: Broken | undefined,
): Promise<World> {
  const rewrite = broken?.rewrite ?? ((text: string) => text);
  const pool = createPool({ url: await freshDatabase(servers.databaseUrl), connections: 16, name: 'model' });
  // Time is moved on by moving what is planned back, also the hours of mandates, which nobody may change else.
  await pool.query('alter table mandate disable trigger mandate_kept');
  const prefix = freshPrefix();
  const queueOptions = { redisUrl: servers.redisUrl, prefix, log: silentLog };
  const alarms = await createAlarms(queueOptions);
  const redis = new Redis(servers.redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('lanes', { connection: redis, prefix, skipVersionCheck: true });
  queue.on('error', () => undefined);
  const key = (name: string) => `${prefix}:lanes:${name}`;
  let runs = 0;

  const processes = [0, 1].map((): Process => {
    const watch: Watch = {
      stop: undefined,
      rewrite,
      notified: () => undefined,
      breach: (what) => world.ringing?.breach(what),
    };
    const store = watched(pool, watch);
    return { watch, store, lanes: lanesOf(store, heldProbe, silentLog) };
  });

  const world: World = {
    pool,
    rewrite,
    alarms,
    processes,
    ringing: undefined,
    sleepers: async () => {
      const scored = await redis.zrange(key('delayed'), 0, '-1', 'WITHSCORES');
      const jobs: QueuedJob[] = [];
      for (let i = 0; i < scored.length; i += 2) {
        const id = String(scored[i]);
        const data = await redis.hget(key(id), 'data');
        if (data === null) continue;
        const { lane } = JSON.parse(data) as { lane: number };
        jobs.push({ id, lane, wait: Number(scored[i + 1]) / 0x1000 - Date.now() });
      }
      return jobs;
    },
    quiet: async (active) => {
      const answers = await redis
        .pipeline()
        .llen(key('wait'))
        .zcount(key('delayed'), '-inf', (Date.now() + 1) * 0x1000)
        .llen(key('active'))
        .exec();
      const [waiting, due, running] = (answers ?? []).map(([, answer]) => Number(answer));
      return waiting === 0 && due === 0 && running === active;
    },
    moveOn: async (milliseconds) => {
      for (const { id, wait } of await world.sleepers()) {
        const job = await queue.getJob(id);
        await job?.changeDelay(Math.max(0, Math.round(wait - milliseconds)));
      }
    },
    stall: async (lane) => {
      for (const id of await redis.lrange(key('active'), 0, -1)) {
        const data = await redis.hget(key(id), 'data');
        if (data !== null && (JSON.parse(data) as { lane: number }).lane === lane) await redis.del(`${key(id)}:lock`);
      }
      // BullMQ moves what it found without a lock twice, and looks only now and then.
      for (let look = 0; look < 2; look++) {
        await redis.del(key('stalled-check'));
        await checker.moveStalledJobsToWait();
      }
    },
    empty: async () => {
      const keys = await redis.keys(`${prefix}:*`);
      if (keys.length > 0) await redis.del(keys);
    },
    nextNumber: () => (runs += 1),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await stalledChecker.close();
      await queue.close();
      await alarms.close();
      redis.disconnect();
      await pool.close();
    },
  };

  const stalledChecker = new Worker('lanes', async () => undefined, {
    connection: redis,
    prefix,
    autorun: false,
    maxStalledCount: 1_000_000_000,
    skipVersionCheck: true,
  });
  stalledChecker.on('error', () => undefined);
  const checker = stalledChecker as unknown as { moveStalledJobsToWait(): Promise<void> };
  await stalledChecker.waitUntilReady();

  const workers = await Promise.all(
    processes.map(({ store }, process) =>
      startWorker({
        ...queueOptions,
        concurrency: 50,
        drain: async (lane) => (await world.ringing?.drain(process, lane)) ?? 'done',
        alarmOf: async (lane) => {
          const wait = broken?.alarmOf === undefined ? await alarmOf(store, lane) : broken.alarmOf();
          await world.ringing?.looked(process, lane);
          return wait;
        },
        wake: async (lane, delay) => {
          world.ringing?.woke(process, lane);
          await alarms.wake(lane, delay);
        },
        armed: async (lane) => world.ringing?.armed(process, lane),
      }),
    ),
  );
  return world;
}
