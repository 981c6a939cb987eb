/** The audit as a chain: each row's hash covers the one before it. Here it is read; `audit.ts` writes it. */
import { createHash } from 'node:crypto';
import type { Db } from './pool.ts';

export interface Row {
  readonly id: number;
  /** RFC 3339, UTC, six fraction digits: all that the column can hold, so that no change is too small to be seen. */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly details: unknown;
}

/** A row and its hash. Where the chain begins: row 0 and 32 zero bytes, or the last row that was purged. */
export interface ChainPoint {
  readonly id: number;
  readonly hash: Buffer;
}

export type StoredRow = Row & { readonly previous: Buffer; readonly hash: Buffer };

/** What the first row stands on. */
export const chainStart: ChainPoint = { id: 0, hash: Buffer.alloc(32) };
const pageSize = 1_000;
const stored = `id, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, actor, action, subject, reason, details,
            previous, hash`;

/** The rows after this one, oldest first, a page at a time. */
export async function* rowsAfter(db: Db, id: number): AsyncGenerator<StoredRow> {
  for (let after = id; ; ) {
    const { rows } = await db.query<StoredRow>(
      `select ${stored} from audit where id > $1 order by id limit ${pageSize}`,
      [after],
    );
    yield* rows;
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.id ?? after;
  }
}

export async function newestRow(db: Db): Promise<ChainPoint> {
  const { rows } = await db.query<{ id: number; hash: Buffer }>('select id, hash from audit order by id desc limit 1');
  return rows[0] ?? chainStart;
}

/** Undefined: there is no row. */
export async function oldestRow(db: Db): Promise<number | undefined> {
  const { rows } = await db.query<{ id: number }>('select id from audit order by id limit 1');
  return rows[0]?.id;
}

/** Of the last row that was purged; of nothing when none was. */
export async function chainBase(db: Db): Promise<ChainPoint> {
  const { rows } = await db.query<{ id: number; hash: Buffer }>(
    'select row_id as id, hash from audit_checkpoint order by row_id desc limit 1',
  );
  return rows[0] ?? chainStart;
}

export function hashOf(previous: Uint8Array, row: Row): Buffer {
  const { id, at, actor, action, subject, reason, details } = row;
  const text = canonicalJson({ id, at, actor, action, subject, reason, details });
  return createHash('sha256').update(previous).update(text).digest();
}

/** A row as it is handed out, so that its hash can be worked out anew by anyone. */
export interface AuditLink {
  readonly row: Row;
  /** The hash of the row before it, and its own: SHA-256 of that and of the row in canonical JSON. Lower-case hex. */
  readonly previous: string;
  readonly hash: string;
}

/** All rows about one subject that are kept, oldest first, and the newest row of all. */
export async function readAuditLinks(
  db: Db,
  subject: string,
): Promise<{ readonly links: AuditLink[]; readonly head: { readonly id: number; readonly hash: string } }> {
  const { rows } = await db.query<StoredRow>(`select ${stored} from audit where subject = $1 order by id`, [subject]);
  const head = await newestRow(db);
  return {
    links: rows.map(({ previous, hash, ...row }) => ({
      row,
      previous: previous.toString('hex'),
      hash: hash.toString('hex'),
    })),
    head: { id: head.id, hash: head.hash.toString('hex') },
  };
}

/** Whether the row is what its hash was made of. */
export function isWhole({ row, previous, hash }: AuditLink): boolean {
  return hashOf(Buffer.from(previous, 'hex'), row).toString('hex') === hash;
}

/** JSON with the members of every object sorted by name: jsonb keeps no order of its own. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
