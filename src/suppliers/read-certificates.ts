/** The certificates of one address, as a supplier file gives them. Whether they are still in date the register decides. */
import { Fault } from '../domain/fault.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import type { DeliveryMode, Report } from './wanted.ts';

/** PEM text, or the file that holds it. */
export type RawCertificate = string | { readonly file: string };

/** How long before its end a certificate is worth a word. */
const soon = 30 * 86_400_000;

export function readAddressCertificates(
  raw: { readonly delivery: DeliveryMode; readonly certificates?: readonly RawCertificate[] },
  where: string,
  given: { readonly now: Date; readonly readPem: (file: string) => string },
  report: Report,
): Certificate[] {
  const certificates: Certificate[] = [];
  for (const [index, source] of (raw.certificates ?? []).entries()) {
    const place = `${where}/certificates/${index}`;
    const certificate = readOne(source, place, given.readPem, report);
    if (certificate === undefined) continue;
    if (certificates.some(({ fingerprint }) => fingerprint === certificate.fingerprint)) {
      report.warnings.push({ where: place, rule: 'certificate-twice', text: 'the same certificate is listed above' });
      continue;
    }
    warnOfDates(certificate, place, given.now, report);
    certificates.push(certificate);
  }
  if (raw.certificates === undefined || raw.certificates.length === 0) {
    const lacking = { where: `${where}/certificates`, rule: 'certificate-missing' };
    if (raw.delivery === 'push')
      report.findings.push({
        ...lacking,
        text: "delivery push needs the endpoint's certificate: nothing is sent to an endpoint that does not show it",
      });
    if (raw.delivery === 'pull')
      report.warnings.push({ ...lacking, text: 'nobody can fetch from this address until it has a certificate' });
  }
  return certificates;
}

function readOne(
  source: RawCertificate,
  where: string,
  readPem: (file: string) => string,
  report: Report,
): Certificate | undefined {
  const refuse = (text: string): undefined => {
    report.findings.push({ where, rule: 'certificate', text });
  };
  let found: Certificate[];
  try {
    found = typeof source === 'string' ? readCertificates(source) : readCertificates(readPem(source.file), source.file);
  } catch (error) {
    if (error instanceof Fault) return refuse(error.message);
    throw error;
  }
  const own = found.filter(({ isAuthority }) => !isAuthority);
  const [first, second] = own;
  if (first === undefined)
    return refuse(
      `${found[0]?.subject ?? 'it'} is an authority's certificate; the endpoint's own is needed, or any that the authority issues would do`,
    );
  if (second !== undefined)
    return refuse(`it holds ${own.length} certificates (${first.subject}; ${second.subject}); list each by itself`);
  return first;
}

function warnOfDates({ subject, notBefore, notAfter }: Certificate, where: string, now: Date, report: Report): void {
  const warn = (text: string) => report.warnings.push({ where, rule: 'certificate-dates', text });
  if (notBefore > now)
    warn(`${subject} is not valid before ${notBefore.toISOString()}; nothing is sent to it until then`);
  else if (notAfter > now && notAfter.getTime() - now.getTime() < soon)
    warn(`${subject} expires ${notAfter.toISOString()}; ask the supplier for the next one`);
}
