/** What people did, one row each: append-only, and every row's hash covers the one before it. */
import { Fault } from '../domain/fault.ts';
import { hashOf, newestRow, type Row } from './audit-chain.ts';
import type { Db } from './pool.ts';

export interface AuditEntry {
  /** Who: `cli:anna` for a command, with the operating system's user. */
  readonly actor: string;
  /** What, as `noun.verb`: `supplier.import`, `message.cancel`. */
  readonly action: string;
  /** To what: `supplier/5560160680`, `message/<id>`. */
  readonly subject: string;
  readonly reason: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** Longest reason, in characters. */
export const reasonLimit = 1_000;

/** Held to the end of the transaction, so that ids follow each other without gaps and each row knows the one before. */
const lockKey = 6_582_837_002;

/**
 * Writes one row in the caller's transaction. Call it last: everyone else who wants to write one waits until that
 * transaction ends, and must not hold what it still needs.
 * @returns the row's number.
 */
export async function appendAudit(db: Db, entry: AuditEntry): Promise<number> {
  const { actor, action, subject } = entry;
  const reason = entry.reason ?? null;
  if (reason !== null && reason.length > reasonLimit)
    throw new Fault('argument-invalid', `the reason is longer than ${reasonLimit} characters`);
  // What the column would give back is what is hashed: JSON without undefined, without what jsonb cannot hold.
  const details = JSON.parse(
    JSON.stringify(entry.details, (_, part: unknown) => (typeof part === 'string' ? storable(part) : part)),
  ) as unknown;
  await lockAudit(db);
  const { id: before, hash: previous } = await newestRow(db);
  const id = before + 1;
  const row: Row = {
    id,
    at: entry.at.toISOString().replace('Z', '000Z'),
    actor: storable(actor),
    action,
    subject: storable(subject),
    reason: reason === null ? null : storable(reason),
    details,
  };
  await db.query(
    `insert into audit (id, at, actor, action, subject, reason, details, previous, hash)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9)`,
    [id, row.at, row.actor, action, row.subject, row.reason, JSON.stringify(details), previous, hashOf(previous, row)],
  );
  return id;
}

/** Nobody else writes in the audit until the caller's transaction ends. */
export async function lockAudit(db: Db): Promise<void> {
  await db.query('select pg_advisory_xact_lock($1)', [lockKey]);
}

export interface AuditFilter {
  /** This one, or all below it: `supplier/5560160680` with its addresses. */
  readonly subject?: string | undefined;
  /** This one, or all of its noun: `supplier.import`, `supplier`. */
  readonly action?: string | undefined;
  /** At or after. */
  readonly since?: Date | undefined;
  /** Go on after the row with this number: the last one of the page before. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** One row as it is read; `id` counts rows from 1. */
export type AuditRow = Omit<AuditEntry, 'details'> & { readonly id: number; readonly details: unknown };

/** Newest first. A page is full when it has `limit` rows. */
export async function listAudit(db: Db, filter: AuditFilter): Promise<AuditRow[]> {
  const { rows } = await db.query<Omit<AuditRow, 'reason'> & { reason: string | null }>(
    `select id, at, actor, action, subject, reason, details from audit
      where ($1::text is null or subject = $1 or starts_with(subject, $1 || '/'))
        and ($2::text is null or action = $2 or starts_with(action, $2 || '.'))
        and ($3::timestamptz is null or at >= $3) and ($4::bigint is null or id < $4)
      order by id desc limit $5`,
    [filter.subject ?? null, filter.action ?? null, filter.since ?? null, filter.after ?? null, filter.limit],
  );
  return rows.map((row) => ({ ...row, reason: row.reason ?? undefined }));
}

/** What was done to one thing, newest first. */
export async function listAuditOf(db: Db, subject: string, limit: number): Promise<AuditRow[]> {
  const { rows } = await db.query<Omit<AuditRow, 'reason'> & { reason: string | null }>(
    'select id, at, actor, action, subject, reason, details from audit where subject = $1 order by id desc limit $2',
    [subject, limit],
  );
  return rows.map((row) => ({ ...row, reason: row.reason ?? undefined }));
}

/** PostgreSQL's text and jsonb take neither NUL nor half of a surrogate pair. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
