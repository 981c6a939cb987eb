/** Revocation: a certificate is of no use from this moment on, in every process; who has no other is not sent to. */
import { Fault } from '../domain/fault.ts';
import { nextLaneState } from '../domain/lane.ts';
import type { RevocationReason } from '../domain/revocation.ts';
import { appendAudit } from '../store/audit.ts';
import {
  type BereftLane,
  findCertificates,
  holdLane,
  lanesWithoutAnother,
  lockCertificate,
  type RevocableCertificate,
  readSuccessors,
  setRevoked,
} from '../store/enrol/revocations.ts';
import { insertLaneAnswer } from '../store/lane/answers.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { lockLanesOf, lockRecipients } from '../store/suppliers-change.ts';

export interface RevocationOrder {
  /** SHA-256 or serial number, in hex; colons and blanks do not count. */
  readonly named: string;
  readonly as: RevocationReason;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  /** Milliseconds until the endpoint of a lane that is held for this is looked at again. */
  readonly heldProbe: number;
  readonly rehearsal: boolean;
}

export interface Revoked {
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly subject: string;
  /** Undefined: another authority issued it; no list of ours names it. */
  readonly serial: string | undefined;
  readonly as: RevocationReason;
  readonly at: Date;
  /** Addresses that are not pushed to any more, for want of another certificate. */
  readonly held: readonly string[];
  /** SHA-256 of those in use that followed it, each renewed with the key of the one before: who had the key may have them. */
  readonly followed: readonly string[];
  readonly rehearsal: boolean;
}

/** @throws Fault `not-found` · `argument-invalid` when several have this serial number · `not-possible-now` when it is revoked already */
export async function revokeCertificate(pool: Pool, order: RevocationOrder): Promise<Revoked> {
  const { fingerprint, organisationNumber } = await findOne(pool, order.named);
  return operate(pool, order.rehearsal, async (db) => {
    // Recipient, lanes, certificate, audit: in the order of everyone else.
    await lockRecipients(db, [organisationNumber]);
    await lockLanesOf(db, [organisationNumber]);
    const certificate = await lockCertificate(db, fingerprint);
    if (certificate === undefined) throw noSuch(order.named);
    if (certificate.revocationReason !== undefined)
      throw new Fault(
        'not-possible-now',
        `the certificate ${fingerprint} is revoked already (${certificate.revocationReason}, at ${certificate.withdrawnAt?.toISOString()}), and stays so`,
      );
    // Power lost before the commit: it is not revoked, and nobody was told that it is. After it: the triggers have told every process.
    await setRevoked(db, fingerprint, order.as, order.now);
    const held = await holdBereft(db, certificate, order);
    const followed = await readSuccessors(db, fingerprint);
    await appendAudit(db, {
      actor: order.actor,
      action: 'certificate.revoke',
      subject: `supplier/${organisationNumber}/certificate/${fingerprint}`,
      reason: order.reason,
      details: { as: order.as, serial: certificate.serial, subject: certificate.subject, held, followed },
      at: order.now,
    });
    const { subject, serial } = certificate;
    const { as, now: at, rehearsal } = order;
    return { fingerprint, organisationNumber, subject, serial, as, at, held, followed, rehearsal };
  });
}

/** A push would find out by itself, and not before it has something to send. */
async function holdBereft(db: Db, { fingerprint }: RevocableCertificate, order: RevocationOrder): Promise<string[]> {
  const held: BereftLane[] = [];
  for (const lane of await lanesWithoutAnother(db, fingerprint, order.now)) {
    const next = nextLaneState(lane.state, 'turned-away');
    if (next === 'same' || next === 'conflict') continue;
    const detail = `the certificate ${fingerprint} was revoked (${order.as}), and the address has no other that its endpoint could show`;
    await holdLane(db, lane.id, next, detail, order.heldProbe);
    await insertLaneAnswer(db, lane.id);
    held.push(lane);
  }
  return held.map(({ address }) => address);
}

/** @throws Fault `not-found` · `argument-invalid` */
export async function findOne(db: Db, named: string): Promise<RevocableCertificate> {
  const hex = named.replaceAll(/[\s:]/g, '');
  const found = /^[0-9A-Fa-f]{1,64}$/.test(hex) ? await findCertificates(db, hex) : [];
  const [one, another] = found;
  if (one === undefined) throw noSuch(named);
  if (another !== undefined)
    throw new Fault(
      'argument-invalid',
      `several certificates have the serial number ${named}; name one by its SHA-256: ${found.map(({ fingerprint }) => fingerprint).join(', ')}`,
    );
  return one;
}

const noSuch = (named: string): Fault =>
  new Fault(
    'not-found',
    `there is no certificate ${named.slice(0, 100)} in the register (SHA-256 or serial number, in hex); see \`kuvert certificate list\``,
  );
