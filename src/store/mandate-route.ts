/** Where a message goes: to the address of its own organisation that takes it, else to that of an agent whose mandate runs. */
import type { Db } from './pool.ts';

/** SQL: the mandate runs this moment, on the database's clock. */
export const runs = (mandate: string): string =>
  `${mandate}.valid_from <= clock_timestamp() and ${mandate}.ends_at > clock_timestamp()`;

/**
 * SQL for a lateral join: the address (`id`, `organisation_number`) that takes message `m` now; one row at most. An own address
 * excludes a mandate for the same, and no two mandates run for the same: see `suppliers/mandates.ts`.
 */
export const way = (m: string): string =>
  `(select a.id, a.organisation_number from address a
     where a.organisation_number = ${m}.organisation_number and a.environment = ${m}.environment and a.retired_at is null
       and ${m}.message_type = any(a.message_types)
    union all
    select a.id, a.organisation_number from mandate x join address a on a.id = x.address_id
     where x.principal = ${m}.organisation_number and ${m}.message_type = any(x.message_types) and ${runs('x')}
       and a.environment = ${m}.environment and a.retired_at is null and ${m}.message_type = any(a.message_types)
    limit 1)`;

/** SQL: whether the organisation of message `m` has any way for messages now, if not for this type. */
export const knownTo = (m: string): string =>
  `coalesce((select true from address k where k.organisation_number = ${m}.organisation_number
                and k.environment = ${m}.environment and k.retired_at is null limit 1),
            (select true from mandate x join address k on k.id = x.address_id
              where x.principal = ${m}.organisation_number and ${runs('x')} and k.environment = ${m}.environment
                and k.retired_at is null limit 1), false)`;

/** SQL: what stands in `delivery.principal` of message `m` at this address of `owner`. */
export const principalAt = (m: string, owner: string): string =>
  `case when ${owner} <> ${m}.organisation_number then ${m}.organisation_number end`;

/**
 * SQL: the message types of mandate `x` (at address `a`) that nobody takes when it ends; null: none. An address of the principal's own that takes
 * them excludes the mandate, so only other mandates can follow.
 */
export const unfollowed = (x: string, a: string): string =>
  `(select array_agg(t.type order by t.type) from unnest(${x}.message_types) as t (type)
     where (select true from mandate y join address b on b.id = y.address_id
             where y.principal = ${x}.principal and t.type = any(y.message_types) and y.valid_from <= ${x}.ends_at and y.ends_at > ${x}.ends_at
               and b.environment = ${a}.environment and b.retired_at is null limit 1) is null)`;

/** A lane in which messages of others may lie: whose, and of which type. */
export interface ForeignAsk {
  readonly lane: number;
  readonly principal: string;
  readonly messageType: string;
}

/**
 * For each of these, milliseconds until the mandate ends that it lies there by; undefined: none runs. One statement; none when
 * nothing is asked.
 */
export async function mandatesLeft(db: Db, asks: readonly ForeignAsk[]): Promise<(number | undefined)[]> {
  if (asks.length === 0) return [];
  const { rows } = await db.query<{ place: number; left: number }>(
    `select asked.place, extract(epoch from max(x.ends_at) - clock_timestamp())::float8 * 1000 as left
       from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as asked (lane, principal, type, place)
       join mandate x on x.address_id = asked.lane and x.principal = asked.principal and asked.type = any(x.message_types)
      where ${runs('x')} group by asked.place`,
    [asks.map(({ lane }) => lane), asks.map(({ principal }) => principal), asks.map(({ messageType }) => messageType)],
  );
  const left = new Map(rows.map((row) => [row.place, row.left]));
  return asks.map((_, index) => left.get(index + 1));
}
