/** Taking one of our own certificates out of use for good. */
import type { Environment } from '../../domain/message.ts';
import type { Db } from '../pool.ts';
import type { OwnPurpose } from './own-certificates.ts';

export interface WithdrawableOwn {
  readonly fingerprint: string;
  readonly purpose: OwnPurpose;
  readonly environment: Environment;
  readonly subject: string;
  /** Null: another authority issued it, and publishes its lists itself. */
  readonly authority: string | null;
  readonly serial: string | null;
  readonly pem: string;
  readonly notAfter: Date;
  readonly useFrom: Date;
  readonly withdrawnAt: Date | null;
}

/**
 * It and all others of its purpose and environment; their rows are kept to the end of the transaction, so that of two that are withdrawn
 * at a time one is left.
 */
export async function lockOwn(db: Db, fingerprint: string): Promise<WithdrawableOwn[]> {
  const { rows } = await db.query<WithdrawableOwn & Record<string, unknown>>(
    `select fingerprint, purpose, environment, subject, authority, serial, pem, not_after as "notAfter", use_from as "useFrom",
            withdrawn_at as "withdrawnAt"
       from own_certificate
      where (purpose, environment) = (select purpose, environment from own_certificate where fingerprint = $1)
      order by fingerprint for update`,
    [fingerprint],
  );
  return rows;
}

export async function setOwnWithdrawn(db: Db, fingerprint: string, reason: string, at: Date): Promise<void> {
  await db.query('update own_certificate set withdrawn_at = $3, revocation_reason = $2 where fingerprint = $1', [
    fingerprint,
    reason,
    at,
  ]);
}

/** What was said of its time is not so any more: it has to be announced anew. */
export async function useNow(db: Db, fingerprint: string, at: Date): Promise<void> {
  await db.query('update own_certificate set use_from = $2, announced_at = null where fingerprint = $1', [
    fingerprint,
    at,
  ]);
}

/** Messages that are sealed with this key and still on their way: they keep their signature. For commands: it looks at all of them. */
export async function countSealedWith(db: Db, keyThumbprint: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from delivery d join envelope e on e.message_id = d.message_id
      where d.current and d.state in ('waiting', 'sending', 'held') and e.key_thumbprint = $1`,
    [keyThumbprint],
  );
  return rows[0]?.n ?? 0;
}
