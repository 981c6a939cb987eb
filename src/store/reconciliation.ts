/** A day of KA's: what was taken, what became of it, with sums, and whether that is what the ledger says. */
import type { DeliveryState } from '../domain/delivery.ts';
import { Fault } from '../domain/fault.ts';
import { type NullsOf, withoutNulls } from './nulls.ts';
import type { Db, Pool } from './pool.ts';

/** Frames of the day that are alike. */
export interface DayLine {
  readonly verdict: 'message' | 'duplicate' | 'withdrawal' | 'dead-letter';
  /** Undefined of a dead letter that did not say. */
  readonly messageType: string | undefined;
  readonly recipient: string | undefined;
  /** Its name, if it is in the register. */
  readonly supplier: string | undefined;
  /** Messages only, as all that follow but `fault` and `count`. */
  readonly currency: string | undefined;
  /** As it is now, not as it was at the end of the day. A message that was delivered and is sent once more is delivered. */
  readonly state: DeliveryState | undefined;
  /** Of the documents' totals: a decimal. Undefined when no document of the line has one. */
  readonly total: string | undefined;
  /** Dead letters only: a fault code. */
  readonly fault: string | undefined;
  readonly count: number;
}

/** Messages of one type and currency. */
export interface DayTotal {
  readonly messageType: string;
  readonly currency: string | undefined;
  readonly messages: number;
  readonly total: string | undefined;
  readonly delivered: number;
  readonly deliveredTotal: string | undefined;
  readonly notDelivered: number;
  readonly notDeliveredTotal: string | undefined;
}

export interface Reconciliation {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  readonly readAt: Date;
  readonly lines: readonly DayLine[];
  readonly totals: readonly DayTotal[];
  /** Frames of the day, as the ledger has them. */
  readonly ledger: {
    readonly taken: number;
    readonly messages: number;
    readonly duplicates: number;
    readonly deadLetters: number;
    readonly withdrawals: number;
  };
  /** Times of the day that the book has lost, because the database was brought back to an earlier time. */
  readonly lost: readonly { readonly from: Date | undefined; readonly to: Date }[];
  readonly balanced: boolean;
  /** One sentence for each number that is another in the book than in the ledger. */
  readonly breaches: readonly string[];
}

/**
 * One consistent picture: everything in it was true at one moment.
 * @param date `2026-03-01`, a day of the calendar
 * @param timeZone where that day begins and ends: an IANA name
 * @throws Fault `argument-invalid` when PostgreSQL does not know the time zone
 */
export function reconcile(pool: Pool, date: string, timeZone: string): Promise<Reconciliation> {
  return pool.transaction(async (db) => {
    await db.query('set transaction isolation level repeatable read, read only');
    const { from, to, now } = await boundsOf(db, date, timeZone);
    const lines = await readLines(db, from, to);
    const totals = await readTotals(db, from, to);
    const ledger = await readLedger(db, from, to);
    const lost = await readLost(db, from, to);
    const breaches = compare(ledger, lines);
    return { from, to, readAt: now, lines, totals, ledger, lost, balanced: breaches.length === 0, breaches };
  });
}

async function boundsOf(db: Db, date: string, timeZone: string): Promise<{ from: Date; to: Date; now: Date }> {
  try {
    const { rows } = await db.query<{ from: Date; to: Date; now: Date }>(
      `select ($1::date)::timestamp at time zone $2 as from, ($1::date + 1)::timestamp at time zone $2 as to, now() as now`,
      [date, timeZone],
    );
    return rows[0] as { from: Date; to: Date; now: Date };
  } catch (error) {
    if ((error as { code?: unknown }).code !== '22023') throw error;
    throw new Fault('argument-invalid', `PostgreSQL does not know the time zone ${timeZone}`, { cause: error });
  }
}

/** What the supplier has it has, whatever becomes of a resend. */
const ofTheDay = `
  select m.message_type, m.organisation_number, m.currency, m.total,
         case when exists (select from delivery x where x.message_id = m.id and x.state = 'delivered') then 'delivered' else d.state end as state
    from message m left join delivery d on d.message_id = m.id and d.current
   where m.accepted_at >= $1 and m.accepted_at < $2`;

async function readLines(db: Db, from: Date, to: Date): Promise<DayLine[]> {
  const { rows } = await db.query<NullsOf<DayLine>>(
    `with day as (${ofTheDay}),
          lines as (
       select 1 as place, 'message' as verdict, message_type, organisation_number, currency, state, sum(total)::text as total,
              null as fault, count(*) as count
         from day group by message_type, organisation_number, currency, state
        union all
       select 2, f.verdict, m.message_type, m.organisation_number, null, null, null, null, count(*)
         from frame f left join message m on m.id = f.message_id
        where f.taken_at >= $1 and f.taken_at < $2 and f.verdict in ('duplicate', 'withdrawal')
        group by f.verdict, m.message_type, m.organisation_number
        union all
       select 3, 'dead-letter', null, organisation_number, null, null, null, fault, count(*)
         from dead_letter where taken_at >= $1 and taken_at < $2 group by organisation_number, fault)
     select l.verdict, l.message_type as "messageType", l.organisation_number as recipient, s.name as supplier, l.currency, l.state,
            l.total, l.fault, l.count
       from lines l left join supplier s using (organisation_number)
      order by l.place, l.verdict, l.message_type, l.organisation_number, l.currency, l.state, l.fault`,
    [from, to],
  );
  return rows.map(withoutNulls<DayLine>);
}

async function readTotals(db: Db, from: Date, to: Date): Promise<DayTotal[]> {
  const { rows } = await db.query<NullsOf<DayTotal>>(
    `with day as (${ofTheDay})
     select message_type as "messageType", currency, count(*) as messages, sum(total)::text as total,
            count(*) filter (where state = 'delivered') as delivered,
            (sum(total) filter (where state = 'delivered'))::text as "deliveredTotal",
            count(*) filter (where state is distinct from 'delivered') as "notDelivered",
            (sum(total) filter (where state is distinct from 'delivered'))::text as "notDeliveredTotal"
       from day group by message_type, currency order by message_type, currency`,
    [from, to],
  );
  return rows.map(withoutNulls<DayTotal>);
}

async function readLedger(db: Db, from: Date, to: Date): Promise<Reconciliation['ledger']> {
  const { rows } = await db.query<Reconciliation['ledger'] & Record<string, number>>(
    `select count(*) as taken, count(*) filter (where verdict = 'message') as messages,
            count(*) filter (where verdict = 'duplicate') as duplicates,
            count(*) filter (where verdict = 'dead-letter') as "deadLetters",
            count(*) filter (where verdict = 'withdrawal') as withdrawals
       from frame where taken_at >= $1 and taken_at < $2`,
    [from, to],
  );
  return rows[0] as Reconciliation['ledger'];
}

async function readLost(db: Db, from: Date, to: Date): Promise<Reconciliation['lost']> {
  const { rows } = await db.query<{ from: Date | null; to: Date }>(
    `select book_ends_at as from, at as to from restoration
      where at > $1 and (book_ends_at is null or book_ends_at < $2) order by id`,
    [from, to],
  );
  return rows.map((row) => ({ from: row.from ?? undefined, to: row.to }));
}

function compare(ledger: Reconciliation['ledger'], lines: readonly DayLine[]): string[] {
  const counted = (verdict: DayLine['verdict']): number =>
    lines.reduce((sum, line) => sum + (line.verdict === verdict ? line.count : 0), 0);
  const breaches = (
    [
      ['messages', ledger.messages, counted('message')],
      ['dead letters', ledger.deadLetters, counted('dead-letter')],
    ] as const
  ).flatMap(([what, said, found]) =>
    said === found ? [] : [`the ledger took ${said} frames of the day as ${what}, the book has ${found}`],
  );
  const { taken, messages, duplicates, deadLetters, withdrawals } = ledger;
  if (taken !== messages + duplicates + deadLetters + withdrawals)
    breaches.push(`${taken} frames were taken that day, but not all of them became something`);
  return breaches;
}
