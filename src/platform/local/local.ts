/** Private ActiveMQ, Redis and PostgreSQL for development, the demo and the tests. Several sets run side by side. */
import { Fault } from '../../domain/fault.ts';
import { type Log, silentLog } from '../log.ts';
import { type BrokerKeyStore, type LocalBroker, startBroker } from './broker.ts';
import { claimFolder } from './folder.ts';
import { freePorts } from './ports.ts';
import { type LocalPostgres, startPostgres } from './postgres.ts';
import { type LocalRedis, startRedis } from './redis.ts';

const TRIES = 5;

export interface LocalOptions {
  /** Where data, logs and passwords lie; made if it is not there. Abandoned sets in folders beside it are cleaned up. */
  readonly folder: string;
  readonly want: { readonly broker?: boolean; readonly redis?: boolean; readonly postgres?: boolean };
  /** Whether the data outlive stop(), so that the next start finds them; otherwise the folder is removed. */
  readonly keep?: boolean;
  /** They live for a minute: the broker starts with a third less work, and would be slower in the long run. */
  readonly brief?: boolean;
  readonly log?: Log;
  /** Gives the broker a TLS port too. */
  readonly brokerKeyStore?: BrokerKeyStore;
}

/** What was wanted; the rest is undefined. */
export interface Local {
  readonly broker: LocalBroker | undefined;
  readonly redis: LocalRedis | undefined;
  readonly postgres: LocalPostgres | undefined;
  /** Stops what runs, cleanly and all at once. May be called again. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts what is wanted, in parallel (2 to 3 s, the broker's time), each on free ports of 127.0.0.1 with its own random
 * password. All end when this process does, by whatever signal.
 * @throws Fault `server-unavailable` when one is not installed or does not start, `not-possible-now` when the folder is in use.
 */
export async function startLocal(options: LocalOptions): Promise<Local> {
  const { want, keep = false, log = silentLog } = options;
  const folder = await claimFolder(options.folder, keep, log);
  const starts = {
    broker: want.broker
      ? onFreePorts(3, ([stomp = 0, openwire = 0, tls = 0]) =>
          startBroker(folder, { stomp, openwire, tls }, log, {
            keyStore: options.brokerKeyStore,
            brief: options.brief,
          }),
        )
      : undefined,
    redis: want.redis ? onFreePorts(1, ([port = 0]) => startRedis(folder, port, log)) : undefined,
    postgres: want.postgres ? onFreePorts(1, ([port = 0]) => startPostgres(folder, port, log)) : undefined,
  };
  const results = await Promise.allSettled([starts.broker, starts.redis, starts.postgres]);
  const servers = results.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []));
  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    folder.release();
  };
  const stop = (): Promise<void> => (stopping ??= stopAll());
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [broker, redis, postgres] = await Promise.all([starts.broker, starts.redis, starts.postgres]);
  return { broker, redis, postgres, stop };
}

/** A port may be taken between being found free and being used: then with others. */
async function onFreePorts<T>(count: number, start: (ports: number[]) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start(await freePorts(count));
    } catch (error) {
      const taken =
        error instanceof Fault && /address already in use|port .* in use|BindException/i.test(error.message);
      if (!taken || tries >= TRIES) throw error;
    }
  }
}
