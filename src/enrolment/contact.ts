/** Who answers for a certificate may change while it is in use; the old contact and the new one are told. */
import { Fault, type Finding } from '../domain/fault.ts';
import { appendAudit } from '../store/audit.ts';
import {
  type Contact,
  keepContact,
  lockCertificateContact,
  maskContact,
  readContact,
  setCertificateContact,
} from '../store/enrol/contacts.ts';
import { closeIncident, contactUnreachable } from '../store/enrol/incidents.ts';
import { insertLetter } from '../store/enrol/letters.ts';
import { forwardNotices } from '../store/enrol/notices.ts';
import { operate } from '../store/operate.ts';
import type { Db, Pool } from '../store/pool.ts';
import { readNamed } from './named.ts';
import { type Act, orderInvalid } from './place.ts';
import { readWantedContact, type WantedContact } from './read-wanted.ts';
import { whyNotOpen } from './standing.ts';

export interface ContactChanged {
  readonly fingerprint: string;
  readonly organisationNumber: string;
  readonly before: Contact | undefined;
  readonly after: Contact;
  readonly rehearsal: boolean;
}

/**
 * Another person answers for a certificate, or the same one by another telephone or mail address; both are told.
 * @param named a certificate's SHA-256, or the TransferID of the order that it came from
 * @throws Fault `not-found` · `not-possible-now` (not fetched yet, withdrawn, ended, or nothing would change) · `order-invalid`
 */
export async function changeContact(
  pool: Pool,
  { named, contact }: { readonly named: string; readonly contact: Partial<WantedContact> },
  act: Act,
): Promise<ContactChanged> {
  return operate(pool, act.rehearsal, async (db) => {
    const fingerprint = await certificateNamed(db, named, act.now);
    const certificate = await lockCertificateContact(db, fingerprint);
    if (certificate === undefined)
      throw new Fault('not-found', `there is no certificate ${fingerprint}; see \`kuvert certificate orders\``);
    if (certificate.withdrawnAt !== undefined || certificate.notAfter <= act.now)
      throw new Fault(
        'not-possible-now',
        `the certificate ${fingerprint} is withdrawn or has ended; nobody needs to answer for it`,
      );
    const { organisationNumber, contactId } = certificate;
    const before = contactId === undefined ? undefined : await readContact(db, contactId);
    const fields = wantedFrom(before, contact);
    const id = await keepContact(db, organisationNumber, fields);
    const after = { id, organisationNumber, ...fields };
    if (id === before?.id) throw new Fault('not-possible-now', 'that is the contact as it is; nothing was changed');
    await setCertificateContact(db, fingerprint, id);
    await forwardNotices(db, fingerprint, id);
    if (before !== undefined) {
      await insertLetter(db, { kind: 'contact-old', contactId: before.id, fingerprint, at: act.now });
      await closeIncident(db, contactUnreachable(before.id), act.now);
    }
    await insertLetter(db, { kind: 'contact-new', contactId: id, fingerprint, at: act.now });
    await appendAudit(db, {
      actor: act.actor,
      action: 'certificate.contact',
      subject: `supplier/${organisationNumber}/certificate/${fingerprint}`,
      reason: act.reason,
      details: { before: before && maskContact(before), after: maskContact(after) },
      at: act.now,
    });
    return { fingerprint, organisationNumber, before, after, rehearsal: act.rehearsal };
  });
}

async function certificateNamed(db: Db, named: string, now: Date): Promise<string> {
  const fingerprint = named.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(fingerprint)) return fingerprint;
  const order = await readNamed(db, named);
  if (order.fingerprint !== undefined) return order.fingerprint;
  const open = whyNotOpen(order, now);
  throw new Fault(
    'not-possible-now',
    open ??
      `nobody has fetched the certificate of the order ${order.transferId} yet; \`kuvert certificate reorder ${order.transferId}\` takes another contact, with new codes`,
  );
}

function wantedFrom(before: Contact | undefined, contact: Partial<WantedContact>) {
  const findings: Finding[] = [];
  const { name, email, phone, language = 'sv' } = { ...before, ...contact };
  for (const [option, value] of Object.entries({ name, email, phone }))
    if (value === undefined)
      findings.push({
        where: option,
        rule: 'required',
        text: `the certificate has no contact yet: --${option} must be given`,
      });
  const fields = readWantedContact(
    { name: name ?? '-', email: email ?? 'a@b.se', phone: phone ?? '+46700000000', language },
    findings,
  );
  if (findings.length > 0) throw orderInvalid(findings);
  return fields;
}
