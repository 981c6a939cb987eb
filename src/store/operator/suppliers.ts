/** Suppliers as the console lists them: one row for each address in use, a page at a time. */
import type { LaneState } from '../../domain/lane.ts';
import type { Environment } from '../../domain/message.ts';
import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db } from '../pool.ts';
import { mostCounted } from './overview.ts';

/** `standing`: any that does not flow. `none`: suppliers without an address in use. */
export type LaneFilter = LaneState | 'standing' | 'none';

/** The last row of the page before. */
export interface SupplierKey {
  readonly name: string;
  readonly supplierId: number;
  readonly addressId: number;
}

/**
 * SQL: whether a number is what was typed, or begins so. Who may not open persons' numbers finds them by the whole number, which they
 * have then: else a digit after the other would tell it.
 * @param opens whether they may
 */
export const numberFits = (number: string, typed: string, opens: string): string =>
  `(starts_with(${number}, ${typed}) and (${opens}::boolean or substr(${number}, 3, 1) >= '2' or ${number} = ${typed}))`;

export interface SupplierFilter {
  /** Part of a name, or the beginning of an organisation number. */
  readonly find?: string | undefined;
  /** Whether who asks may open persons' numbers. */
  readonly opens: boolean;
  readonly lane?: LaneFilter | undefined;
  readonly environment?: Environment | undefined;
  readonly after?: SupplierKey | undefined;
  readonly limit: number;
}

export interface ListedAddress {
  readonly id: number;
  readonly name: string;
  readonly environment: Environment;
  readonly delivery: 'push' | 'pull' | 'manual';
  readonly state: LaneState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly since: Date;
  readonly nextWake: Date | undefined;
  /** At most `mostCounted` + 1. */
  readonly waiting: number;
  /** When the oldest message that waits was accepted. */
  readonly oldestWaiting: Date | undefined;
  /** The end of the last of its certificates to end. Undefined: it has none in use. */
  readonly certificateEnds: Date | undefined;
}

export interface ListedSupplier {
  readonly organisationNumber: string;
  readonly supplierId: number;
  readonly name: string;
  /** Undefined: it has none in use. */
  readonly address: ListedAddress | undefined;
}

type Row = {
  readonly organisationNumber: string;
  readonly supplierId: number;
  readonly supplier: string;
  readonly id: number | null;
} & { readonly [K in Exclude<keyof ListedAddress, 'id'>]: Exclude<ListedAddress[K], undefined> | null };

/**
 * In order of name, registration and address: an order by number would tell persons' numbers. The page is chosen first; what waits is counted for its rows alone, and no further than
 * `mostCounted`.
 */
export async function listSuppliers(db: Db, filter: SupplierFilter): Promise<ListedSupplier[]> {
  const { find, opens, lane, environment, after, limit } = filter;
  const { rows } = await db.query<Row>(
    `with page as materialized (
       select s.name as supplier, s.organisation_number, s.id as supplier_id, a.id, a.name, a.environment, a.delivery, l.state, l.reason, l.detail, l.since, l.wake_at
         from supplier s left join address a on a.organisation_number = s.organisation_number and a.retired_at is null
         left join lane l on l.id = a.id
        where ($1::text is null or position(lower($1) in lower(s.name)) > 0 or ${numberFits('s.organisation_number', '$2', '$10')})
          and ($3::text is null or case $3 when 'none' then a.id is null when 'standing' then l.state <> 'flowing' else l.state = $3 end)
          and ($4::text is null or a.environment = $4)
          and ($5::text is null or (s.name, s.id, coalesce(a.id, 0)) > ($5, $6::bigint, $7::bigint))
        order by s.name, s.id, coalesce(a.id, 0) limit $8)
     select p.organisation_number as "organisationNumber", p.supplier_id as "supplierId", p.supplier, p.id, p.name, p.environment, p.delivery, p.state, p.reason, p.detail,
            p.since, p.wake_at as "nextWake",
            (select count(*) from (select 1 from delivery d where d.lane_id = p.id and d.state = 'waiting' limit $9) w) as waiting,
            (select m.accepted_at from delivery d join message m on m.number = d.message_number
              where d.lane_id = p.id and d.state = 'waiting' order by d.message_number limit 1) as "oldestWaiting",
            (select max(c.not_after) from address_certificate r join certificate c using (fingerprint)
              where r.address_id = p.id and c.withdrawn_at is null) as "certificateEnds"
       from page p order by p.supplier, p.supplier_id, coalesce(p.id, 0)`,
    [
      find ?? null,
      // What is typed with a hyphen is stored without; a word is the beginning of no number.
      find?.replaceAll(/[\s-]/g, '') ?? null,
      lane ?? null,
      environment ?? null,
      after?.name ?? null,
      after?.supplierId ?? null,
      after?.addressId ?? null,
      limit,
      mostCounted + 1,
      opens,
    ],
  );
  return rows.map(listedOf);
}

function listedOf({ organisationNumber, supplierId, supplier, id, ...rest }: Row): ListedSupplier {
  const address = Object.fromEntries(
    Object.entries({ id, ...rest }).map(([name, value]) => [name, value ?? undefined]),
  );
  return {
    organisationNumber,
    supplierId,
    name: supplier,
    address: id === null ? undefined : (address as unknown as ListedAddress),
  };
}

/** Whose address it is, in use or not. */
export async function readOwner(db: Db, addressId: number): Promise<string | undefined> {
  const { rows } = await db.query<{ organisation_number: string }>(
    'select organisation_number from address where id = $1',
    [addressId],
  );
  return rows[0]?.organisation_number;
}

/** Whose row it is. */
export async function readRowOwner(db: Db, supplierId: number): Promise<string | undefined> {
  const { rows } = await db.query<{ organisation_number: string }>(
    'select organisation_number from supplier where id = $1',
    [supplierId],
  );
  return rows[0]?.organisation_number;
}

export interface SupplierRow {
  /** The least id of its addresses, in use or not; undefined: it has none. */
  readonly addressId: number | undefined;
  readonly supplierId: number;
}

/** By which rows each of them can be named; who is no supplier is left out. */
export async function readSupplierRows(
  db: Db,
  organisationNumbers: readonly string[],
): Promise<Map<string, SupplierRow>> {
  const { rows } = await db.query<{ number: string; id: number; address: number | null }>(
    `select n.number, s.id, (select a.id from address a where a.organisation_number = n.number order by a.id limit 1) as address
       from (select distinct unnest($1::text[]) as number) n join supplier s on s.organisation_number = n.number`,
    [organisationNumbers],
  );
  return new Map(rows.map(({ number, id, address }) => [number, { addressId: address ?? undefined, supplierId: id }]));
}

export interface LaneStanding {
  readonly addressId: number;
  readonly state: LaneState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly since: Date;
  readonly nextWake: Date | undefined;
  readonly waiting: number;
  readonly held: number;
  readonly refused: number;
  readonly oldestWaiting: Date | undefined;
}

/** The lanes of a supplier's addresses, in use or not, with what is in them: no number above `mostCounted` + 1. */
export async function readLanes(db: Db, organisationNumber: string): Promise<LaneStanding[]> {
  const stopped = (state: 'held' | 'refused') =>
    `(select count(*) from (select 1 from delivery d where d.lane_id = l.id and d.state in ('held', 'refused') and d.state = '${state}' limit $2) w)`;
  const { rows } = await db.query<NullsOf<LaneStanding>>(
    `select l.id as "addressId", l.state, l.reason, l.detail, l.since, l.wake_at as "nextWake",
            (select count(*) from (select 1 from delivery d where d.lane_id = l.id and d.state = 'waiting' limit $2) w) as waiting,
            ${stopped('held')} as held, ${stopped('refused')} as refused,
            (select m.accepted_at from delivery d join message m on m.number = d.message_number
              where d.lane_id = l.id and d.state = 'waiting' order by d.message_number limit 1) as "oldestWaiting"
       from address a join lane l using (id) where a.organisation_number = $1 order by l.id`,
    [organisationNumber, mostCounted + 1],
  );
  return rows.map(withoutNulls<LaneStanding>);
}

export interface SupplierContact {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly language: 'sv' | 'en';
  /** Certificates in use that the person answers for, and orders that wait for them. */
  readonly certificates: number;
  readonly orders: number;
}

/** Who answers for something now first. */
export async function readContacts(db: Db, organisationNumber: string, limit: number): Promise<SupplierContact[]> {
  const { rows } = await db.query<SupplierContact & Record<string, unknown>>(
    `select t.id, t.name, t.email, t.phone, t.language,
            (select count(*) from certificate c where c.organisation_number = t.organisation_number and c.contact_id = t.id
                and c.withdrawn_at is null and c.not_after > clock_timestamp()) as certificates,
            (select count(*) from certificate_order o where o.organisation_number = t.organisation_number and o.contact_id = t.id
                and o.state in ('ordered', 'opened') and o.expires_at > clock_timestamp()) as orders
       from technical_contact t where t.organisation_number = $1
      order by certificates desc, orders desc, t.id desc limit $2`,
    [organisationNumber, limit],
  );
  return rows;
}
