/**
 * What was asked of the authority, and what came of it. The front asks; the authority has its intention on record before it signs,
 * and the certificate before anybody gets it.
 */
import type { FaultCode } from '../../domain/fault.ts';
import type { Db } from '../pool.ts';
import type { OwnPurpose } from './own-certificates.ts';

/** Payload: the id of an issuance. The authority hears the first, the front the second, when they are committed. */
export const askedChannel = 'kuvert_asked';
export const decidedChannel = 'kuvert_decided';

/** For what a certificate is asked: an order, with the proof that its password was given, or one that is to be renewed. */
export type AskedFor =
  | { readonly kind: 'enrol'; readonly orderId: string; readonly proof: Buffer }
  | { readonly kind: 'renew'; readonly renews: string }
  /** Our own; the names are those of a listener. */
  | { readonly kind: 'own'; readonly purpose: OwnPurpose; readonly dnsNames: readonly string[] };
/** Of suppliers. */
export type SuppliersAskedFor = Exclude<AskedFor, { kind: 'own' }>;

export interface NewIssuance {
  /** UUID. */
  readonly id: string;
  readonly for: AskedFor;
  /** PKCS#10, DER. */
  readonly request: Buffer;
  readonly spkiSha256: Buffer;
  readonly remoteAddress: string | undefined;
  readonly at: Date;
}

export async function insertIssuance(db: Db, asked: NewIssuance): Promise<void> {
  const { kind } = asked.for;
  const of = asked.for.kind === 'enrol' ? asked.for : { orderId: null, proof: null };
  await db.query(
    `insert into issuance (id, kind, order_id, proof, renews, request, spki_sha256, remote_address, asked_at, purpose, dns_names)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      asked.id,
      kind,
      of.orderId,
      of.proof,
      asked.for.kind === 'renew' ? asked.for.renews : null,
      asked.request,
      asked.spkiSha256,
      asked.remoteAddress ?? null,
      asked.at,
      asked.for.kind === 'own' ? asked.for.purpose : null,
      asked.for.kind === 'own' ? asked.for.dnsNames : [],
    ],
  );
}

/** What may be told to whoever asked. */
export type Decision =
  | { readonly kind: 'open' }
  | { readonly kind: 'refused'; readonly fault: FaultCode; readonly detail: string | undefined }
  | { readonly kind: 'issued'; readonly certificate: string; readonly fingerprint: string };

interface DecisionRow {
  readonly state: 'asked' | 'intended' | 'issued' | 'refused';
  readonly fault: FaultCode | null;
  readonly detail: string | null;
  readonly certificate: string | null;
  readonly fingerprint: string | null;
}

export async function readDecision(db: Db, id: string): Promise<Decision> {
  const { rows } = await db.query<DecisionRow>(
    'select state, fault, detail, certificate, fingerprint from issuance where id = $1',
    [id],
  );
  const [row] = rows;
  if (row?.state === 'refused' && row.fault !== null)
    return { kind: 'refused', fault: row.fault, detail: row.detail ?? undefined };
  if (row?.state === 'issued' && row.certificate !== null && row.fingerprint !== null)
    return { kind: 'issued', certificate: row.certificate, fingerprint: row.fingerprint };
  return { kind: 'open' };
}

/** What was asked already for the same, and was not refused. */
export interface Standing {
  readonly id: string;
  readonly spkiSha256: Buffer;
  readonly state: 'asked' | 'intended' | 'issued';
}

type Subject = { readonly orderId: string } | { readonly renews: string };

const whose = (of: Subject): readonly [column: string, value: string] =>
  'orderId' in of ? ['order_id', of.orderId] : ['renews', of.renews];

/** Newest first. */
export async function readStanding(db: Db, of: Subject): Promise<Standing[]> {
  const [column, value] = whose(of);
  const { rows } = await db.query<{ id: string; spki_sha256: Buffer; state: Standing['state'] }>(
    `select id, spki_sha256, state from issuance where ${column} = $1 and state <> 'refused' order by asked_at desc limit 100`,
    [value],
  );
  return rows.map(({ id, spki_sha256: spkiSha256, state }) => ({ id, spkiSha256, state }));
}

/** How often a certificate was asked for since then. */
export async function countAsked(db: Db, of: Subject, since: Date): Promise<number> {
  const [column, value] = whose(of);
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from issuance where ${column} = $1 and asked_at > $2`,
    [value, since],
  );
  return rows[0]?.n ?? 0;
}

/** What was asked with this key and was not refused. */
export async function findAskedWith(db: Db, spkiSha256: Buffer): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>(
    "select id from issuance where spki_sha256 = $1 and state <> 'refused' limit 1",
    [spkiSha256],
  );
  return rows[0]?.id;
}

/** PEM of the certificate that issued this one, with its fingerprint. */
export async function readIssuer(
  db: Db,
  id: string,
): Promise<{ readonly pem: string; readonly fingerprint: string } | undefined> {
  const { rows } = await db.query<{ pem: string; fingerprint: string }>(
    'select a.pem, a.fingerprint from issuance i join authority a on a.fingerprint = i.authority where i.id = $1',
    [id],
  );
  return rows[0];
}
