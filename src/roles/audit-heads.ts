/** Keeps the audit's heads while a role that can sign runs: once in a process, whatever its roles. */
import type { Signer } from '../envelope/signer.ts';
import { createKeeper } from '../operations/audit/keep.ts';
import type { SettingKey, Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import { openStore, type Running } from './parts.ts';

export const auditHeadSettings = [
  'environment',
  'databaseUrl',
  'auditHeadInterval',
  'auditHeadFile',
] as const satisfies readonly SettingKey[];
export type AuditHeadSettings = Pick<Settings, (typeof auditHeadSettings)[number]>;

/** Longest between two looks, in milliseconds: a process that began late, or a file that could not be written, is seen to soon. */
const mostBetweenLooks = 60_000;

/**
 * @param signer asked at each head: the key may have been changed.
 * @throws Fault when PostgreSQL does not answer
 */
export async function startAuditHeads(settings: AuditHeadSettings, log: Log, signer: () => Signer): Promise<Running> {
  const { environment, auditHeadInterval: interval, auditHeadFile: file, databaseUrl } = settings;
  if (file === undefined)
    log.warn('heads of the audit stay in the database: KUVERT_AUDIT_HEAD_FILE names no file outside it');
  const pool = await openStore({ databaseUrl, databaseConnections: 1 }, 'audit heads', log);
  const keeper = createKeeper({ pool, signer, environment, interval, file, now: () => new Date(), log });
  let looking: Promise<void> | undefined;
  // A disk that does not answer must not pile up looks.
  const look = () => {
    looking ??= keeper.look().finally(() => {
      looking = undefined;
    });
  };
  look();
  const timer = setInterval(look, Math.min(interval, mostBetweenLooks));
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
      await pool.close();
    },
  };
}
