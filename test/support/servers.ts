/**
 * Real servers for the integration tests. One set is started for the whole run (loaded with --require, see
 * test/integration/.mocharc.json) and shared by all files: each takes a database and a prefix of its own. A test that
 * kills, pauses or empties a server starts its own set with ownServers().
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Local, type LocalOptions, startLocal } from '../../src/platform/local/local.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createPool } from '../../src/store/pool.ts';
import { compiled } from './compiled.ts';

export interface SharedServers {
  /** A database server; tests do not use the database it names but take freshDatabase(). */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** STOMP. */
  readonly brokerUrl: string;
  /** OpenWire, for JMS programs. */
  readonly openwireUrl: string;
  readonly brokerUser: string;
  readonly brokerPassword: string;
}

/** How the test files, which run in processes of their own, learn of the shared set. */
const VARIABLE = 'TEST_SHARED_SERVERS';
const TEMPLATE = 'test_template';
/** Any number; the same in all processes of a run. */
const TEMPLATE_LOCK = 7_301;

let shared: Local | undefined;

/** Mocha calls it once, in the main process, before any file. */
export async function mochaGlobalSetup(): Promise<void> {
  shared = await ownServers({ broker: true, redis: true, postgres: true });
  process.env[VARIABLE] = JSON.stringify(urlsOf(shared));
  // For the processes that the files run in, and what these start.
  Object.assign(process.env, compiled);
}

export async function mochaGlobalTeardown(): Promise<void> {
  await shared?.stop();
}

/** The servers of this run. */
export function sharedServers(): SharedServers {
  const text = process.env[VARIABLE];
  if (text === undefined)
    throw new Error('no shared servers: run with `mocha --config test/integration/.mocharc.json FILE`');
  return JSON.parse(text) as SharedServers;
}

/** A set for one test; stop it in an after() hook. It has its own folder, passwords and ports. */
export function ownServers(want: LocalOptions['want'], more: Partial<LocalOptions> = {}): Promise<Local> {
  return startLocal({ folder: join('.kuvert/test', unique()), want, brief: true, ...more });
}

/** The URLs of a set that has all three. */
export function urlsOf({ broker, redis, postgres }: Local): SharedServers {
  if (!broker || !redis || !postgres) throw new Error('urlsOf() needs a set with all three servers');
  return {
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    brokerUrl: broker.url,
    openwireUrl: broker.openwireUrl,
    brokerUser: broker.user,
    brokerPassword: broker.password,
  };
}

/** The URL of a new database with the present schema, empty; on the shared server unless another is named. */
export async function freshDatabase(server: string = sharedServers().databaseUrl): Promise<string> {
  const name = unique();
  await withClient(server, async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [TEMPLATE]);
    if (rowCount === 0) await makeTemplate(client, server);
    await client.query(`create database ${name} template ${TEMPLATE}`);
  });
  return databaseOn(server, name);
}

/** For names of queues, and keys in Redis: no other test has it. Letters and digits only. */
export function freshPrefix(): string {
  return unique();
}

/** Migrated under another name first: a template that exists is complete. */
async function makeTemplate(client: Client, server: string): Promise<void> {
  const name = unique();
  await client.query(`create database ${name}`);
  const pool = createPool({ url: databaseOn(server, name), connections: 2, name: 'test-template' });
  try {
    await migrate(pool);
  } finally {
    await pool.close();
  }
  await client.query(`alter database ${name} rename to ${TEMPLATE}`);
}

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseOn(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

const unique = (): string => `t${randomBytes(6).toString('hex')}`;
