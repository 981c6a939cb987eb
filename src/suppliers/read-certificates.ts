/** The certificates of one address, as a supplier file gives them. Whether they are still in date the register decides. */
import { Fault } from '../domain/fault.ts';
import { type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
import { type Certificate, readCertificates } from '../pki/certificate.ts';
import { constraintsOf } from '../pki/constraints.ts';
import { judgeUsage } from '../pki/judge-peer.ts';
import type { DeliveryMode, Report } from './wanted.ts';

/** PEM text, or the file that holds it. */
export type RawCertificate = string | { readonly file: string | null };

/** How long before its end a certificate is worth a word. */
const soon = 30 * 86_400_000;

/**
 * @param raw null where the schema has found a mistake already
 * @param given whose they must be, `organisationNumber`; undefined: that could not be read
 */
export function readAddressCertificates(
  raw: { readonly delivery: DeliveryMode | null; readonly certificates?: readonly (RawCertificate | null)[] | null },
  where: string,
  given: {
    readonly now: Date;
    readonly readPem: (file: string) => string;
    readonly organisationNumber: OrganisationNumber | undefined;
  },
  report: Report,
): Certificate[] {
  const certificates: Certificate[] = [];
  const places: string[] = [];
  for (const [index, source] of (raw.certificates ?? []).entries()) {
    if (source === null) continue;
    const place = `${where}/certificates/${index}`;
    const certificate = readOne(source, place, given.readPem, report);
    if (certificate === undefined) continue;
    if (certificates.some(({ fingerprint }) => fingerprint === certificate.fingerprint)) {
      report.warnings.push({ where: place, rule: 'certificate-twice', text: 'the same certificate is listed above' });
      continue;
    }
    checkHolder(certificate, place, given.organisationNumber, report);
    warnOfDates(certificate, place, given.now, report);
    certificates.push(certificate);
    places.push(place);
  }
  if (raw.delivery !== null) checkUses(raw.delivery, certificates, places, report);
  if (raw.delivery !== null && (raw.certificates === undefined || raw.certificates?.length === 0))
    checkLacking(raw.delivery, `${where}/certificates`, report);
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
  const file = typeof source === 'string' ? undefined : source.file;
  if (file === null) return undefined;
  let found: Certificate[];
  try {
    found = file === undefined ? readCertificates(source as string) : readCertificates(readPem(file), file);
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
  try {
    constraintsOf(first.x509);
  } catch (error) {
    return refuse(`the certificate ${first.subject} cannot be read to its end: ${(error as Error).message}`);
  }
  return first;
}

/** A certificate without organizationIdentifier says nothing that could be compared: names of companies are not unique. */
function checkHolder(
  { subject, x509 }: Certificate,
  where: string,
  organisationNumber: OrganisationNumber | undefined,
  report: Report,
): void {
  const national = constraintsOf(x509).organisationIdentifiers.filter((identifier) => identifier.startsWith('NTRSE-'));
  const named = national.map((identifier) => parseOrganisationNumber(identifier.slice('NTRSE-'.length)));
  if (organisationNumber === undefined || named.length === 0 || named.includes(organisationNumber)) return;
  report.findings.push({
    where,
    rule: 'certificate-holder',
    text: `the certificate ${subject} is another organisation's: it names ${national.join(', ')}, and the supplier is ${organisationNumber}`,
  });
}

/** Of an address without certificates. It has to be there before one can be ordered for it. */
export function checkLacking(delivery: DeliveryMode, where: string, report: Report): void {
  const lacking = { where, rule: 'certificate-missing' };
  if (delivery === 'push')
    report.warnings.push({
      ...lacking,
      text: 'nothing is sent until its endpoint has a certificate: list it here, or order one with `kuvert certificate order`',
    });
  if (delivery === 'pull')
    report.warnings.push({ ...lacking, text: 'nobody can fetch from this address until it has a certificate' });
}

/**
 * What could never be used: without one for a TLS server delivery would hold the lane at the first handshake, without one for a
 * client nobody could fetch. Beside such a one the other kind may stand: what is pushed may be fetched too, by a program that
 * has a certificate of its own.
 * @param places of the certificates, for findings
 */
export function checkUses(
  delivery: DeliveryMode,
  certificates: readonly Certificate[],
  places: readonly string[],
  report: Report,
): void {
  if (delivery === 'manual') return;
  const [role, other] = delivery === 'push' ? (['server', 'client'] as const) : (['client', 'server'] as const);
  const served = certificates.some(({ x509 }) => judgeUsage(x509, role) === undefined);
  for (const [index, { x509 }] of certificates.entries()) {
    const misused = judgeUsage(x509, role);
    if (misused === undefined || (served && judgeUsage(x509, other) === undefined)) continue;
    report.findings.push({ where: places[index] ?? '', rule: 'certificate-usage', text: misused });
  }
}

function warnOfDates({ subject, notBefore, notAfter }: Certificate, where: string, now: Date, report: Report): void {
  const warn = (text: string) => report.warnings.push({ where, rule: 'certificate-dates', text });
  if (notBefore > now)
    warn(`${subject} is not valid before ${notBefore.toISOString()}; nothing is sent to it until then`);
  else if (notAfter > now && notAfter.getTime() - now.getTime() < soon)
    warn(`${subject} expires ${notAfter.toISOString()}; ask the supplier for the next one`);
}
