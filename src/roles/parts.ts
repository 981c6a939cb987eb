/** What several roles need: their names, the pool, the rules. */
import { Fault } from '../domain/fault.ts';
import type { Rules } from '../domain/lane-draft.ts';
import type { Settings } from '../platform/config/settings.ts';
import { errorText, type Log } from '../platform/log.ts';
import { requireKnownCopy } from '../store/book-copy.ts';
import { requireDurable, requireMigrated } from '../store/migrate.ts';
import { createPool, type Pool } from '../store/pool.ts';

/** What runs where nothing else is said. */
export const usualRoles = ['intake', 'delivery', 'supplier-api', 'operator-api'] as const;
/** The authority is started by its name, where its key lies: nothing else that runs there can be reached from outside. */
export const roleNames = [...usualRoles, 'ca'] as const;
export type RoleName = (typeof roleNames)[number];

/** A part that runs until it is stopped. */
export interface Running {
  readonly stop: () => Promise<void>;
  /** Looks at once for changed keys and certificates. Left out: it takes none while it runs. */
  readonly reload?: () => Promise<void>;
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
    byKey: true,
    onTrouble: (error) => log.warn('postgresql is in trouble', { error: errorText(error) }),
  });
  try {
    await requireDurable(pool);
    await requireMigrated(pool);
    await requireKnownCopy(pool);
    return pool;
  } catch (error) {
    await pool.close();
    if (error instanceof Fault) throw error;
    throw storeUnavailable(error);
  }
}

/** What PostgreSQL, or the silence where it should be, said to us. */
export function storeUnavailable(error: unknown): Fault {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code = '', message = '' } = first as { code?: string; message?: string };
  // SQLSTATE 28: who we are; 3D: the database; 53: no place left (PostgreSQL, appendix A).
  const how = /^(28|3D|53)[0-9A-Z]{3}$/.test(code)
    ? 'does not let us in'
    : /^E[A-Z]+$/.test(code) || /timeout|terminated/i.test(message)
      ? 'does not answer'
      : 'cannot be used';
  return new Fault('server-unavailable', `PostgreSQL, which DATABASE_URL names, ${how}: ${errorText(error)}`, {
    cause: error,
  });
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
