/** The door to PostgreSQL: a pool, transactions, and which failures are the server's rather than the row's. */
import {
  Client,
  escapeIdentifier,
  Pool as PgPool,
  type PoolClient,
  type PoolConfig,
  type QueryResultRow,
  types,
} from 'pg';
import { Fault } from '../domain/fault.ts';

// bigint columns are counters and row numbers: far below 2^53 in any life of this program.
types.setTypeParser(types.builtins.INT8, Number);

export interface Db {
  query<R extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number }>;
}

export interface Pool extends Db {
  /**
   * Runs `work` in one transaction; rolls back when it throws. A connection that broke is not used again.
   * @param lockTimeout milliseconds that one statement may wait for a lock; left out: as long as a statement may take.
   */
  transaction<T>(work: (db: Db) => Promise<T>, lockTimeout?: number): Promise<T>;
  /**
   * Calls `heard` for every NOTIFY on the channels until `close`, all over one connection; comes back after a broken one and
   * then calls `heard('')` for each channel: something may have been missed.
   */
  listen(channels: string | readonly string[], heard: Heard): Ear;
  close(): Promise<void>;
}

export type Heard = (payload: string, channel: string) => void;

export interface Ear {
  /** When it hears, or could not be had at once; then it tries on, and calls `heard('')` when it does. */
  readonly opened: Promise<void>;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly url: string;
  readonly connections: number;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /**
   * Everything that goes over these connections finds its rows by key, a few of many: statements are planned once, for that,
   * whatever the tables' sizes and statistics are just then.
   */
  readonly byKey?: boolean;
  /** A statement may take hours: for migrations of a big book. */
  readonly patient?: boolean;
  /** Milliseconds that one statement may take; left out: a minute. */
  readonly statementTimeout?: number;
  /** Called when an idle connection breaks or a listener has to come back. */
  readonly onTrouble?: (error: unknown) => void;
}

/**
 * PostgreSQL would plan a statement that is given lists anew each time: a plan made for the very list looks cheaper than one for
 * any list, and costs more to make than to run. And what is planned while a table is small would read all of it for long after.
 */
const plansByKey =
  'set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off';

export interface PoolCounts {
  readonly name: string;
  readonly busy: number;
  readonly idle: number;
  /** Those who wait for a connection. */
  readonly waiting: number;
}

const pools = new Map<PgPool, string>();

/** Of each pool of this process that is open. What listens has a connection beside them. */
export function countConnections(): PoolCounts[] {
  return [...pools].map(([{ totalCount, idleCount, waitingCount }, name]) => ({
    name,
    busy: totalCount - idleCount,
    idle: idleCount,
    waiting: waitingCount,
  }));
}

export function createPool(options: PoolOptions): Pool {
  const { statementTimeout = 60_000 } = options;
  const config: PoolConfig = {
    connectionString: options.url,
    max: options.connections,
    application_name: options.name,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    // A query that takes longer is a defect or a server in trouble; either way the caller must get an answer.
    // And if the server, or the way to it, is gone without a word.
    ...(options.patient ? {} : { statement_timeout: statementTimeout, query_timeout: statementTimeout + 10_000 }),
    keepAlive: true,
    // Waited for before whatever the connection was opened for; the type does not say so.
    ...(options.byKey ? { onConnect: (client) => client.query(plansByKey) as unknown as void } : {}),
  };
  const pool = new PgPool(config);
  pools.set(pool, options.name);
  pool.on('error', (error) => options.onTrouble?.(error));
  // A server that dies may say so in the same breath as “ready”: before whoever asked for the connection can listen to it,
  // and an error that nobody listens to ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = (client: PgPool | PoolClient): Db => ({
    query: async <R extends QueryResultRow>(text: string, values?: readonly unknown[]) => {
      const result = await client.query<R>(
        values === undefined ? { text } : { ...nameOf(text), text, values: [...values] },
      );
      return { rows: result.rows, rowCount: result.rowCount ?? 0 };
    },
  });
  return {
    ...db(pool),
    transaction: (work, lockTimeout) => transaction(pool, db, work, lockTimeout),
    listen: (channels, heard) => listen(config, [channels].flat(), heard, options.onTrouble),
    close: () => {
      pools.delete(pool);
      return pool.end();
    },
  };
}

const names = new Map<string, string>();
/** Far more statements than the program has; a text that is put together anew each time must not fill the server. */
const mostNames = 500;

/**
 * The same text is the same prepared statement of its connection: the server reads and plans it once, not for each message
 * (a third of PostgreSQL's work, see docs/proof/performance.md).
 */
function nameOf(text: string): { name?: string } {
  let name = names.get(text);
  if (name === undefined) {
    if (names.size >= mostNames) return {};
    name = `kuvert-${names.size + 1}`;
    names.set(text, name);
  }
  return { name };
}

async function transaction<T>(
  pool: PgPool,
  db: (client: PoolClient) => Db,
  work: (db: Db) => Promise<T>,
  lockTimeout: number | undefined,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Without a listener, a connection that breaks between two queries ends the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query(
      lockTimeout === undefined ? 'begin' : `begin; set local lock_timeout = ${Math.trunc(lockTimeout)}`,
    );
    const result = await work(db(client));
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Milliseconds between two looks whether anybody could still be heard, and for the answer to one. */
const heartbeat = 5_000;
const probe = { text: 'select 1', query_timeout: heartbeat - 500 };

function listen(
  config: PoolConfig,
  channels: readonly string[],
  heard: Heard,
  onTrouble: PoolOptions['onTrouble'],
): Ear {
  let closed = false;
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let beating: NodeJS.Timeout | undefined;
  let first = true;
  const connect = async (): Promise<void> => {
    const mine = new Client(config);
    client = mine;
    let gone = false;
    const again = (error: unknown) => {
      if (gone || closed) return;
      gone = true;
      first = false;
      clearInterval(beating);
      onTrouble?.(error);
      mine.end().catch(() => undefined);
      timer = setTimeout(() => void connect(), 1_000);
    };
    mine.on('error', again);
    mine.on('end', () => again(new Error('the connection ended')));
    mine.on('notification', ({ payload = '', channel }) => heard(payload, channel));
    try {
      await mine.connect();
      await mine.query(channels.map((channel) => `listen ${escapeIdentifier(channel)}`).join(';'));
      if (!first) for (const channel of channels) heard('', channel);
      first = false;
      // A connection that went without a word would be listened to for ever.
      if (!closed && !gone) beating = setInterval(() => void mine.query(probe).catch(again), heartbeat);
    } catch (error) {
      again(error);
    }
  };
  const started = connect();
  return {
    opened: started,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      clearInterval(beating);
      await started;
      await client?.end().catch(() => undefined);
    },
  };
}

/**
 * True for failures that say nothing about what was being written: connection (class 08), resources (53), operator
 * intervention (57), system (58), transaction rollback such as a deadlock (40), and sockets that broke or never came up.
 */
export function isServerTrouble(error: unknown): boolean {
  if (error instanceof Fault) return error.code === 'server-unavailable';
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  // 55P03: a lock was not had within the time that the transaction gives it.
  if (typeof code === 'string' && /^((08|53|57|58|40)[0-9A-Z]{3}|55P03)$/.test(code)) return true;
  if (typeof code === 'string' && /^(E[A-Z]+|ENOTFOUND)$/.test(code)) return true;
  return (
    /^(Connection terminated|timeout expired|timeout exceeded|Client has encountered a connection error|Client was closed|Query read timeout)/.test(
      error.message,
    ) || /connection terminated|connection timeout/i.test(error.message)
  );
}
