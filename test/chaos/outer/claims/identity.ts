/** Nothing went to a wrong identity: who is named in what was signed owns the listener, and the listener showed a certificate of theirs. */
import type { Evidence } from '../evidence.ts';
import type { At, ReceivedLine } from '../lines.ts';
import type { Claim } from './claim.ts';

/** A certificate counts as an organisation's from `from` until `to`. */
export interface Term {
  readonly from: number;
  readonly to: number;
}

export const rightIdentity: Claim = (evidence) => {
  const terms = termsOf(evidence);
  return evidence.received.flatMap((line) =>
    [...claimed(evidence, line), ...shown(evidence, terms, line)].map((what) => ({ what, id: line.id })),
  );
};

function claimed({ world, message }: Evidence, { org, lane, id, claims, whole }: ReceivedLine): string[] {
  const row = message.get(id);
  const said: string[] = [];
  // What was begun is enough: the first byte was one too many.
  if (row && row.org !== org) said.push(`message ${id} is for ${row.org} and came to ${org}`);
  if (!claims) return whole ? [...said, `what came to ${org} cannot be read`] : said;
  if (claims.recipient !== org) said.push(`what is signed for ${claims.recipient} came to ${org}`);
  if (claims.environment !== world.environment) said.push(`an envelope of ${claims.environment} came to ${org}`);
  if (claims.sender !== undefined && claims.sender !== world.sender)
    said.push(`an envelope of ${claims.sender} came to ${org}`);
  const own = world.suppliers.filter((one) => one.org === org && (one.lane ?? 'main') === lane);
  if (own.length === 0) said.push(`nobody ${org} listens at ${lane}`);
  return said;
}

function shown(evidence: Evidence, terms: ReadonlyMap<string, readonly Term[]>, line: At<ReceivedLine>): string[] {
  const { org, id, identity, attempt, at } = line;
  const own = terms.get(`${org} ${identity}`) ?? [];
  // Whoever was claimed before a certificate was withdrawn may still arrive after it: when the claim was made is on record.
  const claimedAt = (evidence.attemptsOf.get(id) ?? [])
    .filter((one) => one.number === attempt && one.at <= at)
    .reduce((latest, one) => Math.max(latest, one.at), Number.NEGATIVE_INFINITY);
  const begun = Number.isFinite(claimedAt) ? claimedAt : at;
  if (own.some(({ from, to }) => from <= at && begun <= to)) return [];
  const short = identity.slice(0, 12);
  return [`message ${id} came to ${org} on a connection that showed ${short}…, which was not registered for it then`];
}

/** From the register's own journal where there is one; else what the register says in the end. */
export function termsOf({ register, books }: Evidence): Map<string, Term[]> {
  const terms = new Map<string, Term[]>();
  const name = (org: string, fingerprint: string): string => `${org} ${fingerprint}`;
  const told = new Set(register.map(({ org, fingerprint }) => name(org, fingerprint)));
  for (const { org, fingerprint, at, withdrawn } of books.certificates) {
    // Withdrawn and taken back, the register has forgotten when: the journal knows.
    if (told.has(name(org, fingerprint))) continue;
    terms.set(name(org, fingerprint), [{ from: at, to: withdrawn ?? Number.POSITIVE_INFINITY }]);
  }
  for (const { org, fingerprint, event, at } of register) {
    const own = terms.get(name(org, fingerprint)) ?? [];
    const last = own.at(-1);
    if (event === 'registered') own.push({ from: at, to: Number.POSITIVE_INFINITY });
    else if (event !== 'withdrawn') continue;
    // It was there before anybody wrote.
    else if (!last) own.push({ from: Number.NEGATIVE_INFINITY, to: at });
    else own[own.length - 1] = { from: last.from, to: at };
    terms.set(name(org, fingerprint), own);
  }
  return terms;
}
