/** The store for one command. */
import { Fault } from '../domain/fault.ts';
import { operatingSystemUser, settingsOfProcess } from '../platform/config/process.ts';
import { storeUnavailable } from '../roles/parts.ts';
import { requireMigrated } from '../store/migrate.ts';
import { createPool, isServerTrouble, type Pool } from '../store/pool.ts';

/** Whose name stands in the audit. */
export const actor = (): string => `cli:${operatingSystemUser()}`;

/**
 * Opens the store that DATABASE_URL names, does the work and closes it.
 * @param schema `any`: for what works on a database that is not migrated yet, and may take hours on a big one.
 * @throws Fault `setting-invalid` · `server-unavailable` · `store-unsafe` · what the work throws
 */
export async function withStore<T>(
  work: (pool: Pool) => Promise<T>,
  schema: 'present' | 'any' = 'present',
): Promise<T> {
  const { databaseUrl } = settingsOfProcess(['databaseUrl']);
  const pool = createPool({ url: databaseUrl, connections: 2, name: 'kuvert cli', patient: schema === 'any' });
  try {
    await reach(pool);
    if (schema === 'present') await requireMigrated(pool);
    return await work(pool);
  } catch (error) {
    if (!(error instanceof Fault) && isServerTrouble(error)) throw storeUnavailable(error);
    throw error;
  } finally {
    await pool.close();
  }
}

/** Whatever the first query meets (nobody there, wrong password, no such database) is the server's answer to us. */
async function reach(pool: Pool): Promise<void> {
  try {
    await pool.query('select 1');
  } catch (error) {
    throw storeUnavailable(error);
  }
}
