/** Numbered SQL files, each run once, in order, in one transaction each. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Fault } from '../domain/fault.ts';
import type { Db, Pool } from './pool.ts';

const folder = new URL('./migrations/', import.meta.url);
/** Held while migrating, so that processes starting together do not step on each other. */
const lockKey = 6_582_837_001;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

function migrations(): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(new URL(name, folder), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Brings the database up to this program's schema.
 * @returns the names of the migrations that were run now.
 * @throws Fault `store-unsafe` when an applied migration is another than ours: the database is of another program version.
 */
export async function migrate(pool: Pool): Promise<{ applied: string[] }> {
  const applied: string[] = [];
  for (const migration of migrations()) {
    const ran = await pool.transaction(async (db) => {
      await db.query('select pg_advisory_xact_lock($1)', [lockKey]);
      await db.query(
        'create table if not exists migration (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
      );
      const { rows } = await db.query<{ sha256: string }>('select sha256 from migration where name = $1', [
        migration.name,
      ]);
      if (rows[0] && rows[0].sha256 !== migration.sha256)
        throw new Fault('store-unsafe', `the database was migrated with another ${migration.name} than this program's`);
      if (rows[0]) return false;
      await db.query(migration.sql);
      await db.query('insert into migration (name, sha256) values ($1, $2)', [migration.name, migration.sha256]);
      return true;
    });
    if (ran) applied.push(migration.name);
  }
  return { applied };
}

/** @throws Fault `store-unsafe` when migrations are missing, or the database has some that this program does not know. */
export async function requireMigrated(db: Db): Promise<void> {
  const { rows: tables } = await db.query(
    "select 1 from pg_tables where tablename = 'migration' and schemaname = current_schema()",
  );
  const { rows } =
    tables.length === 0 ? { rows: [] } : await db.query<{ name: string }>('select name from migration order by name');
  const have = rows.map((row) => row.name).join(', ');
  const want = migrations()
    .map((migration) => migration.name)
    .join(', ');
  if (have !== want)
    throw new Fault(
      'store-unsafe',
      `the database has the migrations [${have}], this program needs [${want}]; run \`kuvert migrate\``,
    );
}

/** @throws Fault `store-unsafe` when PostgreSQL may forget what it has confirmed. */
export async function requireDurable(db: Db): Promise<void> {
  const { rows } = await db.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name",
  );
  if (rows.length > 0)
    throw new Fault(
      'store-unsafe',
      `PostgreSQL runs with ${rows.map((row) => `${row.name} = off`).join(', ')}: messages could be lost after they were acknowledged; turn it on`,
    );
}
