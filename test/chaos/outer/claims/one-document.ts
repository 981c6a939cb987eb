/** An id is one document in one envelope, signed, and it is the document that KA sent; and no document comes under two ids. */
import { grouped } from '../evidence.ts';
import { keyOf } from '../world.ts';
import type { Breach, Claim } from './claim.ts';

export const oneDocument: Claim = ({ arrivals: whole, sent, books, message }) => {
  const envelopes = new Map(books.envelopes.map((row) => [row.message, row.sha256]));
  const documents = new Set([...sent.values()].map(({ line }) => `${line.key} ${line.sha256}`));
  const breaches: Breach[] = [];
  for (const [id, lines] of grouped(whole, (line) => line.id)) {
    const bodies = new Set(lines.flatMap(({ bodySha256 }) => bodySha256 ?? []));
    const contents = new Set(lines.flatMap(({ documentSha256 }) => documentSha256 ?? []));
    if (contents.size > 1) breaches.push({ what: `id ${id} came with ${contents.size} different documents`, id });
    else if (bodies.size > 1) breaches.push({ what: `id ${id} came in ${bodies.size} different envelopes`, id });
    const kept = envelopes.get(id);
    if (bodies.size === 1 && kept !== undefined && !bodies.has(kept))
      breaches.push({ what: `the envelope of ${id} is another than the one in the books`, id });
  }
  for (const { id, org, signature, claims, documentSha256 } of whole) {
    if (signature !== 'valid') breaches.push({ what: `the signature of ${id} is not valid: ${signature}`, id });
    if (!claims) continue;
    const row = message.get(id);
    const said = keyOf(claims.type, org, claims.number);
    if (claims.id !== id) breaches.push({ what: `the header says ${id}, the envelope ${claims.id}`, id });
    if (!row) breaches.push({ what: `${id} came to ${org} and is not in the books`, id });
    else if (keyOf(row.type, row.org, row.document) !== said)
      breaches.push({ what: `${id} says that it is ${said}`, id });
    if (!documents.has(`${said} ${documentSha256}`))
      breaches.push({ what: `what came under ${id} is not what KA sent as ${said}`, id, key: said });
  }
  const alike = grouped(
    whole,
    ({ claims, org, documentSha256 }) => `${claims?.type}|${org}|${claims?.number} ${documentSha256}`,
  );
  for (const [document, lines] of alike) {
    const ids = [...new Set(lines.map(({ id }) => id))];
    const [id] = ids;
    if (ids.length > 1 && lines[0]?.claims)
      breaches.push({
        what: `one document came under ${ids.length} ids: ${ids.join(', ')}`,
        id,
        key: document.split(' ')[0],
      });
  }
  return unique(breaches);
};

const unique = (breaches: readonly Breach[]): Breach[] => [...new Map(breaches.map((one) => [one.what, one])).values()];
