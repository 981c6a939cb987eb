/** Taking a certificate out of use for good. The caller holds the locks of the recipient and of its lanes. */
import type { LaneState } from '../../domain/lane.ts';
import type { Db } from '../pool.ts';

export interface RevocableCertificate {
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly subject: string;
  /** Undefined: another authority issued it, and publishes its lists itself. */
  readonly serial: string | undefined;
  readonly withdrawnAt: Date | undefined;
  readonly revocationReason: string | undefined;
}

interface Row {
  readonly fingerprint: string;
  readonly organisation_number: string;
  readonly subject: string;
  readonly serial: string | null;
  readonly withdrawn_at: Date | null;
  readonly revocation_reason: string | null;
}

const columns = 'fingerprint, organisation_number, subject, serial, withdrawn_at, revocation_reason';

/** By SHA-256 or serial number, in hex; several authorities could have given the same number. */
export async function findCertificates(db: Db, named: string): Promise<RevocableCertificate[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} from certificate where fingerprint = $1
     union select ${columns} from certificate where authority in (select fingerprint from authority) and serial = $2`,
    [named.toLowerCase(), named.toUpperCase()],
  );
  return rows.map(fromRow);
}

export async function lockCertificate(db: Db, fingerprint: string): Promise<RevocableCertificate | undefined> {
  const { rows } = await db.query<Row>(`select ${columns} from certificate where fingerprint = $1 for update`, [
    fingerprint,
  ]);
  return rows[0] && fromRow(rows[0]);
}

/**
 * Every listener is told when this is committed (trigger `certificate_withdrawn`), and nothing is claimed any more by who has read its
 * addresses before. One that was withdrawn before keeps that time.
 */
export async function setRevoked(db: Db, fingerprint: string, reason: string, at: Date): Promise<void> {
  await db.query(
    'update address set version = version + 1 where id in (select address_id from address_certificate where fingerprint = $1)',
    [fingerprint],
  );
  await db.query(
    'update certificate set withdrawn_at = coalesce(withdrawn_at, $3), revocation_reason = $2 where fingerprint = $1',
    [fingerprint, reason, at],
  );
}

/** Those in use that were renewed from this one, and from those. */
export async function readSuccessors(db: Db, fingerprint: string): Promise<string[]> {
  const { rows } = await db.query<{ fingerprint: string }>(
    `with recursive follows as (
       select fingerprint, withdrawn_at, 1 as step from certificate where renews = $1
       union all select c.fingerprint, c.withdrawn_at, f.step + 1 from follows f join certificate c on c.renews = f.fingerprint)
     select fingerprint from follows where withdrawn_at is null order by step`,
    [fingerprint],
  );
  return rows.map((row) => row.fingerprint);
}

export interface BereftLane {
  readonly id: number;
  readonly address: string;
  readonly state: LaneState;
}

/** Lanes that are pushed to an address of this certificate which has no other that an endpoint could show. */
export async function lanesWithoutAnother(db: Db, fingerprint: string, now: Date): Promise<BereftLane[]> {
  const { rows } = await db.query<{ id: number; address: string; state: LaneState }>(
    `select lane.id, address.name as address, lane.state
       from address_certificate mine
       join address on address.id = mine.address_id and address.delivery = 'push' and address.retired_at is null
       join lane on lane.id = address.id
      where mine.fingerprint = $1
        and not exists (
          select from address_certificate other join certificate c on c.fingerprint = other.fingerprint
           where other.address_id = mine.address_id and other.fingerprint <> $1
             and c.withdrawn_at is null and c.not_after > $2 and coalesce(c.type, 'both') <> 'pull-client')
      order by lane.id`,
    [fingerprint, now],
  );
  return rows;
}

/** @param probe milliseconds until its endpoint is looked at again */
export async function holdLane(db: Db, id: number, state: LaneState, detail: string, probe: number): Promise<void> {
  await db.query(
    `update lane set state = $2, reason = 'endpoint-certificate', detail = $3, since = clock_timestamp(),
            wake_at = clock_timestamp() + $4 * interval '1 millisecond' where id = $1`,
    [id, state, detail, probe],
  );
}

function fromRow(row: Row): RevocableCertificate {
  return {
    fingerprint: row.fingerprint,
    organisationNumber: row.organisation_number,
    subject: row.subject,
    serial: row.serial ?? undefined,
    withdrawnAt: row.withdrawn_at ?? undefined,
    revocationReason: row.revocation_reason ?? undefined,
  };
}
