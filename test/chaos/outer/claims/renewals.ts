/** Whoever renews gets one certificate for the key, however often it asks, and none for another key. */
import { type Evidence, grouped } from '../evidence.ts';
import type { Breach, Claim } from './claim.ts';

export const renewedOnce: Claim = (evidence) => [...asked(evidence), ...inTheBooks(evidence)];

const short = (fingerprint: string): string => `${fingerprint.slice(0, 12)}…`;

function asked({ enrolled, books }: Evidence): Breach[] {
  return [...grouped(enrolled, ({ key }) => key)].flatMap(([key, lines]): Breach[] => {
    const [{ org, renews, wants }] = lines as [(typeof lines)[number]];
    const known = books.certificates.filter((one) => one.key === key);
    const issued = lines.flatMap((line) => (line.event === 'issued' ? [line] : []));
    const who = `${org}, which renewed ${short(renews)},`;
    if (wants === 'another')
      return known.length + issued.length > 0 ? [{ what: `${who} got a certificate for a second key` }] : [];
    const [one] = known;
    if (one === undefined || known.length > 1)
      return [{ what: `${who} has ${known.length} certificates in the books for its key ${short(key)}` }];
    const found: string[] = [];
    if (one.org !== org || one.renews !== renews)
      found.push(`${who} has one in the books that is ${one.org}'s and renews ${one.renews ?? 'nothing'}`);
    for (const { fingerprint, holds } of issued) {
      if (fingerprint !== one.fingerprint)
        found.push(`${who} was given ${short(fingerprint)}, and the books have ${short(one.fingerprint)}`);
      if (holds !== key) found.push(`${who} was given ${short(fingerprint)}, which is for another key`);
    }
    return found.map((what) => ({ what }));
  });
}

function inTheBooks({ books }: Evidence): Breach[] {
  const doubled = (column: 'key' | 'renews', says: string): Breach[] =>
    [...grouped(books.certificates, (one) => one[column])].flatMap(([value, rows]) =>
      value !== null && rows.length > 1 ? [{ what: `${rows.length} certificates ${says} ${short(value)}` }] : [],
    );
  return [...doubled('key', 'are for the key'), ...doubled('renews', 'are in the place of')];
}
