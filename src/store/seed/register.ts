/** Where an invented book may be written, what was planned there, and its register. */
import { Fault } from '../../domain/fault.ts';
import { type AuditEntry, appendAudit } from '../audit.ts';
import { requireMigrated } from '../migrate.ts';
import type { Db, Pool } from '../pool.ts';

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Set where nothing real is kept: private local servers have it, another is given it by its owner. */
const marker = 'kuvert.development';

/**
 * An invented book in a real one could never be taken out again: nothing in it is removed.
 * @throws Fault `not-possible-now` for a database that nobody has said to be a developer's, or that leads to production
 */
export async function requireDevelopment(db: Db): Promise<void> {
  await requireMigrated(db);
  const { rows } = await db.query<{ name: string; marked: string | null; production: boolean }>(
    `select current_database() as name, current_setting($1, true) as marked,
            exists (select from address where environment = 'production') as production`,
    [marker],
  );
  const { name = '', marked = null, production = false } = rows[0] ?? {};
  if (marked !== 'on')
    throw new Fault(
      'not-possible-now',
      `the database ${name} is not marked as a developer's, and what is seeded can never be removed from it; those of \`kuvert dev\` are marked, and an empty one of your own by: alter database "${name.replaceAll('"', '""')}" set ${marker} = 'on'`,
    );
  if (production)
    throw new Fault(
      'not-possible-now',
      `the database ${name} has addresses of production: it is nobody's to play with`,
    );
}

/** Of the audit row that begins a seed. */
export const seedAction = 'store.seed';

/** What was begun here. Undefined: nothing. */
export async function readSeed(db: Db): Promise<unknown> {
  const { rows } = await db.query<{ details: unknown }>(
    'select details from audit where action = $1 order by id limit 1',
    [seedAction],
  );
  return rows[0]?.details;
}

export interface SetAside {
  readonly message: number;
  readonly delivery: number;
  readonly address: number;
  readonly contact: number;
}

/** Sets so many numbers aside, in rows that follow each other. @returns the first of each */
export async function setAside(db: Db, messages: number, suppliers: number): Promise<SetAside> {
  const first = async (table: string, column: string, count: number): Promise<number> => {
    const { rows } = await db.query<{ first: number }>(
      `select setval(pg_get_serial_sequence($1, $2), nextval(pg_get_serial_sequence($1, $2)) + $3) - $3 as first`,
      [table, column, count],
    );
    return rows[0]?.first ?? 1;
  };
  return {
    message: await first('message', 'number', messages),
    delivery: await first('delivery', 'id', messages),
    address: await first('address', 'id', suppliers),
    contact: await first('technical_contact', 'id', suppliers),
  };
}

/** Rows by table, with the names and values of its columns. */
export interface SeedRegister {
  readonly supplier: Rows;
  readonly recipient: Rows;
  readonly address: Rows;
  readonly lane: Rows;
  readonly contact: Rows;
  readonly certificate: Rows;
  readonly addressCertificate: Rows;
  readonly order: Rows;
  readonly mandate: Rows;
  readonly incident: Rows;
}

const columnsOf = {
  supplier: 'organisation_number, name, language, created_at, changed_at',
  mandate:
    'principal, agent, address_id, message_types, valid_from, valid_to, evidence, recorded_by, recorded_at, begun',
  incident: 'kind, subject, details, opened_at, closed_at',
} as const;

/** All of it, and the audit last: with its last row the seed is begun. For the caller's transaction. */
export async function writeRegister(db: Db, rows: SeedRegister, audit: readonly AuditEntry[]): Promise<void> {
  const whole = (table: string, of: Rows): Promise<unknown> =>
    db.query(`insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1)`, [
      JSON.stringify(of),
    ]);
  const some = (table: keyof typeof columnsOf, of: Rows): Promise<unknown> =>
    db.query(
      `insert into ${table} (${columnsOf[table]}) select ${columnsOf[table]} from json_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(of)],
    );
  await some('supplier', rows.supplier);
  await whole('recipient', rows.recipient);
  await whole('address', rows.address);
  await whole('lane', rows.lane);
  await whole('technical_contact', rows.contact);
  // An order may have become a certificate, and a certificate may come of an order: here none comes of one.
  await whole('certificate', rows.certificate);
  await whole('address_certificate', rows.addressCertificate);
  await whole('certificate_order', rows.order);
  await some('mandate', rows.mandate);
  await some('incident', rows.incident);
  for (const entry of audit) await appendAudit(db, entry);
}

/** The lanes of these, by organisation number, and the certificate that is registered there. */
export async function readSeedLanes(
  pool: Pool,
  organisationNumbers: readonly string[],
): Promise<Map<string, { readonly lane: number; readonly fingerprint: string }>> {
  const { rows } = await pool.query<{ organisation: string; lane: number; fingerprint: string }>(
    `select a.organisation_number as organisation, a.id as lane, c.fingerprint
       from address a join address_certificate c on c.address_id = a.id where a.organisation_number in (select unnest($1::text[]))`,
    [organisationNumbers],
  );
  return new Map(rows.map(({ organisation, ...one }) => [organisation, one]));
}

/** Who is registered already. */
export async function readRegistered(db: Db, organisationNumbers: readonly string[]): Promise<readonly string[]> {
  const { rows } = await db.query<{ organisation: string }>(
    'select organisation_number as organisation from recipient where organisation_number in (select unnest($1::text[])) order by 1',
    [organisationNumbers],
  );
  return rows.map(({ organisation }) => organisation);
}
