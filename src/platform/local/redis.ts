/** A private Redis: append-only file, nothing evicted, a password, loopback only. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import type { LocalFolder } from './folder.ts';
import { answers } from './probe.ts';
import { type LocalServer, supervise } from './supervise.ts';

export interface LocalRedis extends LocalServer {
  /** With the password: `redis://:password@127.0.0.1:port/0`. */
  readonly url: string;
}

/** @throws Fault `server-unavailable` when Redis is not installed or does not start on `port`. */
export async function startRedis(folder: LocalFolder, port: number, log: Log): Promise<LocalRedis> {
  const home = join(folder.path, 'redis');
  const password = folder.secret('redis');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const settings = {
    bind: '127.0.0.1',
    port,
    dir: `"${home}"`,
    requirepass: password,
    appendonly: 'yes',
    appendfsync: 'everysec',
    // No snapshots beside the append-only file.
    save: '""',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  const file = join(home, 'redis.conf');
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });

  const server = await supervise(
    {
      name: 'Redis',
      command: redisCommand(home),
      args: [file],
      cwd: home,
      logFile: join(folder.path, 'redis.log'),
      stopSignal: 'SIGTERM',
      record: (identity) => folder.record('redis', identity),
      ready: () => answers(port, `AUTH ${password}\r\nPING\r\n`, '+PONG'),
    },
    log,
  );
  return { ...server, url: `redis://:${password}@127.0.0.1:${port}/0` };
}

/**
 * Debian's redis-tools holds the server's binary as redis-check-rdb, which acts by the name it is called by; only the
 * link to it, and a service that we do not want to start on the machine, come with redis-server.
 */
function redisCommand(home: string): string {
  const tool = '/usr/bin/redis-check-rdb';
  if (existsSync('/usr/bin/redis-server') || !existsSync(tool)) return 'redis-server';
  const link = join(home, 'redis-server');
  if (!existsSync(link)) symlinkSync(tool, link);
  return link;
}
