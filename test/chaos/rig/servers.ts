/** PostgreSQL, Redis and ActiveMQ of one campaign: real, private, and to be broken. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Local, startLocal } from '../../../src/platform/local/local.ts';
import { answers } from '../../../src/platform/local/probe.ts';
import type { LocalServer } from '../../../src/platform/local/supervise.ts';
import type { Log } from '../../../src/platform/log.ts';
import type { ServerName } from './cast.ts';
import { type Disks, mountDisks } from './disks.ts';

export interface Servers {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly brokerUrl: string;
  readonly brokerUser: string;
  readonly brokerPassword: string;
  readonly ports: Readonly<Record<ServerName, number>>;
  readonly disks: Disks | undefined;
  /** Why there are no small disks. */
  readonly withoutDisks: string | undefined;
  kill(name: ServerName): Promise<void>;
  /** A clean stop and a start. */
  restart(name: ServerName): Promise<void>;
  pause(name: ServerName): void;
  resume(name: ServerName): void;
  /** Running again, whatever it was. */
  revive(name: ServerName): Promise<void>;
  /** @throws when Redis does not answer */
  emptyRedis(): Promise<void>;
  stop(): Promise<void>;
}

export async function startServers(folder: string, keep: boolean, log: Log): Promise<Servers> {
  const mounted = mountDisks(folder);
  const disks = typeof mounted === 'string' ? undefined : mounted;
  let local: Local;
  try {
    local = await startLocal({ folder, keep, want: { broker: true, redis: true, postgres: true }, log });
  } catch (error) {
    disks?.unmount();
    throw error;
  }
  const { postgres, redis, broker } = local;
  if (!postgres || !redis || !broker) throw new Error('a server is missing');
  const byName = { postgresql: postgres, redis, activemq: broker };
  return {
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    brokerUrl: broker.url,
    brokerUser: broker.user,
    brokerPassword: broker.password,
    ports: { postgresql: portOf(postgres.url), redis: portOf(redis.url), activemq: portOf(broker.url) },
    disks,
    withoutDisks: typeof mounted === 'string' ? mounted : undefined,
    kill: (name) => byName[name].kill(),
    restart: (name) => restartUntilItRuns(byName[name]),
    pause: (name) => byName[name].pause(),
    resume: (name) => byName[name].resume(),
    revive: async (name) => {
      await revive(byName[name]);
      if (name !== 'activemq') return;
      // A broker that could not write stops working and stays: then it is started anew, as an operator would.
      const works = () => answers(portOf(broker.url), connectFrame(broker.user, broker.password), 'CONNECTED');
      for (let looks = 0; looks < 6; looks++) {
        if (await works()) return;
        await sleep(500);
      }
      await broker.kill();
      await restartUntilItRuns(broker);
    },
    emptyRedis: () => emptyRedis(redis.url),
    stop: async () => {
      // The disks go between the servers that use them and the folder that leads to them.
      await Promise.all([postgres.stop(), broker.stop()]);
      try {
        await local.stop();
      } finally {
        disks?.unmount();
      }
    },
  };
}

/**
 * ActiveMQ may refuse its first starts after a full disk (“Failed to recover data at position …”: its index knows of a record that
 * the journal had no room for), and runs at a later one. Whatever runs it as a service starts it again.
 */
export async function restartUntilItRuns(server: Pick<LocalServer, 'restart'>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await server.restart();
    } catch (error) {
      if (tries >= 5) throw error;
      await sleep(1_000);
    }
  }
}

const connectFrame = (login: string, passcode: string): string =>
  `CONNECT\naccept-version:1.2\nhost:127.0.0.1\nlogin:${login}\npasscode:${passcode}\n\n\0`;

const portOf = (url: string): number => Number(new URL(url).port);

async function revive(server: LocalServer): Promise<void> {
  server.resume();
  // One that is about to end by itself must have had the time to.
  await sleep(200);
  if (server.pid() === undefined) await restartUntilItRuns(server);
}

/** In Redis' own words, past the proxies. */
async function emptyRedis(url: string): Promise<void> {
  const { port, password } = new URL(url);
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  socket.setTimeout(2_000, () => socket.destroy(new Error('Redis does not answer')));
  try {
    await once(socket, 'connect');
    socket.write(`AUTH ${decodeURIComponent(password)}\r\nFLUSHALL\r\n`);
    let said = '';
    while (said.split('\r\n').length < 3) said += String((await once(socket, 'data'))[0]);
    if (said !== '+OK\r\n+OK\r\n') throw new Error(`Redis said: ${said.trim()}`);
  } finally {
    socket.destroy();
  }
}
