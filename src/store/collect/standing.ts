/** How it stands with a supplier, for the supplier itself. */
import type { EnvelopeFormat, Environment, MessageType } from '../../domain/message.ts';
import type { AttemptRow } from '../messages.ts';
import { type NullsOf, withoutNulls } from '../nulls.ts';
import type { Db, Pool } from '../pool.ts';
import type { LaneOverview } from '../supplier-lanes.ts';
import type { Mailbox } from './box.ts';

/** More than this many are not counted: a full mailbox must not make its owner's question expensive. */
export const mostCounted = 10_000;

/** The newest attempts that are told of; beside them, those that refused the newest messages that are refused now. */
const mostAttempts = 20;

/** Of the newest at an address, whoever's they are, so many are looked at. */
const mostLookedAt = 500;

type Lane = Pick<LaneOverview, 'state' | 'reason' | 'detail' | 'since' | 'nextWake'>;

export interface OwnAddress {
  readonly id: number;
  readonly name: string;
  readonly delivery: 'push' | 'pull' | 'manual';
  readonly url: string | undefined;
  readonly envelopeFormat: EnvelopeFormat;
  readonly messageTypes: readonly MessageType[];
  readonly lane: Lane;
  /** On their way, those that are being pushed too. Each count is `mostCounted` at most. */
  readonly waiting: number;
  readonly held: number;
  readonly refused: number;
  /** When the oldest of those that wait was accepted. */
  readonly oldestWaiting: Date | undefined;
}

export interface OwnCertificate {
  readonly fingerprint: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly withdrawnAt: Date | undefined;
  /** When the endpoint first showed it to us. */
  readonly firstShownAt: Date | undefined;
}

export interface OwnAttempt extends AttemptRow {
  readonly messageId: string;
  readonly address: string;
}

export interface Own {
  readonly name: string;
  /** All of the organisation's addresses in use; for an agent those at which it acts. */
  readonly addresses: readonly OwnAddress[];
  /** All of the organisation's, newest last day first; an agent's are its own. */
  readonly certificates: readonly OwnCertificate[];
  /** Newest first: the last pushes to the mailbox's own addresses that did not succeed, and those that refused what is refused now. */
  readonly attempts: readonly OwnAttempt[];
}

/**
 * One consistent picture: what is counted and tried is the box's organisation's.
 * @param holder whose the certificates are; left out: the box's organisation
 */
export function readOwn(
  pool: Pool,
  box: Mailbox,
  environment: Environment,
  holder: string = box.organisationNumber,
): Promise<Own> {
  return pool.transaction(async (db) => {
    await db.query('set transaction isolation level repeatable read, read only');
    const { rows } = await db.query<{ name: string }>('select name from supplier where organisation_number = $1', [
      box.organisationNumber,
    ]);
    return {
      name: rows[0]?.name ?? '',
      addresses: await readAddresses(db, box, environment),
      certificates: await readCertificates(db, holder),
      attempts: await readAttempts(db, box),
    };
  });
}

type AddressRow = Omit<OwnAddress, 'lane'> & Lane;

const states = ['waiting', 'sending', 'held', 'refused'] as const;

async function readAddresses(db: Db, box: Mailbox, environment: Environment): Promise<OwnAddress[]> {
  const { organisationNumber, addresses, agent } = box;
  // No literals where it is a principal's: else PostgreSQL may choose to read all that waits in the lane, whoever's it is.
  const of = (state: (typeof states)[number]): string =>
    agent === true
      ? `lane_id = a.id and principal = $1 and state in ('waiting', 'sending', 'held', 'refused') and state = $${states.indexOf(state) + 5}`
      : `lane_id = a.id and principal is null ${state === 'waiting' || state === 'sending' ? '' : "and state in ('held', 'refused')"} and state = '${state}'`;
  const counted = (state: (typeof states)[number]): string =>
    `(select count(*) from (select 1 from delivery where ${of(state)} limit $3) c)`;
  const { rows } = await db.query<NullsOf<AddressRow>>(
    `select a.id, a.name, a.delivery, a.url, a.envelope_format as "envelopeFormat", a.message_types as "messageTypes",
            l.state, l.reason, l.detail, l.since, l.wake_at as "nextWake",
            ${counted('waiting')} + ${counted('sending')} as waiting, ${counted('held')} as held, ${counted('refused')} as refused,
            (select m.accepted_at from message m where m.number = (
              select message_number from delivery where ${of('waiting')} order by message_number limit 1)) as "oldestWaiting"
       from address a join lane l on l.id = a.id
      where ${agent === true ? 'a.id = any($4)' : 'a.organisation_number = $1'} and a.environment = $2 and a.retired_at is null order by a.name`,
    [organisationNumber, environment, mostCounted, ...(agent === true ? [addresses, ...states] : [])],
  );
  return rows.map((row) => {
    const { state, reason, detail, since, nextWake, waiting, ...address } = withoutNulls<AddressRow>(row);
    const lane = { state, reason, detail, since, nextWake };
    return { ...address, lane, waiting: Math.min(waiting, mostCounted) };
  });
}

async function readCertificates(db: Db, organisationNumber: string): Promise<OwnCertificate[]> {
  const { rows } = await db.query<NullsOf<OwnCertificate>>(
    `select c.fingerprint, c.subject, c.not_before as "notBefore", c.not_after as "notAfter", c.withdrawn_at as "withdrawnAt",
            (select min(l.first_shown_at) from address a join address_certificate l on l.address_id = a.id
              where a.organisation_number = c.organisation_number and l.fingerprint = c.fingerprint) as "firstShownAt"
       from certificate c where c.organisation_number = $1 order by c.not_after desc, c.fingerprint`,
    [organisationNumber],
  );
  return rows.map(withoutNulls<OwnCertificate>);
}

/**
 * Which tries, and only then what they met. Why a message is refused must not be lost behind newer failures of others, so
 * each that is refused now keeps its try; one that is among the newest too is told once. At an agent's address those of the
 * organisation are picked out of the newest of all.
 */
async function readAttempts(db: Db, { addresses, organisationNumber }: Mailbox): Promise<OwnAttempt[]> {
  const { rows } = await db.query<NullsOf<OwnAttempt>>(
    `with newest as (
       select t.delivery_id, t.number
         from unnest($1::bigint[]) as box (lane)
        cross join lateral (
          select n.delivery_id, n.number, n.finished_at
            from (select delivery_id, number, finished_at from attempt
                   where lane_id = box.lane and outcome is not null and outcome <> 'delivered'
                   order by finished_at desc limit $4) n
           where (select m.organisation_number from delivery d join message m on m.id = d.message_id
                   where d.id = n.delivery_id limit 1) = $3
           order by n.finished_at desc limit $2) t
        order by t.finished_at desc limit $2),
     refused as (
       select d.id
         from unnest($1::bigint[]) as box (lane)
        cross join lateral (
          select id, message_number from delivery
           where lane_id = box.lane and state in ('held', 'refused') and state = 'refused' and current
             and (select m.organisation_number from message m where m.id = message_id limit 1) = $3
           order by message_number desc limit $2) d
        order by d.message_number desc limit $2),
     refusing as (
       select t.delivery_id, t.number
         from refused
        cross join lateral (
          select delivery_id, number from attempt
           where delivery_id = refused.id and outcome = 'refused' order by number desc limit 1) t)
     select d.message_id as "messageId", a.name as address, t.delivery_id as "deliveryId", t.number, t.started_at as "startedAt",
            t.finished_at as "finishedAt", t.outcome, t.fault, t.detail, t.status, t.excerpt, t.tls_version as "tlsVersion", t.cipher,
            t.peer_fingerprint as "peerFingerprint", t.connect_ms as "connectMs", t.tls_ms as "tlsMs",
            t.first_byte_ms as "firstByteMs", t.total_ms as "totalMs", t.remote_address as "remoteAddress"
       from (select * from newest union select * from refusing) told
       join attempt t using (delivery_id, number) join delivery d on d.id = t.delivery_id join address a on a.id = t.lane_id
      order by t.finished_at desc`,
    [addresses, mostAttempts, organisationNumber, mostLookedAt],
  );
  return rows.map(withoutNulls<OwnAttempt>);
}
