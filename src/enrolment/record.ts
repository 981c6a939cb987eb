/** The last step of the authority: what was signed becomes known, or nothing of it does. */
import type { FaultCode } from '../domain/fault.ts';
import type { Certificate } from '../pki/certificate.ts';
import { appendAudit } from '../store/audit.ts';
import { registerIssued } from '../store/enrol/certificates.ts';
import {
  type IntendedIssuance,
  lockIntended,
  type OpenIssuance,
  setIssued,
  setRefused,
} from '../store/enrol/intentions.ts';
import { insertLetter } from '../store/enrol/letters.ts';
import { setOrderFetched } from '../store/enrol/order-changes.ts';
import type { Db } from '../store/pool.ts';
import { probeSoon } from '../store/reroute.ts';
import { lockLanesOf, lockRecipients } from '../store/suppliers-change.ts';
import { notifyWake } from '../store/wake.ts';
import { readAskedFor } from './ask-facts.ts';
import { addressRetired, type Wanted } from './decide.ts';

/** Who decides, in the audit. */
export const actor = 'ca';

/** One certificate on its way. */
export interface Work {
  readonly issuance: IntendedIssuance;
  readonly wanted: Wanted;
  /** Somebody began it before, and left. */
  readonly resumed: boolean;
}

/**
 * All of it or nothing: the certificate in the register and at its addresses, the order fetched, the letter that says so, the issuance
 * issued, the audit.
 * Power lost before the commit: it is intended still, and finished with the same serial number. After it: the front reads it.
 */
export async function record(
  db: Db,
  work: Work,
  certificate: Certificate,
  at: Date,
): Promise<'issued' | 'refused' | 'somebody-else'> {
  const { issuance, wanted } = work;
  const { for: meant } = issuance;
  if (meant.kind === 'own') return recordOwn(db, work, certificate, at);
  // Recipient, lanes, issuance, order or certificate, audit: in the order of everyone else.
  await lockRecipients(db, [wanted.organisationNumber]);
  await lockLanesOf(db, [wanted.organisationNumber]);
  if (!(await lockIntended(db, issuance))) return 'somebody-else';
  const asked = await readAskedFor(db, { for: meant }, 'lock');
  if (asked.kind === 'renew' && asked.renewed.withdrawnAt !== undefined) {
    await refuseIntended(db, work, 'certificate-not-accepted', 'the certificate was withdrawn meanwhile', at);
    return 'refused';
  }
  if (asked.kind === 'enrol' && asked.order.address.retiredAt !== undefined) {
    await refuseIntended(db, work, 'order-not-open', addressRetired, at);
    return 'refused';
  }
  const addresses =
    asked.kind === 'enrol' ? [asked.order.addressId] : asked.renewed.addresses.map((address) => address.id);
  const { fingerprint, pem, subject } = certificate;
  const { intention, spkiSha256 } = issuance;
  await registerIssued(db, { ...wanted, fingerprint, pem, subject, spkiSha256, intention }, addresses, at);
  if (asked.kind === 'enrol') {
    await setOrderFetched(db, asked.order.id, fingerprint, at);
    // Whoever was given the codes learns that they were used, also when somebody else did.
    await insertLetter(db, { kind: 'certificate-issued', contactId: asked.order.contactId, fingerprint, at });
  }
  await setIssued(db, issuance.id, certificate, at);
  // A lane may be held because nothing that its endpoint has is registered.
  await notifyWake(db, await probeSoon(db, addresses));
  await appendAudit(db, {
    actor,
    action: work.resumed ? 'certificate.issue-resumed' : 'certificate.issue',
    subject: `supplier/${wanted.organisationNumber}/certificate/${fingerprint}`,
    reason: undefined,
    details: {
      ...askedDetails(issuance),
      ...intention,
      intendedAt: issuance.intendedAt,
      type: wanted.type,
      addresses,
    },
    at,
  });
  return 'issued';
}

/** Whoever asked for it writes down from when it is used (`registerOwn`). Power lost: as with any other. */
async function recordOwn(
  db: Db,
  { issuance, wanted, resumed }: Work,
  certificate: Certificate,
  at: Date,
): Promise<'issued' | 'somebody-else'> {
  if (!(await lockIntended(db, issuance))) return 'somebody-else';
  await setIssued(db, issuance.id, certificate, at);
  await appendAudit(db, {
    actor,
    action: resumed ? 'certificate.issue-resumed' : 'certificate.issue',
    subject: `own-certificate/${certificate.fingerprint}`,
    reason: undefined,
    details: {
      ...askedDetails(issuance),
      ...issuance.intention,
      intendedAt: issuance.intendedAt,
      dnsNames: wanted.dnsNames,
    },
    at,
  });
  return 'issued';
}

/** For who has locked it. */
export async function refuseIntended(db: Db, work: Work, fault: FaultCode, detail: string, at: Date): Promise<void> {
  const { issuance, wanted } = work;
  await setRefused(db, issuance.id, { fault, detail }, at);
  await appendAudit(db, {
    actor,
    action: 'certificate.refuse',
    subject: `issuance/${issuance.id}`,
    reason: undefined,
    details: {
      ...askedDetails(issuance),
      organisationNumber: wanted.organisationNumber,
      fault,
      detail,
      // Signed or not, it never left the house.
      intended: { ...issuance.intention },
    },
    at,
  });
}

/** For the audit. */
export function askedDetails({ id, for: asked, remoteAddress }: OpenIssuance): Readonly<Record<string, unknown>> {
  return {
    issuance: id,
    ...(asked.kind === 'own' && { purpose: asked.purpose }),
    ...(asked.kind === 'enrol' && { order: asked.orderId }),
    ...(asked.kind === 'renew' && { renews: asked.renews }),
    remoteAddress,
  };
}
