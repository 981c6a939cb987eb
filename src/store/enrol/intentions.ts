/** The authority's side of an issuance: taken up, intended, issued or refused. */
import type { FaultCode } from '../../domain/fault.ts';
import type { Db } from '../pool.ts';
import type { AskedFor } from './issuance.ts';
import type { OwnPurpose } from './own-certificates.ts';

/** An issuance that waits for the authority. */
export interface OpenIssuance {
  readonly id: string;
  readonly for: AskedFor;
  readonly request: Buffer;
  readonly spkiSha256: Buffer;
  readonly remoteAddress: string | undefined;
}

/** What is on record before anything is signed. */
export interface Intention {
  /** Fingerprint of the issuing certificate. */
  readonly authority: string;
  readonly serial: string;
  /** Whole seconds. */
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface IntendedIssuance extends OpenIssuance {
  readonly intention: Intention;
  readonly intendedAt: Date;
}

interface Row {
  readonly id: string;
  readonly kind: AskedFor['kind'];
  readonly purpose: OwnPurpose | null;
  readonly dns_names: readonly string[];
  readonly order_id: string | null;
  readonly proof: Buffer | null;
  readonly renews: string | null;
  readonly request: Buffer;
  readonly spki_sha256: Buffer;
  readonly remote_address: string | null;
  readonly authority: string | null;
  readonly serial: string | null;
  readonly not_before: Date | null;
  readonly not_after: Date | null;
  readonly intended_at: Date | null;
}

const columns =
  'id, kind, purpose, dns_names, order_id, proof, renews, request, spki_sha256, remote_address, authority, serial, not_before, not_after, intended_at';

/** Any number: held to the end of a transaction that decides, so that those of all processes come one after the other. */
const lockKey = 6_582_837_003;

/**
 * The oldest that nobody has decided, for this transaction alone: while it runs no other process of the authority decides anything,
 * so that what it finds unused (a key, an order) stays so.
 */
export async function takeAsked(db: Db): Promise<OpenIssuance | undefined> {
  await db.query('select pg_advisory_xact_lock($1)', [lockKey]);
  const { rows } = await db.query<Row>(
    `select ${columns} from issuance
      where state in ('asked', 'intended') and state = 'asked' order by asked_at limit 1 for update`,
  );
  return rows[0] && openOf(rows[0]);
}

/** One that was intended before then and is still not issued: whoever had it in hand is gone. */
export async function findLeft(db: Db, before: Date): Promise<IntendedIssuance | undefined> {
  const { rows } = await db.query<Row>(
    `select ${columns} from issuance
      where state in ('asked', 'intended') and state = 'intended' and intended_at <= $1 order by asked_at limit 1`,
    [before],
  );
  return rows[0] && intendedOf(rows[0]);
}

/** The row, if it is still intended as it was then; kept to the end of the transaction. */
export async function lockIntended(db: Db, { id, intention }: IntendedIssuance): Promise<boolean> {
  const { rowCount } = await db.query(
    "select 1 from issuance where id = $1 and state = 'intended' and authority = $2 and serial = $3 for update",
    [id, intention.authority, intention.serial],
  );
  return rowCount > 0;
}

export async function setIntended(db: Db, id: string, intention: Intention, at: Date): Promise<void> {
  await db.query(
    `update issuance set state = 'intended', authority = $2, serial = $3, not_before = $4, not_after = $5, intended_at = $6
      where id = $1`,
    [id, intention.authority, intention.serial, intention.notBefore, intention.notAfter, at],
  );
}

/** The certificate is in the register: from now on it may be handed out. */
export async function setIssued(
  db: Db,
  id: string,
  { pem, fingerprint }: { readonly pem: string; readonly fingerprint: string },
  at: Date,
): Promise<void> {
  await db.query(
    `update issuance set state = 'issued', certificate = $2, fingerprint = $3, decided_at = $4, proof = null where id = $1`,
    [id, pem, fingerprint, at],
  );
}

/** Also of one that was intended: its serial is then nobody's. */
export async function setRefused(
  db: Db,
  id: string,
  { fault, detail }: { readonly fault: FaultCode; readonly detail: string },
  at: Date,
): Promise<void> {
  await db.query(
    `update issuance set state = 'refused', fault = $2, detail = $3, decided_at = $4, proof = null, authority = null, serial = null,
            not_before = null, not_after = null, intended_at = null where id = $1`,
    [id, fault, detail.slice(0, 2_000), at],
  );
}

/** As if nothing had been intended: for one of an authority whose key is no longer open. */
export async function putBack(db: Db, id: string): Promise<void> {
  await db.query(
    `update issuance set state = 'asked', authority = null, serial = null, not_before = null, not_after = null, intended_at = null
      where id = $1 and state = 'intended'`,
    [id],
  );
}

function askedForOf(row: Row): AskedFor {
  if (row.kind === 'enrol') return { kind: 'enrol', orderId: row.order_id ?? '', proof: row.proof ?? Buffer.alloc(0) };
  if (row.purpose !== null) return { kind: 'own', purpose: row.purpose, dnsNames: row.dns_names };
  return { kind: 'renew', renews: row.renews ?? '' };
}

function openOf(row: Row): OpenIssuance {
  return {
    id: row.id,
    for: askedForOf(row),
    request: row.request,
    spkiSha256: row.spki_sha256,
    remoteAddress: row.remote_address ?? undefined,
  };
}

function intendedOf(row: Row): IntendedIssuance | undefined {
  const { authority, serial, not_before: notBefore, not_after: notAfter, intended_at: intendedAt } = row;
  if (authority === null || serial === null || notBefore === null || notAfter === null || intendedAt === null)
    return undefined;
  return { ...openOf(row), intention: { authority, serial, notBefore, notAfter }, intendedAt };
}
