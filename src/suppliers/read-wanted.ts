/** What a supplier file's form cannot say: numbers, URLs, certificates, and that every message has one way to go. */
import type { EnvelopeFormat, Environment, MessageType } from '../domain/message.ts';
import { type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
import { type RawCertificate, readAddressCertificates } from './read-certificates.ts';
import { checkNames, checkOwners, checkRouting } from './rules.ts';
import { readUrl, type WhyNoPush } from './url.ts';
import type {
  DeliveryMode,
  JudgedAddress,
  Language,
  Ordering,
  Report,
  WantedAddress,
  WantedSupplier,
} from './wanted.ts';

/** An address that keeps to the schema; null where it does not, and was taken out. */
interface RawAddress {
  readonly name?: string | null;
  readonly environment: Environment | null;
  readonly delivery: DeliveryMode | null;
  readonly url?: string | null;
  readonly certificates?: readonly (RawCertificate | null)[] | null;
  readonly messageTypes: readonly (MessageType | null)[] | null;
  readonly envelopeFormat?: EnvelopeFormat | null;
  readonly order?: Ordering | null;
  readonly concurrency?: number | null;
  readonly ratePerSecond?: number | null;
}

/** A supplier that keeps to the schema; null where it does not, and was taken out. */
export interface RawSupplier {
  readonly organisationNumber: string | null;
  readonly name: string | null;
  readonly language?: Language | null;
  readonly addresses: readonly (RawAddress | null)[] | null;
}

/** What reading needs. */
export interface Given {
  /** Certificates are judged by it. */
  readonly now: Date;
  /** The text of a certificate file, as the supplier file names it. */
  readonly readPem: (file: string) => string;
  /** What the gateway's settings have against an address; left out: nobody can say, and nothing is warned of. */
  readonly whyNoPush?: WhyNoPush | undefined;
}

/**
 * Judges all that is there. What is null has its finding already and gets no other.
 * @returns with the findings the suppliers that are whole: all of them, if there is no finding from the schema or from here.
 */
export function readWanted(
  raw: readonly { supplier: RawSupplier | null; where: string }[],
  given: Given,
): Report & { suppliers: WantedSupplier[] } {
  const report: Report = { findings: [], warnings: [] };
  const seen = new Set<OrganisationNumber>();
  const owners = new Map<string, OrganisationNumber>();
  const suppliers: WantedSupplier[] = [];
  for (const { supplier, where } of raw) {
    if (supplier === null) continue;
    const organisationNumber = readNumber(supplier.organisationNumber, where, seen, report);
    const addresses = (supplier.addresses ?? []).map((address, index) =>
      address === null
        ? undefined
        : readAddress(address, `${where}/addresses/${index}`, { ...given, organisationNumber }, report),
    );
    checkNames(addresses, where, report);
    checkRouting(addresses, where, report);
    if (organisationNumber === undefined) continue;
    checkOwners(organisationNumber, addresses, where, owners, report);
    if (supplier.name === null || !addresses.every(isWhole)) continue;
    suppliers.push({ organisationNumber, name: supplier.name, language: supplier.language ?? 'sv', addresses, where });
  }
  return { ...report, suppliers };
}

const isWhole = (address: JudgedAddress | undefined): address is WantedAddress =>
  address !== undefined && address.name !== null && address.environment !== null && address.delivery !== null;

function readNumber(
  text: string | null,
  where: string,
  seen: Set<OrganisationNumber>,
  report: Report,
): OrganisationNumber | undefined {
  if (text === null) return undefined;
  const place = `${where}/organisationNumber`;
  const number = parseOrganisationNumber(text);
  if (number === undefined)
    report.findings.push({
      where: place,
      rule: 'organisation-number',
      text: 'this is no organisation number: ten digits, of which the last is a check digit',
      found: text,
    });
  else if (seen.has(number))
    report.findings.push({
      where: place,
      rule: 'supplier-twice',
      text: 'the file names this supplier twice; put all its addresses in one entry',
      found: text,
    });
  else seen.add(number);
  return number;
}

function readAddress(
  raw: RawAddress,
  where: string,
  given: Given & { readonly organisationNumber: OrganisationNumber | undefined },
  report: Report,
): JudgedAddress {
  const ordering = raw.order ?? 'any';
  if (ordering === 'strict' && (raw.concurrency ?? 1) > 1)
    report.findings.push({
      where: `${where}/concurrency`,
      rule: 'strict-concurrency',
      text: 'a strict address sends one message at a time',
      expected: '1',
      found: String(raw.concurrency),
    });
  return {
    name: raw.name === undefined ? 'default' : raw.name,
    environment: raw.environment,
    delivery: raw.delivery,
    url: raw.url === null ? undefined : readUrl(raw.delivery, raw.url, `${where}/url`, given.whyNoPush, report),
    certificates: readAddressCertificates(raw, where, given, report),
    messageTypes: (raw.messageTypes ?? []).filter((type) => type !== null).sort(),
    envelopeFormat: raw.envelopeFormat ?? 'cloudevents',
    ordering,
    concurrency: raw.concurrency ?? 1,
    ratePerSecond: raw.ratePerSecond ?? undefined,
  };
}
