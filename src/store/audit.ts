/** What people did, one row each: append-only, and every row's hash covers the one before it. */
import { createHash } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
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

export type AuditVerdict =
  | { readonly ok: true; readonly rows: number; readonly head: { readonly id: number; readonly hash: string } }
  | { readonly ok: false; readonly rows: number; readonly brokenAt: number; readonly why: string };

/** Longest reason, in characters. */
export const reasonLimit = 1_000;

/** Held to the end of the transaction, so that ids follow each other without gaps and each row knows the one before. */
const lockKey = 6_582_837_002;
/** What the first row stands on. */
const nothing = Buffer.alloc(32);
const pageSize = 1_000;

interface Row {
  readonly id: number;
  /** RFC 3339, UTC, six fraction digits: all that the column can hold, so that no change is too small to be seen. */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly details: unknown;
}

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
  await db.query('select pg_advisory_xact_lock($1)', [lockKey]);
  const { rows } = await db.query<{ id: number; hash: Buffer }>('select id, hash from audit order by id desc limit 1');
  const previous = rows[0]?.hash ?? nothing;
  const id = (rows[0]?.id ?? 0) + 1;
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

/**
 * Walks the whole chain, oldest first, a page at a time. What it cannot see is a tail that was cut off: note `head` now
 * and then, outside the database, and give it as `expected` later.
 * @param expected a row that must be there with this hash (lower-case hex).
 */
export async function verifyAudit(db: Db, expected?: { id: number; hash: string }): Promise<AuditVerdict> {
  let previous: Buffer = nothing;
  let rows = 0;
  let expectedSeen = expected === undefined;
  for (;;) {
    const page = await readPage(db, rows);
    for (const row of page) {
      const why = breakOf(row, rows + 1, previous);
      if (why !== undefined) return { ok: false, rows, brokenAt: row.id, why };
      if (expected?.id === row.id) {
        if (row.hash.toString('hex') !== expected.hash)
          return { ok: false, rows, brokenAt: row.id, why: 'its hash is not the one that was noted for it' };
        expectedSeen = true;
      }
      previous = row.hash;
      rows++;
    }
    if (page.length < pageSize) break;
  }
  if (!expectedSeen && expected !== undefined)
    return { ok: false, rows, brokenAt: rows + 1, why: `rows up to ${expected.id} were there and are gone` };
  return { ok: true, rows, head: { id: rows, hash: previous.toString('hex') } };
}

type StoredRow = Row & { readonly previous: Buffer; readonly hash: Buffer };

const stored = `id, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, actor, action, subject, reason, details,
            previous, hash`;

async function readPage(db: Db, after: number): Promise<StoredRow[]> {
  const { rows } = await db.query<StoredRow>(
    `select ${stored} from audit where id > $1 order by id limit ${pageSize}`,
    [after],
  );
  return rows;
}

function breakOf(row: StoredRow, expectedId: number, previous: Buffer): string | undefined {
  if (row.id !== expectedId) return `row ${expectedId} is missing`;
  if (!row.previous.equals(previous)) return 'it does not stand on the row before it';
  const { id, at, actor, action, subject, reason, details } = row;
  if (!hashOf(previous, { id, at, actor, action, subject, reason, details }).equals(row.hash))
    return 'its content is not what was written';
  return undefined;
}

function hashOf(previous: Buffer, row: Row): Buffer {
  return createHash('sha256').update(previous).update(canonicalJson(row)).digest();
}

/** A row as it is handed out, so that its hash can be worked out anew by anyone. */
export interface AuditLink {
  readonly row: Row;
  /** The hash of the row before it, and its own: SHA-256 of that and of the row in canonical JSON. Lower-case hex. */
  readonly previous: string;
  readonly hash: string;
}

/** All rows about one subject, oldest first, and the newest row of all. */
export async function readAuditLinks(
  db: Db,
  subject: string,
): Promise<{ readonly links: AuditLink[]; readonly head: { readonly id: number; readonly hash: string } }> {
  const { rows } = await db.query<StoredRow>(`select ${stored} from audit where subject = $1 order by id`, [subject]);
  const { rows: newest } = await db.query<{ id: number; hash: Buffer }>(
    'select id, hash from audit order by id desc limit 1',
  );
  return {
    links: rows.map(({ previous, hash, ...row }) => ({
      row,
      previous: previous.toString('hex'),
      hash: hash.toString('hex'),
    })),
    head: { id: newest[0]?.id ?? 0, hash: (newest[0]?.hash ?? nothing).toString('hex') },
  };
}

/** Whether the row is what its hash was made of. */
export function isWhole({ row, previous, hash }: AuditLink): boolean {
  const { id, at, actor, action, subject, reason, details } = row;
  return (
    hashOf(Buffer.from(previous, 'hex'), { id, at, actor, action, subject, reason, details }).toString('hex') === hash
  );
}

/** JSON with the members of every object sorted by name: jsonb keeps no order of its own. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
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

/** PostgreSQL's text and jsonb take neither NUL nor half of a surrogate pair. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
