/** What lasts and an operator should know: one row from its beginning to its end. */
import type { Db } from '../pool.ts';

export interface IncidentKey {
  readonly kind: string;
  readonly subject: string;
}

/** A letter to this technical contact was given up. */
export const contactUnreachable = (contactId: number): IncidentKey => ({
  kind: 'contact-unreachable',
  subject: `contact/${contactId}`,
});

/** Keys or certificates in the files of this role were changed and cannot be used. */
export const credentialsRefused = (role: string): IncidentKey => ({
  kind: 'credentials-refused',
  subject: `role/${role}`,
});

export const authorityEndingKind = 'authority-ending';

/** The issuing authority ends before what it issues should. */
export const authorityEnding = (fingerprint: string): IncidentKey => ({
  kind: authorityEndingKind,
  subject: `authority/${fingerprint}`,
});

/** @returns false when it is open already, and stays as it is */
export async function openIncident(
  db: Db,
  { kind, subject }: IncidentKey,
  details: Readonly<Record<string, unknown>>,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into incident (kind, subject, details, opened_at) values ($1, $2, $3, $4)
     on conflict (kind, subject) where closed_at is null do nothing`,
    [kind, subject, JSON.stringify(details), at],
  );
  return rowCount > 0;
}

/** @returns false when none was open */
export async function closeIncident(db: Db, { kind, subject }: IncidentKey, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update incident set closed_at = greatest($3::timestamptz, opened_at) where kind = $1 and subject = $2 and closed_at is null`,
    [kind, subject, at],
  );
  return rowCount > 0;
}

/** What is said of one that is open; it stays the same one. */
export async function changeIncident(
  db: Db,
  { kind, subject }: IncidentKey,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await db.query('update incident set details = $3 where kind = $1 and subject = $2 and closed_at is null', [
    kind,
    subject,
    JSON.stringify(details),
  ]);
}

export type OpenIncident = Pick<Incident, 'kind' | 'subject' | 'details' | 'openedAt'>;

export interface Incident extends IncidentKey {
  readonly id: number;
  readonly details: Readonly<Record<string, unknown>>;
  readonly openedAt: Date;
  readonly closedAt: Date | undefined;
}

/** Those that are open, newest first. */
export async function newestOpenIncidents(db: Db, limit: number): Promise<OpenIncident[]> {
  const { rows } = await db.query<OpenIncident & Record<string, unknown>>(
    `select kind, subject, details, opened_at as "openedAt" from incident where closed_at is null order by opened_at desc, id desc limit $1`,
    [limit],
  );
  return rows;
}

/** Newest first. For commands: it reads them all. */
export async function listIncidents(db: Db, { open }: { readonly open: boolean }): Promise<Incident[]> {
  const { rows } = await db.query<{
    id: number;
    kind: string;
    subject: string;
    details: Record<string, unknown>;
    opened_at: Date;
    closed_at: Date | null;
  }>(
    `select id, kind, subject, details, opened_at, closed_at from incident where not $1 or closed_at is null
      order by opened_at desc, id desc`,
    [open],
  );
  return rows.map(({ opened_at, closed_at, ...row }) => ({
    ...row,
    openedAt: opened_at,
    closedAt: closed_at ?? undefined,
  }));
}

export async function countOpenIncidents(db: Db): Promise<number> {
  const { rows } = await db.query<{ open: number }>('select count(*) as open from incident where closed_at is null');
  return rows[0]?.open ?? 0;
}
