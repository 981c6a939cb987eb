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
