/** What a supplier file's form cannot say: numbers, URLs, certificates, and that every message has one way to go. */
import type { Environment, MessageType } from '../domain/message.ts';
import { type OrganisationNumber, parseOrganisationNumber } from '../domain/organisation-number.ts';
import { type RawCertificate, readAddressCertificates } from './read-certificates.ts';
import { judgeUrl } from './url.ts';
import type { DeliveryMode, Language, Ordering, Report, WantedAddress, WantedSupplier } from './wanted.ts';

interface RawAddress {
  readonly name?: string;
  readonly environment: Environment;
  readonly delivery: DeliveryMode;
  readonly url?: string;
  readonly certificates?: readonly RawCertificate[];
  readonly messageTypes: readonly MessageType[];
  readonly order?: Ordering;
  readonly concurrency?: number;
  readonly ratePerSecond?: number;
}

/** A supplier that keeps to the schema. */
export interface RawSupplier {
  readonly organisationNumber: string;
  readonly name: string;
  readonly language?: Language;
  readonly addresses: readonly RawAddress[];
}

interface Given {
  readonly now: Date;
  readonly readPem: (file: string) => string;
}

export function readWanted(
  raw: readonly { supplier: RawSupplier; where: string }[],
  given: Given,
): Report & { suppliers: WantedSupplier[] } {
  const report: Report = { findings: [], warnings: [] };
  const owners = new Map<string, OrganisationNumber>();
  const suppliers: WantedSupplier[] = [];
  for (const { supplier, where } of raw) {
    const organisationNumber = parseOrganisationNumber(supplier.organisationNumber);
    if (organisationNumber === undefined)
      report.findings.push({
        where: `${where}/organisationNumber`,
        rule: 'organisation-number',
        text: 'this is no organisation number: ten digits, of which the last is a check digit',
        found: supplier.organisationNumber,
      });
    if (suppliers.some((other) => other.organisationNumber === organisationNumber))
      report.findings.push({
        where: `${where}/organisationNumber`,
        rule: 'supplier-twice',
        text: 'the file names this supplier twice; put all its addresses in one entry',
        found: supplier.organisationNumber,
      });
    const addresses = supplier.addresses.map((address, index) =>
      readAddress(address, `${where}/addresses/${index}`, given, report),
    );
    checkNames(addresses, where, report);
    checkRouting(addresses, where, report);
    if (organisationNumber === undefined) continue;
    checkOwners(organisationNumber, addresses, where, owners, report);
    suppliers.push({
      organisationNumber,
      name: supplier.name,
      language: supplier.language ?? 'sv',
      addresses,
      where,
    });
  }
  return { ...report, suppliers };
}

function readAddress(raw: RawAddress, where: string, given: Given, report: Report): WantedAddress {
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
    name: raw.name ?? 'default',
    environment: raw.environment,
    delivery: raw.delivery,
    url: readUrl(raw, where, report),
    certificates: readAddressCertificates(raw, where, given, report),
    messageTypes: [...raw.messageTypes].sort(),
    envelopeFormat: 'cloudevents',
    ordering,
    concurrency: raw.concurrency ?? 1,
    ratePerSecond: raw.ratePerSecond,
  };
}

function readUrl({ delivery, url }: RawAddress, where: string, report: Report): string | undefined {
  const place = `${where}/url`;
  if (delivery !== 'push') {
    if (url !== undefined)
      report.findings.push({
        where: place,
        rule: 'url-unused',
        text: `with delivery ${delivery} nothing is sent to a URL; leave it out, or make delivery push`,
      });
    return undefined;
  }
  if (url === undefined) {
    report.findings.push({ where: place, rule: 'url-missing', text: 'delivery push needs a URL to push to' });
    return undefined;
  }
  const judged = judgeUrl(url);
  if (!judged.ok) report.findings.push({ where: place, rule: judged.rule, text: judged.text });
  else if (judged.warning !== undefined)
    report.warnings.push({ where: place, rule: 'url-private', text: judged.warning });
  return judged.ok ? judged.url : undefined;
}

function checkNames(addresses: readonly WantedAddress[], where: string, report: Report): void {
  for (const [index, address] of addresses.entries()) {
    const first = addresses.findIndex((other) => other.name === address.name);
    if (first < index)
      report.findings.push({
        where: `${where}/addresses/${index}/name`,
        rule: 'name-twice',
        text: `/addresses/${first} of this supplier has the same name; give each address its own`,
        found: address.name,
      });
  }
}

/** A message must have one way to go: which of two addresses it took would be chance. */
function checkRouting(addresses: readonly WantedAddress[], where: string, report: Report): void {
  for (const [index, address] of addresses.entries())
    for (const messageType of address.messageTypes) {
      const first = addresses.findIndex(
        (other) => other.environment === address.environment && other.messageTypes.includes(messageType),
      );
      if (first < index)
        report.findings.push({
          where: `${where}/addresses/${index}/messageTypes`,
          rule: 'routing-ambiguous',
          text: `${messageType} in ${address.environment} goes to address ${addresses[first]?.name ?? ''} already; only one address may take it`,
        });
    }
}

function checkOwners(
  organisationNumber: OrganisationNumber,
  addresses: readonly WantedAddress[],
  where: string,
  owners: Map<string, OrganisationNumber>,
  report: Report,
): void {
  for (const [index, { certificates }] of addresses.entries())
    for (const { fingerprint, subject } of certificates) {
      const owner = owners.get(fingerprint) ?? organisationNumber;
      owners.set(fingerprint, owner);
      if (owner !== organisationNumber)
        report.findings.push({
          where: `${where}/addresses/${index}/certificates`,
          rule: 'certificate-owner',
          text: `the certificate ${subject} (SHA-256 ${fingerprint}) stands under ${owner} in this file too; a certificate belongs to one organisation`,
        });
    }
}
