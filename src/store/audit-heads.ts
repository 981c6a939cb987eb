/** Signed heads of the audit, and the checkpoints that stand where rows were purged. */
import { type ChainPoint, chainBase, newestRow } from './audit-chain.ts';
import { thisCopy } from './book-copy.ts';
import type { Db, Pool } from './pool.ts';

/** A head as it is kept. What it says is in the JWS. */
export interface KeptHead {
  readonly row: number;
  readonly at: Date;
  readonly jws: string;
  /** When it was first on disk in a file outside the database. */
  readonly writtenAt: Date | undefined;
}

interface HeadRow extends Record<string, unknown> {
  readonly row_id: number;
  readonly at: Date;
  readonly jws: string;
  readonly written_at: Date | null;
}

const ofRow = ({ row_id: row, at, jws, written_at: writtenAt }: HeadRow): KeptHead => ({
  row,
  at,
  jws,
  writtenAt: writtenAt ?? undefined,
});

/** One process at a time signs a head. */
const lockKey = 6_582_837_003;

/** What a new head would be about. */
export interface HeadChance {
  /** The newest row of the audit; row 0: there is none. */
  readonly newest: ChainPoint;
  readonly last: KeptHead | undefined;
  /** What the audit has now as the row of the last head; undefined: that row is not there (it may have been purged). */
  readonly lastRow: ChainPoint | undefined;
  /** Where the chain begins. */
  readonly base: ChainPoint;
  /** Which copy of the database this is. */
  readonly book: string;
}

/**
 * Gives one process the turn, and keeps the head that it signs. One transaction: power lost before its commit, there is no head
 * and another is signed at the next turn; after it, the head is kept, and goes to the files when they are next looked at.
 * @param sign undefined: none is due.
 * @returns undefined when another process has the turn
 */
export async function takeHeadTurn(
  pool: Pool,
  sign: (chance: HeadChance) => Promise<Pick<KeptHead, 'row' | 'at' | 'jws'> | undefined>,
): Promise<KeptHead | 'not-due' | undefined> {
  return pool.transaction(async (db) => {
    const { rows } = await db.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [lockKey]);
    if (!rows[0]?.mine) return undefined;
    const { rows: books } = await db.query<{ book: string }>(`select ${thisCopy} as book`);
    const [last] = await newestHeads(db, 1);
    const { rows: at } = await db.query<{ id: number; hash: Buffer }>('select id, hash from audit where id = $1', [
      last?.row ?? 0,
    ]);
    const base = await chainBase(db);
    const newest = await newestRow(db);
    const head = await sign({ newest, last, lastRow: at[0], base, book: books[0]?.book ?? '' });
    if (head === undefined) return 'not-due';
    await db.query('insert into audit_head (row_id, at, jws) values ($1, $2, $3)', [head.row, head.at, head.jws]);
    return { ...head, writtenAt: undefined };
  });
}

/** Newest first. @param below only of rows before this one */
export async function newestHeads(db: Db, limit: number, below = Number.MAX_SAFE_INTEGER): Promise<KeptHead[]> {
  const { rows } = await db.query<HeadRow>(
    'select row_id, at, jws, written_at from audit_head where row_id < $1 order by row_id desc limit $2',
    [below, limit],
  );
  return rows.map(ofRow);
}

/** All of them, oldest first. */
export async function allHeads(db: Db): Promise<KeptHead[]> {
  const { rows } = await db.query<HeadRow>('select row_id, at, jws, written_at from audit_head order by row_id');
  return rows.map(ofRow);
}

/** These are on disk in a file. What was marked before keeps its time. */
export async function markWritten(db: Db, rows: readonly number[], at: Date): Promise<void> {
  for (let from = 0; from < rows.length; from += 500)
    await db.query('update audit_head set written_at = $2 where row_id = any($1::bigint[]) and written_at is null', [
      rows.slice(from, from + 500),
      at,
    ]);
}

export interface Checkpoint extends ChainPoint {
  /** How many rows went with it. */
  readonly purged: number;
  readonly at: Date;
  readonly jws: string;
}

/** All of them, oldest first. */
export async function checkpoints(db: Db): Promise<Checkpoint[]> {
  const { rows } = await db.query<Checkpoint & Record<string, unknown>>(
    'select row_id as id, hash, purged, at, jws from audit_checkpoint order by row_id',
  );
  return rows;
}

/** Puts a checkpoint in the place of all rows up to it. @returns how many rows went. */
export async function purgeUpTo(db: Db, { id, hash, purged, at, jws }: Checkpoint): Promise<number> {
  await db.query('insert into audit_checkpoint (row_id, hash, purged, at, jws) values ($1, $2, $3, $4, $5)', [
    id,
    hash,
    purged,
    at,
    jws,
  ]);
  let gone = 0;
  // In parts, each within the time that a statement may take. They begin at the start, as the trigger wants.
  for (;;) {
    const { rowCount } = await db.query(
      'delete from audit where id <= least($1, (select id from audit order by id limit 1) + 99999)',
      [id],
    );
    gone += rowCount;
    if (rowCount === 0) return gone;
  }
}

/** This copy of the database and those that gateways were allowed to work on before; a standby has no copy of its own. */
export async function knownBooks(db: Db): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ copy: string | null }>(
    `select copy from book_copy union select case when pg_is_in_recovery() then null else ${thisCopy} end`,
  );
  return new Set(rows.flatMap(({ copy }) => (copy === null ? [] : [copy])));
}

export interface AuditStanding {
  readonly newest: number;
  /** Of its row and its time; undefined: none was signed yet. */
  readonly head: { readonly row: number; readonly at: Date } | undefined;
  /** The newest head that is in a file outside the database. */
  readonly outside: { readonly row: number; readonly at: Date } | undefined;
}

export async function auditStanding(db: Db): Promise<AuditStanding> {
  const { id: newest } = await newestRow(db);
  const [head] = await newestHeads(db, 1);
  const { rows } = await db.query<HeadRow>(
    'select row_id, at, jws, written_at from audit_head where written_at is not null order by row_id desc limit 1',
  );
  const outside = rows[0] && ofRow(rows[0]);
  return {
    newest,
    head: head && { row: head.row, at: head.at },
    outside: outside && { row: outside.row, at: outside.at },
  };
}

/** What a purge would take. */
export interface Purgeable {
  readonly first: number;
  /** The last: of the newest head below which all rows are older. */
  readonly row: number;
  readonly hash: Buffer;
  readonly rows: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly headJws: string;
}

/** Undefined: no row is older, or no head was signed among those that are. */
export async function purgeable(db: Db, before: Date): Promise<Purgeable | undefined> {
  const { rows } = await db.query<Purgeable & Record<string, unknown>>(
    `select b.id as first, a.id as row, a.hash, a.id - b.id + 1 as rows, b.at as "firstAt", a.at as "lastAt", h.jws as "headJws"
       from (select id, at from audit order by id limit 1) b
       join lateral (select row_id, jws from audit_head
                      where row_id >= b.id and row_id < coalesce((select min(id) from audit where at >= $1), 9007199254740991)
                      order by row_id desc limit 1) h on true
       join audit a on a.id = h.row_id`,
    [before],
  );
  return rows[0];
}
