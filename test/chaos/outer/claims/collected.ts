/** Who fetches is given what is theirs and nothing else, and only with a certificate that counts. */
import type { Evidence } from '../evidence.ts';
import type { At, CollectedLine } from '../lines.ts';
import type { Breach, Claim } from './claim.ts';
import { type Term, termsOf } from './identity.ts';

export const rightCollector: Claim = (evidence) => {
  const terms = termsOf(evidence);
  return evidence.collected.flatMap((line) => wrongWith(evidence, terms, line));
};

const taken = ['received', 'already-received'];

function wrongWith(evidence: Evidence, terms: ReadonlyMap<string, readonly Term[]>, line: At<CollectedLine>): Breach[] {
  if (line.event === 'receipting' || line.event === 'turned-away' || line.event === 'numbers') return [];
  if (line.event === 'receipted' && !taken.includes(line.result)) return [];
  const { id, org, identity, at, begun } = line;
  const what = { listed: 'told of', fetched: 'given', receipted: 'believed about' }[line.event];
  const said: string[] = [];
  const owner = evidence.message.get(id)?.org;
  if (owner === undefined) said.push(`${org} was ${what} ${id}, which is not in the books`);
  else if (owner !== org) said.push(`message ${id} is for ${owner}, and ${org} was ${what} it`);
  if (line.event === 'fetched') said.push(...named(evidence, line));
  // Whoever was looked up before a certificate was withdrawn may have the answer after it: when it asked is what counts.
  const own = terms.get(`${org} ${identity}`) ?? [];
  if (!own.some(({ from, to }) => from <= at && begun <= to))
    said.push(
      `${org} was ${what} message ${id} with the certificate ${identity.slice(0, 12)}…, which was not registered for it then`,
    );
  return said.map((text) => ({ what: text, id }));
}

function named({ world }: Evidence, { id, org, claims }: At<CollectedLine> & { readonly event: 'fetched' }): string[] {
  if (!claims) return [`what ${org} fetched as ${id} cannot be read`];
  return [
    ...(claims.recipient === org ? [] : [`what is signed for ${claims.recipient} was given to ${org}`]),
    ...(claims.environment === world.environment ? [] : [`an envelope of ${claims.environment} was given to ${org}`]),
  ];
}
