/** Who sells and who buys, by Swedish organisation number. All numbers that one party states must be the same organisation's. */
import { type OrganisationNumber, parseOrganisationNumber } from '../../domain/organisation-number.ts';
import { type Placed, placedAt, placedChildren } from '../place.ts';
import { textAt } from '../xml.ts';
import { type Findings, report } from './values.ts';

interface Statement {
  readonly where: string;
  readonly number: OrganisationNumber;
}

export interface Parties {
  readonly seller: OrganisationNumber | undefined;
  readonly buyer: OrganisationNumber | undefined;
}

/** Findings PEPPOL-COMMON-R049, SE-R-001, UBL-ORG-*. `seller` and `buyer` are the Party elements. */
export function checkParties(findings: Findings, seller: Placed | undefined, buyer: Placed | undefined): Parties {
  const before = findings.length;
  const sellers = seller === undefined ? [] : statedBy(findings, seller);
  const unreadable = findings.length > before;
  const buyers = buyer === undefined ? [] : statedBy(findings, buyer);
  // A number that is there but wrong has its own finding.
  if (seller !== undefined && sellers.length === 0 && !unreadable) {
    const where = `${seller.where}/PartyLegalEntity/CompanyID`;
    report(findings, 'UBL-ORG-01', where, 'an organisation number (schemeID 0007)', undefined);
  }
  const own = new Set(sellers.map(({ number }) => number));
  const same = buyers.find(({ number }) => own.has(number));
  if (same) report(findings, 'UBL-ORG-03', same.where, 'another organisation than the seller', same.number);
  return { seller: theOne(sellers), buyer: theOne(buyers) };
}

function theOne([first, ...others]: readonly Statement[]): OrganisationNumber | undefined {
  return others.every(({ number }) => number === first?.number) ? first?.number : undefined;
}

function statedBy(findings: Findings, party: Placed): readonly Statement[] {
  const marked = [
    placedAt(party, 'cbc:EndpointID'),
    ...placedChildren(party, 'cac:PartyIdentification').map((one) => placedAt(one, 'cbc:ID')),
    placedAt(party, 'cac:PartyLegalEntity/cbc:CompanyID'),
  ].flatMap((placed) => (placed === undefined ? [] : statement(findings, placed)));
  const vat = placedChildren(party, 'cac:PartyTaxScheme').flatMap((scheme) => vatNumber(findings, scheme));
  const statements = [...marked, ...vat];
  const [first, ...others] = statements;
  for (const { number, where } of others) {
    if (number !== first?.number) report(findings, 'UBL-ORG-02', where, first?.number, number);
  }
  return statements;
}

/** An identifier of scheme 0007, or one without a scheme that can only be read as an organisation number. */
function statement(findings: Findings, { element, where }: Placed): Statement[] {
  const scheme = element.attributes.get('schemeID');
  const text = element.text.trim();
  if (scheme !== undefined && scheme !== '0007') return [];
  const number = /^\d{10}$/.test(text) || scheme === undefined ? parseOrganisationNumber(text) : undefined;
  if (number !== undefined) return [{ where, number }];
  if (scheme !== undefined && text !== '') {
    report(findings, 'PEPPOL-COMMON-R049', where, 'ten digits, the last a check digit', text);
  }
  return [];
}

/** Other tax schemes say things such as “Godkänd för F-skatt”. A VAT number of another country names no Swedish organisation. */
function vatNumber(findings: Findings, scheme: Placed): Statement[] {
  const company = placedAt(scheme, 'cbc:CompanyID');
  if (company === undefined || textAt(scheme.element, 'cac:TaxScheme/cbc:ID') !== 'VAT') return [];
  const text = company.element.text.trim();
  if (!text.startsWith('SE')) return [];
  const number = parseOrganisationNumber(text);
  if (number !== undefined) return [{ where: company.where, number }];
  report(findings, 'SE-R-001', company.where, 'SE + organisation number + 01', text);
  return [];
}
