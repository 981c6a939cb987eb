/** Revocation lists, and what stands in them. */
import type { Db } from '../pool.ts';

export interface StoredList {
  readonly number: number;
  readonly madeAt: Date;
  readonly nextUpdateAt: Date;
  readonly entriesSha256: Buffer;
  readonly der: Buffer;
}

/** The newest of this authority. */
export async function readNewestList(db: Db, authority: string): Promise<StoredList | undefined> {
  const { rows } = await db.query<{
    number: number;
    made_at: Date;
    next_update_at: Date;
    entries_sha256: Buffer;
    der: Buffer;
  }>(
    `select number, made_at, next_update_at, entries_sha256, der from revocation_list
      where authority = $1 order by number desc limit 1`,
    [authority],
  );
  const [row] = rows;
  return (
    row && {
      number: row.number,
      madeAt: row.made_at,
      nextUpdateAt: row.next_update_at,
      entriesSha256: row.entries_sha256,
      der: row.der,
    }
  );
}

/** Any number; the second key is the authority. */
const lockClass = 6_583;

/** Until the end of the transaction no other process makes a list of this authority. */
export async function lockLists(db: Db, authority: string): Promise<void> {
  await db.query('select pg_advisory_xact_lock($1, hashtext($2))', [lockClass, authority]);
}

export interface RevokedEntry {
  readonly serial: string;
  readonly revokedAt: Date;
  /** Null: it was withdrawn before reasons were kept. */
  readonly reason: string | null;
}

/**
 * What this authority issued and has revoked, suppliers' certificates and our own, in the order of the serial numbers; of what has
 * ended, that which ended after `since`.
 */
export async function readRevoked(db: Db, authority: string, since: Date): Promise<RevokedEntry[]> {
  const { rows } = await db.query<{ serial: string; revoked_at: Date; reason: string | null }>(
    `select serial, withdrawn_at as revoked_at, revocation_reason as reason from certificate
      where authority = $1 and withdrawn_at is not null and not_after > $2
     union all
     select serial, withdrawn_at, revocation_reason from own_certificate
      where authority = $1 and withdrawn_at is not null and serial is not null and not_after > $2
      order by serial`,
    [authority, since],
  );
  return rows.map(({ serial, revoked_at: revokedAt, reason }) => ({ serial, revokedAt, reason }));
}

export async function insertList(db: Db, authority: string, list: StoredList): Promise<void> {
  await db.query(
    `insert into revocation_list (authority, number, made_at, next_update_at, entries_sha256, der) values ($1, $2, $3, $4, $5, $6)`,
    [authority, list.number, list.madeAt, list.nextUpdateAt, list.entriesSha256, list.der],
  );
}

/** Of lists that nobody may use any more the numbers stay known by those that follow. */
export async function dropEndedLists(db: Db, authority: string, before: Date): Promise<void> {
  await db.query(
    `delete from revocation_list where authority = $1 and next_update_at < $2
        and number < (select max(number) from revocation_list where authority = $1)`,
    [authority, before],
  );
}
