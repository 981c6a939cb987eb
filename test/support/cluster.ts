/** A PostgreSQL cluster that a test may stop, copy and throw away, with a shell of the user that it runs as. */
import { spawn } from 'node:child_process';
import { appendFileSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimFolder } from '../../src/platform/local/folder.ts';
import { freePorts } from '../../src/platform/local/ports.ts';
import { postgresHome } from '../../src/platform/local/postgres-home.ts';
import { identify } from '../../src/platform/local/process.ts';
import { silentLog } from '../../src/platform/log.ts';
import { freshPrefix } from './servers.ts';

export interface Cluster {
  /** Its database `postgres`, as superuser. */
  readonly url: string;
  /** Runs commands as the database's user, with PGDATA and BACKUP set and PostgreSQL's programs in PATH. @returns what they said */
  sh(commands: string, more?: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}

/** Made and started; nothing of it is left after `close`. */
export async function ownCluster(): Promise<Cluster> {
  const folder = await claimFolder(join('.kuvert/test', freshPrefix()), false, silentLog);
  const { programs, data, user } = postgresHome(folder);
  const [port] = await freePorts(1);
  const password = folder.secret('postgres');
  const PGDATA = join(data, 'cluster');
  const { PATH = '' } = process.env;
  const environment = { PATH: `${join(programs, 'bin')}:${PATH}`, PGDATA, BACKUP: join(data, 'backup') };
  const sh: Cluster['sh'] = async (commands, more = {}) => {
    const said = await run(commands, { env: { ...environment, ...more }, cwd: data, ...user });
    // Whatever runs now is ended by the next run of the tests, should this one be killed.
    const pid = Number(readIfThere(join(PGDATA, 'postmaster.pid')).split('\n')[0]);
    const identity = pid > 0 ? identify(pid) : undefined;
    if (identity) folder.record('cluster', identity);
    return said;
  };
  const passwordFile = join(data, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  await sh(`initdb --username=kuvert --pwfile="${passwordFile}" --auth=scram-sha-256 --encoding=UTF8 --locale=C`);
  appendFileSync(
    join(PGDATA, 'postgresql.conf'),
    `port = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\ntimezone = 'UTC'\n`,
  );
  await sh('pg_ctl -l "$PGDATA.log" -w start');
  return {
    url: `postgres://kuvert:${password}@127.0.0.1:${port}/postgres`,
    sh,
    close: async () => {
      await sh('pg_ctl -w -m immediate stop || true');
      folder.release();
    },
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** As whoever types one line after the other, and stops at the first that fails. */
export function run(commands: string, options: Parameters<typeof spawn>[2]): Promise<string> {
  const shell = spawn('bash', ['-e', '-u', '-o', 'pipefail', '-c', commands], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
  return new Promise((resolve, reject) => {
    shell.once('error', reject);
    shell.once('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${code} of:\n${commands}\n${said}`)),
    );
  });
}
