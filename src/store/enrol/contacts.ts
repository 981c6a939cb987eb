/** Technical contacts: natural persons. What is written of them elsewhere is masked. */
import type { Db } from '../pool.ts';

export interface ContactFields {
  readonly name: string;
  readonly email: string;
  /** E.164. */
  readonly phone: string;
  readonly language: 'sv' | 'en';
}

export interface Contact extends ContactFields {
  readonly id: number;
  readonly organisationNumber: string;
}

interface ContactRow {
  readonly id: number;
  readonly organisation_number: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly language: 'sv' | 'en';
}

/** The row of this very person with this telephone, mail and language, which is made if there is none. @returns its id */
export async function keepContact(db: Db, organisationNumber: string, contact: ContactFields): Promise<number> {
  const values = [organisationNumber, contact.name, contact.email, contact.phone, contact.language];
  const known = await db.query<{ id: number }>(
    `select id from technical_contact
      where organisation_number = $1 and name = $2 and email = $3 and phone = $4 and language = $5 order by id limit 1`,
    values,
  );
  if (known.rows[0] !== undefined) return known.rows[0].id;
  const { rows } = await db.query<{ id: number }>(
    `insert into technical_contact (organisation_number, name, email, phone, language)
     values ($1, $2, $3, $4, $5) returning id`,
    values,
  );
  return (rows[0] as { id: number }).id;
}

export async function readContact(db: Db, id: number): Promise<Contact | undefined> {
  const { rows } = await db.query<ContactRow>(
    'select id, organisation_number, name, email, phone, language from technical_contact where id = $1',
    [id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { organisation_number: organisationNumber, ...rest } = row;
  return { organisationNumber, ...rest };
}

/** The name of the organisation whose contact it is. */
export async function readContactOrganisation(db: Db, id: number): Promise<string | undefined> {
  const { rows } = await db.query<{ name: string }>(
    'select s.name from technical_contact t join supplier s on s.organisation_number = t.organisation_number where t.id = $1',
    [id],
  );
  return rows[0]?.name;
}

/** Puts another person in charge of a certificate. */
export async function setCertificateContact(db: Db, fingerprint: string, contactId: number): Promise<void> {
  await db.query('update certificate set contact_id = $2 where fingerprint = $1', [fingerprint, contactId]);
}

export interface CertificateContact {
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly contactId: number | undefined;
  readonly withdrawnAt: Date | undefined;
  readonly notAfter: Date;
}

/** Who answers for a certificate; its row is locked until the transaction ends. */
export async function lockCertificateContact(db: Db, fingerprint: string): Promise<CertificateContact | undefined> {
  const { rows } = await db.query<{
    organisation_number: string;
    contact_id: number | null;
    withdrawn_at: Date | null;
    not_after: Date;
  }>(
    `select organisation_number, contact_id, withdrawn_at, not_after from certificate where fingerprint = $1
        for no key update`,
    [fingerprint],
  );
  const [row] = rows;
  return (
    row && {
      fingerprint,
      organisationNumber: row.organisation_number,
      contactId: row.contact_id ?? undefined,
      withdrawnAt: row.withdrawn_at ?? undefined,
      notAfter: row.not_after,
    }
  );
}

/** For logs, the audit and whoever does not know yet: enough to recognise what one knows already. */
export const maskEmail = (email: string): string => email.replace(/^(.).*@/, '$1***@');
export const maskPhone = (phone: string): string =>
  `${phone.slice(0, 3)}${'*'.repeat(Math.max(0, phone.length - 5))}${phone.slice(-2)}`;

export const maskContact = ({ id, email, phone }: Pick<Contact, 'id' | 'email' | 'phone'>) => ({
  contact: id,
  email: maskEmail(email),
  phone: maskPhone(phone),
});
