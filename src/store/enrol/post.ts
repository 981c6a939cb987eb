/** Letters on their way: each is claimed by one postman at a time, and what came of it is written by who had it. */
import type { Environment } from '../../domain/message.ts';
import type { Db } from '../pool.ts';
import { closeIncident, contactUnreachable, openIncident } from './incidents.ts';

export interface ClaimedLetter {
  readonly id: number;
  readonly kind: string;
  readonly contactId: number;
  readonly orderId: string | undefined;
  readonly fingerprint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  /** This one included. */
  readonly tries: number;
}

/**
 * Takes the letter that has been due longest, and counts the try. Until `until` nobody else takes it: who dies with it in hand leaves
 * it due again then.
 */
export async function claimLetter(db: Db, now: Date, until: Date): Promise<ClaimedLetter | undefined> {
  const { rows } = await db.query<{
    id: number;
    kind: string;
    contact_id: number;
    order_id: string | null;
    fingerprint: string | null;
    details: Record<string, unknown>;
    created_at: Date;
    tries: number;
  }>(
    `update letter set tries = tries + 1, next_try_at = $2
      where id = (select id from letter where next_try_at is not null and next_try_at <= $1
                   order by next_try_at limit 1 for update skip locked)
     returning id, kind, contact_id, order_id, fingerprint, details, created_at, tries`,
    [now, until],
  );
  const [row] = rows;
  return (
    row && {
      id: row.id,
      kind: row.kind,
      contactId: row.contact_id,
      orderId: row.order_id ?? undefined,
      fingerprint: row.fingerprint ?? undefined,
      details: row.details,
      createdAt: row.created_at,
      tries: row.tries,
    }
  );
}

/** Links of one order that are good at the same time: the last ones that were sent. */
const mostLinks = 10;

/** On record before it leaves the house. For who has locked the order. */
export async function addLink(db: Db, orderId: string, hash: Buffer): Promise<void> {
  await db.query(
    `update certificate_order
        set link_hashes = link_hashes[greatest(1, cardinality(link_hashes) - ${mostLinks - 2}):] || $2::bytea
      where id = $1`,
    [orderId, hash],
  );
}

/** What a letter about a certificate says of it. */
export interface CertificateFacts {
  readonly organisation: string;
  readonly description: string | undefined;
  readonly subject: string;
  readonly notAfter: Date;
  readonly environment: Environment | undefined;
  readonly withdrawn: boolean;
}

export async function readCertificateFacts(db: Db, fingerprint: string): Promise<CertificateFacts | undefined> {
  const { rows } = await db.query<{
    name: string;
    description: string | null;
    subject: string;
    not_after: Date;
    environment: Environment | null;
    withdrawn: boolean;
  }>(
    `select s.name, c.description, c.subject, c.not_after, c.withdrawn_at is not null as withdrawn,
            (select a.environment from address_certificate l join address a on a.id = l.address_id
              where l.fingerprint = c.fingerprint limit 1) as environment
       from certificate c join supplier s on s.organisation_number = c.organisation_number where c.fingerprint = $1`,
    [fingerprint],
  );
  const [row] = rows;
  return (
    row && {
      organisation: row.name,
      description: row.description ?? undefined,
      subject: row.subject,
      notAfter: row.not_after,
      environment: row.environment ?? undefined,
      withdrawn: row.withdrawn,
    }
  );
}

export type LetterEnd =
  | { readonly kind: 'sent' }
  | { readonly kind: 'later'; readonly why: string; readonly nextTryAt: Date }
  /** `unreachable`: the reader does not get letters, and an operator should know. */
  | { readonly kind: 'given-up'; readonly why: string; readonly unreachable: boolean };

/** In a transaction. @returns false when somebody else took the letter meanwhile: theirs is the word that counts */
export async function endTry(
  db: Db,
  { id, tries, contactId, kind }: Pick<ClaimedLetter, 'id' | 'tries' | 'contactId' | 'kind'>,
  end: LetterEnd,
  at: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update letter set sent_at = $3, given_up_at = $4, next_try_at = $5, detail = $6
      where id = $1 and tries = $2 and next_try_at is not null`,
    [
      id,
      tries,
      end.kind === 'sent' ? at : null,
      end.kind === 'given-up' ? at : null,
      end.kind === 'later' ? end.nextTryAt : null,
      end.kind === 'sent' ? null : end.why,
    ],
  );
  if (rowCount === 0) return false;
  if (end.kind === 'sent') await closeIncident(db, contactUnreachable(contactId), at);
  if (end.kind === 'given-up' && end.unreachable) {
    const { rows } = await db.query<{ organisation: string; organisationNumber: string }>(
      `select s.name as organisation, s.organisation_number as "organisationNumber"
         from technical_contact c join supplier s on s.organisation_number = c.organisation_number where c.id = $1`,
      [contactId],
    );
    const about = { ...rows[0], contact: contactId, letter: id, kind, why: end.why };
    await openIncident(db, contactUnreachable(contactId), about, at);
  }
  return true;
}
