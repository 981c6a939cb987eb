/** Numbers run from 1 without a gap in the store, everyone says the same of a message, and a supplier's gaps are explained there. */
import { fetched, grouped } from '../evidence.ts';
import type { Breach, Claim } from './claim.ts';

export const gapless: Claim = ({ books, received, arrivals, collected, deliveriesOf, message, world }) => {
  const breaches: Breach[] = [];
  const byOrg = grouped(books.messages, ({ org }) => org);
  for (const { org, counter, purged } of books.recipients) {
    const there = new Set((byOrg.get(org) ?? []).map(({ sequence }) => sequence));
    const given = books.voids.filter((one) => one.org === org);
    const isVoid = (sequence: number): boolean =>
      given.some(({ first, last }) => first <= sequence && sequence <= last);
    for (const sequence of there)
      if (isVoid(sequence))
        breaches.push({ what: `${org} has a message with sequence ${sequence}, which was given up` });
    for (let sequence = purged + 1; sequence <= counter; sequence++)
      if (!there.has(sequence) && !isVoid(sequence))
        breaches.push({ what: `${org} has no message with sequence ${sequence}; the counter says ${counter}` });
    for (const { id, sequence } of byOrg.get(org) ?? [])
      if (sequence > counter)
        breaches.push({ what: `message ${id} has sequence ${sequence}; the counter of ${org} says ${counter}`, id });
  }
  for (const [org, rows] of byOrg)
    for (const [sequence, same] of grouped(rows, (row) => row.sequence))
      if (same.length > 1)
        breaches.push({ what: `${same.length} messages to ${org} have sequence ${sequence}`, id: same[0]?.id });
  const taken = new Map<string, string>();
  for (const { org, id, claims } of arrivals) {
    if (!claims) continue;
    const row = message.get(id);
    if (row && row.sequence !== claims.sequence)
      breaches.push({ what: `message ${id} says sequence ${claims.sequence}, the books ${row.sequence}`, id });
    const place = `${org} ${claims.sequence}`;
    const other = taken.get(place) ?? id;
    if (other !== id) breaches.push({ what: `${org} got ${other} and ${id} with sequence ${claims.sequence}`, id });
    taken.set(place, other);
  }
  // A gap at a supplier: what the books do not have as delivered explains itself there.
  const has = new Set([
    ...received.flatMap(({ id, kept }) => (kept ? [id] : [])),
    ...fetched(collected).map(({ id }) => id),
  ]);
  const owners = new Set(world.suppliers.map(({ org }) => org));
  for (const { id, org, sequence } of books.messages)
    if (owners.has(org) && !has.has(id) && (deliveriesOf.get(id) ?? []).some(({ state }) => state === 'delivered'))
      breaches.push({ what: `${org} misses sequence ${sequence}, and the books say that it was delivered`, id });
  return breaches;
};
