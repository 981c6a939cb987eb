/** One of our own certificates is withdrawn: on the next revocation list, marked for whoever asks, and its successor is used at once. */
import { Fault } from '../domain/fault.ts';
import { keyStayedOurs, type RevocationReason } from '../domain/revocation.ts';
import { isP256, jwkThumbprint } from '../envelope/keys.ts';
import { readCertificates } from '../pki/certificate.ts';
import { appendAudit } from '../store/audit.ts';
import {
  countSealedWith,
  lockOwn,
  setOwnWithdrawn,
  useNow,
  type WithdrawableOwn,
} from '../store/enrol/own-withdrawals.ts';
import { operate } from '../store/operate.ts';
import type { Pool } from '../store/pool.ts';
import { announce } from './announce.ts';

export interface WithdrawalOrder {
  /** SHA-256 in hex; colons and blanks do not count. */
  readonly named: string;
  readonly as: RevocationReason;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  readonly rehearsal: boolean;
}

export interface WithdrawnOwn {
  readonly fingerprint: string;
  readonly purpose: WithdrawableOwn['purpose'];
  readonly as: RevocationReason;
  readonly at: Date;
  /** A revocation list of ours will name it. */
  readonly listed: boolean;
  /** Used from now on in its place; undefined: it was not in use. */
  readonly successor: string | undefined;
  /** How many technical contacts are told of the successor's new time. */
  readonly letters: number | undefined;
  /** Of a signing key: what it signed can be verified still. */
  readonly verifies: boolean | undefined;
  /** Of a signing key: messages that it signed and that are not through yet. */
  readonly onTheirWay: number | undefined;
  readonly rehearsal: boolean;
}

/**
 * Power lost before the commit: nothing of it is so. After it: role `ca` makes the list at its next look, each role takes the
 * successor at its next, and the letters lie where the postman finds them.
 * @throws Fault `not-found` · `not-possible-now` when it is withdrawn already, or in use with nothing to follow it
 */
export async function withdrawOwn(pool: Pool, order: WithdrawalOrder): Promise<WithdrawnOwn> {
  const { as, now, rehearsal } = order;
  const fingerprint = order.named.replaceAll(/[\s:]/g, '').toLowerCase();
  return operate(pool, rehearsal, async (db) => {
    const all = await lockOwn(db, fingerprint);
    const one = all.find((other) => other.fingerprint === fingerprint);
    if (one === undefined)
      throw new Fault(
        'not-found',
        `there is no certificate ${order.named.slice(0, 100)} of our own on record (SHA-256 in hex); see \`kuvert own-certificate list\``,
      );
    if (one.withdrawnAt !== null)
      throw new Fault(
        'not-possible-now',
        `${fingerprint} was withdrawn at ${one.withdrawnAt.toISOString()}, and stays so`,
      );
    const successor = successorOf(one, all, now);
    await setOwnWithdrawn(db, fingerprint, as, now);
    if (successor !== undefined) await useNow(db, successor.fingerprint, now);
    const letters = successor && (await announce(db, successor.fingerprint, one.environment, now));
    const { purpose, serial, subject } = one;
    const onTheirWay = purpose === 'signing' ? await countSealedWith(db, thumbprintOf(one)) : undefined;
    await appendAudit(db, {
      actor: order.actor,
      action: 'own-certificate.withdraw',
      subject: `own-certificate/${fingerprint}`,
      reason: order.reason,
      details: { as, purpose, serial, subject, successor: successor?.fingerprint, onTheirWay },
      at: now,
    });
    return {
      fingerprint,
      purpose,
      as,
      at: now,
      listed: one.authority !== null,
      successor: successor?.fingerprint,
      letters,
      verifies: purpose === 'signing' ? keyStayedOurs(as) : undefined,
      onTheirWay,
      rehearsal,
    };
  });
}

/** @returns undefined: another is in use already */
function successorOf(one: WithdrawableOwn, all: readonly WithdrawableOwn[], now: Date): WithdrawableOwn | undefined {
  const usable = all
    .filter(({ withdrawnAt, notAfter }) => withdrawnAt === null && notAfter > now)
    .sort((a, b) => b.useFrom.getTime() - a.useFrom.getTime());
  const inUse = usable.find(({ useFrom }) => useFrom <= now);
  if (inUse?.fingerprint !== one.fingerprint) return undefined;
  const coming = usable.findLast(({ useFrom }) => useFrom > now);
  if (coming !== undefined) return coming;
  const { purpose, fingerprint } = one;
  throw new Fault(
    'not-possible-now',
    `${fingerprint} is the ${purpose} certificate in use, and there is none to follow it. First \`kuvert own-certificate renew ${purpose} --reason …\`, then this again: the new one is used at once`,
  );
}

function thumbprintOf({ pem }: WithdrawableOwn): string {
  const key = readCertificates(pem, 'a certificate on record')[0]?.x509.publicKey;
  return key !== undefined && isP256(key) ? jwkThumbprint(key) : '';
}
