/**
 * After the database was brought back to an earlier time: numbers that may be with suppliers are never given out again, and
 * nobody who worked on the book as it was writes in this one (docs/operations/backup.md, docs/decisions/0040).
 */
import { Fault } from '../domain/fault.ts';
import { appendAudit } from './audit.ts';
import { knowThisCopy, thisCopy } from './book-copy.ts';
import { freeLanes } from './lane/take.ts';
import { operate } from './operate.ts';
import type { Db, Pool } from './pool.ts';
import { jumpListNumbers, lockOpenOrders } from './restore-certificates.ts';
import { jumpCounters, type VoidRange } from './void-ranges.ts';

/** Above what the broker gives one consumer (3 796/s was measured, docs/proof/performance.md), for machines that are faster. */
export const numbersPerSecond = 10_000;
/** The least default: clocks of two servers differ, and what the book shows last may be a while before it ends. */
export const leastMargin = 100_000;
/** For epochs and row numbers, which nobody outside sees: beyond anything that a lost time can have used. */
export const innerJump = 1_000_000_000;

export interface RestoreOrder {
  /** Numbers that were seen outside, by organisation number. */
  readonly seen: ReadonlyMap<string, number>;
  /** Numbers that are given up beyond them; left out: by how much time is missing. */
  readonly margin: number | undefined;
  /** Also when this copy of the database had it already. */
  readonly again: boolean;
  readonly actor: string;
  readonly reason: string | undefined;
  readonly now: Date;
  /** Everything is done and taken back. */
  readonly rehearsal: boolean;
}

export interface Restored {
  /** It was done on this copy before, and nothing was changed now. */
  readonly already: { readonly at: Date; readonly actor: string; readonly reason: string } | undefined;
  /** The newest trace in the book; undefined: it is empty. */
  readonly bookEndsAt: Date | undefined;
  /** The database's clock. */
  readonly at: Date;
  readonly margin: number;
  readonly voids: readonly (VoidRange & { readonly supplier: string | null })[];
  readonly lanes: number;
  /** Deliveries that were being sent when the book ends; they are sent again. */
  readonly unknown: number;
  /** Certificate orders whose codes were good when the book ends; they are locked. */
  readonly orders: number;
  /** Answers and dead letters that go to the broker when intake starts, though some may have gone before. */
  readonly unsent: number;
  /** Its row in the audit; undefined: nothing was done, or it was a rehearsal. */
  readonly audit: number | undefined;
}

/**
 * In one transaction. Power lost before its commit: nothing has changed, and the command is given again. After it: it is done,
 * and given again it says so.
 * @throws Fault `not-possible-now` while a gateway works on the database, or it is still being recovered · `argument-invalid`
 *   when the margin cannot be told from an empty book
 */
export async function afterRestore(pool: Pool, order: RestoreOrder): Promise<Restored> {
  // A server that stands still in its recovery can be read only, and may yet be brought forward.
  const { rows } = await pool.query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
  if (rows[0]?.recovering)
    throw new Fault('not-possible-now', 'PostgreSQL is still in recovery; end it first: select pg_wal_replay_resume()');
  await refuseGateways(pool);
  return operate(pool, order.rehearsal, async (db): Promise<Restored> => {
    // 1 alone: whoever connects now waits here and sees the book as it is afterwards; whoever came before is found.
    await db.query('lock table recipient, lane in exclusive mode');
    await refuseGateways(db);
    // 2 once for each copy: the same command twice must not give up numbers twice.
    const book = await readBook(db);
    if (book.already && !order.again) return { ...nothing, ...book };
    const margin = order.margin ?? marginFor(book);
    const restoration = await writeRestoration(db, order, book, margin);
    // 3 what suppliers see: numbers.
    const voids = await jumpCounters(db, { restoration, margin, seen: order.seen });
    // 4 what workers hold: lanes, and the numbers of rows that they may still name.
    const { lanes, unknown } = await takeLanesAway(db);
    await jumpIdentities(db);
    // 5 what technical contacts and outsiders hold: codes, and revocation lists.
    const orders = await lockOpenOrders(db, order.now);
    await jumpListNumbers(db, innerJump);
    await knowThisCopy(db, 'restored');
    const { actor, reason, now: at, seen } = order;
    const numbers = voids.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    const done = {
      ...nothing,
      ...book,
      already: undefined,
      margin,
      lanes,
      unknown,
      orders,
      voids: await named(db, voids),
    };
    // 6 the audit is last: everyone who writes in it waits for this transaction.
    const details = { bookEndsAt: book.bookEndsAt, margin, seen: seen.size, recipients: voids.length, numbers, orders };
    const subject = `restoration/${restoration}`;
    const audit = await appendAudit(db, { actor, action: 'store.after-restore', subject, reason, details, at });
    return { ...done, audit: order.rehearsal ? undefined : audit };
  });
}

const nothing = { margin: 0, voids: [], lanes: 0, unknown: 0, orders: 0, audit: undefined } as const;

/** Commands and migrations come and go; roles stay. */
async function refuseGateways(db: Db): Promise<void> {
  const { rows } = await db.query<{ name: string; connections: number }>(
    `select application_name as name, count(*) as connections from pg_stat_activity
      where datname = current_database() and application_name ~ '^kuvert ' and application_name not in ('kuvert cli', 'kuvert migrate')
      group by 1 order by 1`,
  );
  if (rows.length === 0) return;
  const who = rows.map(({ name, connections }) => `${name} (connections: ${connections})`).join(', ');
  throw new Fault('not-possible-now', `these work on the database now: ${who}; stop every gateway process first`);
}

interface Book {
  readonly already: Restored['already'];
  readonly bookEndsAt: Date | undefined;
  readonly at: Date;
  readonly unsent: number;
  readonly copy: string;
}

async function readBook(db: Db): Promise<Book> {
  const { rows } = await db.query<{
    copy: string;
    at: Date;
    ends: Date | null;
    unsent: number;
    done_at: Date | null;
    actor: string;
    reason: string;
  }>(
    `with this as (select ${thisCopy} as copy)
     select this.copy, clock_timestamp() as at,
            greatest((select taken_at from frame order by id desc limit 1), (select created_at from outbox order by id desc limit 1)) as ends,
            (select count(*) from outbox where sent_at is null) as unsent, r.at as done_at, r.actor, r.reason
       from this left join lateral (select * from restoration r where r.copy = this.copy order by id desc limit 1) r on true`,
  );
  const row = rows[0];
  if (!row) throw new Fault('internal', 'PostgreSQL does not say which database this is');
  const already = row.done_at === null ? undefined : { at: row.done_at, actor: row.actor, reason: row.reason };
  return { copy: row.copy, at: row.at, bookEndsAt: row.ends ?? undefined, unsent: row.unsent, already };
}

function marginFor({ bookEndsAt, at }: Book): number {
  if (bookEndsAt === undefined)
    throw new Fault(
      'argument-invalid',
      'the book is empty: give --margin, more numbers than any recipient can have had',
    );
  const seconds = Math.ceil((at.getTime() - bookEndsAt.getTime()) / 1_000);
  return Math.max(leastMargin, seconds * numbersPerSecond);
}

async function writeRestoration(db: Db, order: RestoreOrder, book: Book, margin: number): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `insert into restoration (at, actor, reason, book_ends_at, margin, margins, copy)
     values ($1, $2, $3, $4, $5, $5 + coalesce((select margins from restoration order by id desc limit 1), 0), $6) returning id`,
    [book.at, order.actor, order.reason ?? 'a rehearsal', book.bookEndsAt, margin, book.copy],
  );
  return rows[0]?.id ?? 0;
}

/** Nobody holds a lane any more, whatever epoch they were given later; what was being sent then is sent again. */
async function takeLanesAway(db: Db): Promise<{ lanes: number; unknown: number }> {
  const { rows } = await db.query<{ id: number }>('select id from lane order by id for no key update');
  const lanes = rows.map(({ id }) => id);
  return { lanes: lanes.length, unknown: await freeLanes(db, lanes, innerJump) };
}

/**
 * The database would give new rows the numbers of rows that it has lost, and a worker of then would record its delivery
 * under the number of another. RESTART, unlike setval, is undone with its transaction.
 */
async function jumpIdentities(db: Db): Promise<void> {
  await db.query(
    `do $$
     declare c record; used bigint;
     begin
       for c in select table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name) as sequence
                  from information_schema.columns
                 where table_schema = current_schema() and is_identity = 'YES' and table_name <> 'restoration' order by 1, 2
       loop
         execute format('select last_value from %s', c.sequence) into used;
         execute format('alter table %I alter column %I restart with %s', c.table_name, c.column_name, used + ${innerJump});
       end loop;
     end $$`,
  );
}

async function named(db: Db, voids: readonly VoidRange[]): Promise<Restored['voids']> {
  const { rows } = await db.query<{ number: string; name: string }>(
    'select organisation_number as number, name from supplier',
  );
  const names = new Map(rows.map(({ number, name }) => [number, name]));
  return voids.map((one) => ({ ...one, supplier: names.get(one.organisationNumber) ?? null }));
}
