/** What a supplier was told about its receipts is so, and nothing counts as collected that its supplier did not have, and say so. */
import { type Evidence, fetched, grouped } from '../evidence.ts';
import type { Breach, Claim } from './claim.ts';

export const receiptsTrue: Claim = (evidence) => [...told(evidence), ...believed(evidence)];

/** The supplier's side: what was taken is delivered; what it had fetched is not said to be unknown. */
function told({ collected, deliveriesOf, message }: Evidence): Breach[] {
  const has = new Map<string, number>();
  return collected.flatMap((line): Breach[] => {
    if (line.event === 'fetched' && !has.has(line.id)) has.set(line.id, line.at);
    if (line.event !== 'receipted' || message.get(line.id)?.org !== line.org) return [];
    const { id, org, result, begun } = line;
    const own = deliveriesOf.get(id) ?? [];
    if (result === 'received' || result === 'already-received')
      return own.some(({ state }) => state === 'delivered')
        ? []
        : [
            {
              what: `${org} was told that its receipt for ${id} was ${result}; the books have it as not delivered`,
              id,
            },
          ];
    if (result === 'not-fetched' && (has.get(id) ?? Number.POSITIVE_INFINITY) < begun)
      return [{ what: `${org} had fetched ${id}, and was told that nobody has`, id }];
    return [];
  });
}

/** The books' side: before the receipt on record its supplier had the very bytes, and said so. */
function believed({ books, collected, received, message }: Evidence): Breach[] {
  const deliveries = new Map(books.deliveries.map((row) => [row.id, row]));
  const envelopes = new Map(books.envelopes.map((row) => [row.message, row.sha256]));
  const given = grouped(fetched(collected), ({ id }) => id);
  const pushed = grouped(received, ({ id }) => id);
  const said = grouped(
    collected.flatMap((line) =>
      line.event === 'receipting' ? line.ids.map((id) => ({ id, org: line.org, at: line.at })) : [],
    ),
    ({ id }) => id,
  );
  return books.receipts.flatMap(({ delivery, at }): Breach[] => {
    const id = deliveries.get(delivery)?.message ?? '';
    const org = message.get(id)?.org;
    const bytes = envelopes.get(id);
    const breaches: Breach[] = [];
    if (!(said.get(id) ?? []).some((one) => one.org === org && one.at <= at))
      breaches.push({ what: `the books have a receipt for ${id}, which ${org} had not given`, id });
    const came = [
      ...(given.get(id) ?? []).map((one) => ({ ...one, begins: one.begun })),
      ...(pushed.get(id) ?? []).filter(({ kept }) => kept).map((one) => ({ ...one, begins: one.at })),
    ].filter((one) => one.org === org && one.begins <= at);
    if (!came.some(({ bodySha256 }) => bodySha256 === bytes))
      breaches.push({
        what: `${id} counts as collected, and ${org} had ${came.length === 0 ? 'never been given it' : 'been given other bytes'}`,
        id,
      });
    return breaches;
  });
}
