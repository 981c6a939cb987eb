/** Who sells and who buys. In self-billing the buyer writes the invoice and the seller receives it. */
import { type OrganisationNumber, parseOrganisationNumber } from '../../domain/organisation-number.ts';
import { type Placed, placedAt, placedChildren } from '../place.ts';
import { textAt } from '../xml.ts';
import { type Checks, report } from './values.ts';

interface Statement {
  readonly where: string;
  readonly number: OrganisationNumber;
}

export interface Parties {
  readonly seller: OrganisationNumber | undefined;
  readonly buyer: OrganisationNumber | undefined;
}

/** The organisation numbers of seller and buyer, of each if the document states exactly one. Findings SVE-ORG-*. */
export function checkParties(checks: Checks, invoice: Placed): Parties {
  const before = checks.findings.length;
  const seller = statedBy(checks, placedAt(invoice, 'cac:SellerParty/cac:Party'));
  const unreadable = checks.findings.length > before;
  const buyer = statedBy(checks, placedAt(invoice, 'cac:BuyerParty/cac:Party'));
  const [recipient] = seller;
  if (recipient === undefined) {
    const where = 'Invoice/SellerParty/Party/PartyTaxScheme/CompanyID';
    // A number that is there but wrong has its own finding.
    if (!unreadable) report(checks, 'SVE-ORG-01', where, 'an organisation number (TaxScheme/ID SWT)', undefined);
    return { seller: undefined, buyer: theOne(buyer) };
  }
  const own = new Set(seller.map(({ number }) => number));
  const same = buyer.find(({ number }) => own.has(number));
  if (same) report(checks, 'SVE-ORG-05', same.where, 'another organisation than the seller', same.number);
  return { seller: theOne(seller), buyer: theOne(buyer) };
}

function theOne([first, ...others]: readonly Statement[]): OrganisationNumber | undefined {
  return others.every(({ number }) => number === first?.number) ? first?.number : undefined;
}

function statedBy(checks: Checks, party: Placed | undefined): readonly Statement[] {
  if (party === undefined) return [];
  const statements = [...taxSchemes(checks, party), ...identifications(party)];
  const [first, ...others] = statements;
  for (const { number, where } of others) {
    if (number !== first?.number) report(checks, 'SVE-ORG-03', where, first?.number, number);
  }
  return statements;
}

function taxSchemes(checks: Checks, party: Placed): Statement[] {
  return placedChildren(party, 'cac:PartyTaxScheme').flatMap(({ element, where }) => {
    const scheme = textAt(element, 'cac:TaxScheme/cac:ID') ?? '';
    const text = textAt(element, 'cac:CompanyID') ?? '';
    const at = `${where}/CompanyID`;
    if (scheme !== 'SWT' && scheme !== 'VAT') {
      report(checks, 'SVE-ORG-04', `${where}/TaxScheme/ID`, 'SWT or VAT', scheme);
      return [];
    }
    const number = parseOrganisationNumber(text);
    if (number === undefined || (scheme === 'VAT') !== text.startsWith('SE')) {
      const expected = scheme === 'VAT' ? 'SE + organisation number + 01' : 'ten digits, the last a check digit';
      report(checks, 'SVE-ORG-02', at, expected, text);
      return [];
    }
    return [{ where: at, number }];
  });
}

/** A PartyIdentification counts when it says that it is an organisation number (scheme 0007) or, without any scheme, can only be read as one. */
function identifications(party: Placed): Statement[] {
  return placedChildren(party, 'cac:PartyIdentification').flatMap((identification) => {
    const id = placedAt(identification, 'cac:ID');
    if (id === undefined) return [];
    const { attributes, text } = id.element;
    const marked = attributes.get('identificationSchemeID') ?? attributes.get('identificationSchemeAgencyID');
    const number = marked === undefined || marked === '0007' ? parseOrganisationNumber(text) : undefined;
    return number === undefined ? [] : [{ where: id.where, number }];
  });
}
