/** What several roles need: settings, the log, the pool, and files read once at start. */
import { readFileSync } from 'node:fs';
import { Fault } from '../domain/fault.ts';
import type { Rules } from '../domain/lane-draft.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import { settingsTable } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import { requireDurable, requireMigrated } from '../store/migrate.ts';
import { createPool, type Pool } from '../store/pool.ts';

/** A part that runs until it is stopped. */
export interface Running {
  readonly stop: () => Promise<void>;
}

/** @throws Fault `setting-invalid` naming the setting when its file cannot be read. */
export function readFileOf(key: SettingKey, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const name = settingsTable[key].name;
    const text = `${name} names a file that cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new Fault('setting-invalid', text, { findings: [{ where: name, rule: 'file', text }], cause: error });
  }
}

/** Opens the store and refuses one that is not ours or may forget. */
export async function openStore(
  settings: Pick<Settings, 'databaseUrl' | 'databaseConnections'>,
  name: string,
  log: Log,
): Promise<Pool> {
  const pool = createPool({
    url: settings.databaseUrl,
    connections: settings.databaseConnections,
    name: `kuvert ${name}`,
    onTrouble: (error) =>
      log.warn('postgresql is in trouble', { error: error instanceof Error ? error.message : String(error) }),
  });
  try {
    await requireDurable(pool);
    await requireMigrated(pool);
    return pool;
  } catch (error) {
    await pool.close();
    if (error instanceof Fault) throw error;
    throw new Fault(
      'server-unavailable',
      `PostgreSQL (DATABASE_URL) does not answer: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}

type RuleSettings = Pick<
  Settings,
  'retrySchedule' | 'retryTotal' | 'retryJitter' | 'retryAfterMost' | 'heldProbe' | 'failuresBackOff' | 'refusalsHold'
>;

export function rulesOf(settings: RuleSettings): Rules {
  return {
    schedule: { waits: settings.retrySchedule, total: settings.retryTotal, jitter: settings.retryJitter },
    retryAfterMost: settings.retryAfterMost,
    heldProbe: settings.heldProbe,
    failuresBackOff: settings.failuresBackOff,
    refusalsHold: settings.refusalsHold,
  };
}
