/** Numbers that no message of the book has, and none ever will: given up after the database was brought back to an earlier time. */
import type { Db } from './pool.ts';

/** Both ends included. */
export interface VoidRange {
  readonly organisationNumber: string;
  readonly first: number;
  readonly last: number;
}

/** What is added to every recipient's counter, and what is known from outside. */
export interface Jump {
  readonly restoration: number;
  readonly margin: number;
  /** Numbers that were seen outside, by organisation number. */
  readonly seen: ReadonlyMap<string, number>;
}

/**
 * In the transaction of a restoration: every counter goes beyond what was seen, by the margin, and what lies between is void.
 * Suppliers and recipients seen outside that have no counter get one. Locked in order of organisation number.
 */
export async function jumpCounters(db: Db, { restoration, margin, seen }: Jump): Promise<VoidRange[]> {
  await db.query(
    `insert into recipient (organisation_number, counter)
     select organisation, 0
       from (select organisation_number from supplier union select unnest($1::text[])) as known (organisation)
      order by organisation on conflict do nothing`,
    [[...seen.keys()]],
  );
  await db.query('select 1 from recipient order by organisation_number for update');
  const { rows } = await db.query<VoidRange>(
    `with before as (select organisation_number, counter from recipient),
          moved as (
            update recipient r set counter = greatest(before.counter, coalesce(seen.counter, 0)) + $4
              from before left join unnest($1::text[], $2::bigint[]) as seen (organisation, counter)
                on seen.organisation = before.organisation_number
             where before.organisation_number = r.organisation_number
            returning r.organisation_number, before.counter + 1 as first, r.counter as last)
     insert into void_range (organisation_number, first_sequence, last_sequence, restoration_id)
     select organisation_number, first, last, $3 from moved
     returning organisation_number as "organisationNumber", first_sequence as first, last_sequence as last`,
    [[...seen.keys()], [...seen.values()], restoration, margin],
  );
  return rows.sort((a, b) => (a.organisationNumber < b.organisationNumber ? -1 : 1));
}

/**
 * In intake's transaction, which holds these counters: the first number of a recipient that the book did not know when it
 * was brought back. It may have had numbers that the book has lost, as everyone else, so its own begin beyond the margins of
 * all restorations.
 * @returns how far the counters were moved, by organisation number; empty when the database was never brought back.
 */
export async function voidFirstNumbers(db: Db, organisationNumbers: readonly string[]): Promise<Map<string, number>> {
  if (organisationNumbers.length === 0) return new Map();
  const { rows } = await db.query<{ organisation_number: string; margin: number }>(
    `with newest as (select id, margins from restoration order by id desc limit 1),
          moved as (
            update recipient r set counter = r.counter + newest.margins
              from newest where r.organisation_number = any($1)
            returning r.organisation_number)
     insert into void_range (organisation_number, first_sequence, last_sequence, restoration_id)
     select organisation_number, 1, margins, id from moved, newest
     returning organisation_number, last_sequence as margin`,
    [organisationNumbers],
  );
  return new Map(rows.map(({ organisation_number: number, margin }) => [number, margin]));
}

/** Every recipient's counter, by organisation number: worth keeping outside the database (`--counters`). */
export async function readCounters(
  db: Db,
): Promise<{ readonly organisationNumber: string; readonly counter: number }[]> {
  const { rows } = await db.query<{ organisationNumber: string; counter: number }>(
    'select organisation_number as "organisationNumber", counter from recipient order by organisation_number',
  );
  return rows;
}
