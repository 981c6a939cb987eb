/** The audit as it is looked through: newest first, by who, what, and to what. */
import type { AuditFilter, AuditRow } from '../audit.ts';
import type { Db } from '../pool.ts';

export interface AuditLook extends AuditFilter {
  readonly actor?: string | undefined;
}

export type AuditListed = Omit<AuditRow, 'details'>;
type Row = Omit<AuditListed, 'reason'> & { readonly reason: string | null };

const columns = 'id, at, actor, action, subject, reason';

/**
 * Newest first, `limit` rows. `actor`: exactly, or all whose name begins so before the colon (`operator`, `cli`); the others as in
 * `listAudit`.
 */
export async function listAuditFor(db: Db, look: AuditLook): Promise<AuditListed[]> {
  const { actor, action, subject, since, after, limit } = look;
  const { rows } = await db.query<Row>(
    `select ${columns} from audit
      where ($1::text is null or subject = $1 or starts_with(subject, $1 || '/'))
        and ($2::text is null or action = $2 or starts_with(action, $2 || '.'))
        and ($3::timestamptz is null or at >= $3) and id < $4
        and ($5::text is null or actor = $5 or starts_with(actor, $5 || ':') or split_part(actor, ':', 2) = $5)
      order by id desc limit $6`,
    [subject ?? null, action ?? null, since ?? null, after ?? Number.MAX_SAFE_INTEGER, actor ?? null, limit],
  );
  return rows.map((row) => ({ ...row, reason: row.reason ?? undefined }));
}

export interface AuditOne extends AuditRow {
  /** Lower-case hex. */
  readonly hash: string;
  readonly previous: string;
}

export async function readAuditRow(db: Db, id: number): Promise<AuditOne | undefined> {
  const { rows } = await db.query<Omit<AuditOne, 'reason'> & { readonly reason: string | null }>(
    `select ${columns}, details, encode(hash, 'hex') as hash, encode(previous, 'hex') as previous from audit where id = $1`,
    [id],
  );
  return rows[0] && { ...rows[0], reason: rows[0].reason ?? undefined };
}
