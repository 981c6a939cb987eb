/** What the addresses of a file have to do with each other. Addresses that could not be read are undefined. */
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import type { JudgedAddress, Report } from './wanted.ts';

type Addresses = readonly (JudgedAddress | undefined)[];

export function checkNames(addresses: Addresses, where: string, report: Report): void {
  for (const [index, address] of addresses.entries()) {
    if (address === undefined || address.name === null) continue;
    const first = addresses.findIndex((other) => other?.name === address.name);
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
export function checkRouting(addresses: Addresses, where: string, report: Report): void {
  for (const [index, address] of addresses.entries()) {
    if (address === undefined || address.environment === null) continue;
    for (const messageType of address.messageTypes) {
      const first = addresses.findIndex(
        (other) => other?.environment === address.environment && other.messageTypes.includes(messageType),
      );
      if (first < index)
        report.findings.push({
          where: `${where}/addresses/${index}/messageTypes`,
          rule: 'routing-ambiguous',
          text: `${messageType} in ${address.environment} goes to address ${addresses[first]?.name ?? `/addresses/${first}`} already; only one address may take it`,
        });
    }
  }
}

/** @param owners of certificates, by fingerprint, in what was read of the file so far; added to. */
export function checkOwners(
  organisationNumber: OrganisationNumber,
  addresses: Addresses,
  where: string,
  owners: Map<string, OrganisationNumber>,
  report: Report,
): void {
  for (const [index, address] of addresses.entries())
    for (const { fingerprint, subject } of address?.certificates ?? []) {
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
