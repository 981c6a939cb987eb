/** The authority's own end: long before it, what is issued is already shorter than it should be, and somebody should make the next one. */
import type { Certificate } from '../pki/certificate.ts';
import {
  authorityEnding,
  authorityEndingKind,
  closeIncident,
  listIncidents,
  openIncident,
} from '../store/enrol/incidents.ts';
import type { Pool } from '../store/pool.ts';

/**
 * Opens the incident of an authority below which no certificate lives its whole time any more, once, and closes those of others.
 * @param lifetime milliseconds that a certificate should live
 * @returns false when it lives long enough
 */
export async function tellOfEnd(
  pool: Pool,
  { fingerprint, subject, notAfter }: Pick<Certificate, 'fingerprint' | 'subject' | 'notAfter'>,
  lifetime: number,
  now: Date,
): Promise<boolean> {
  const key = authorityEnding(fingerprint);
  const ending = notAfter.getTime() - now.getTime() < lifetime;
  for (const one of await listIncidents(pool, { open: true }))
    if (one.kind === authorityEndingKind && !(ending && one.subject === key.subject))
      await closeIncident(pool, one, now);
  if (ending) await openIncident(pool, key, { subject, notAfter: notAfter.toISOString() }, now);
  return ending;
}
