/**
 * A message comes again only where the books explain it: each arrival is an attempt that was claimed before it, and nothing is claimed once
 * it is on record as delivered. So a kill between a claim and its record is the only thing that doubles.
 */
import { type Evidence, grouped } from '../evidence.ts';
import type { At, ReceivedLine } from '../lines.ts';
import type { Breach, Claim } from './claim.ts';

export const explainedRepeats: Claim = (evidence) => {
  const lastOf = lastOnConnection(evidence.received);
  const breaches: Breach[] = [];
  for (const [id, lines] of evidence.receivedOf) {
    const attempts = evidence.attemptsOf.get(id) ?? [];
    for (const [number, same] of grouped(lines, ({ attempt }) => attempt)) {
      const claimed = attempts.filter((one) => one.number === number);
      if (claimed.length === 0) {
        breaches.push({ what: `attempt ${number} of ${id} was made and is not in the books`, id });
        continue;
      }
      // A kept connection that ends under a request is replaced within the attempt (docs/outcomes.md).
      const earlier = same.slice(0, -1).filter((line) => !(line.nth > 1 && line.request === lastOf(line)));
      if (earlier.length > claimed.length - 1)
        breaches.push({ what: `attempt ${number} of ${id} came ${same.length} times`, id });
    }
  }
  return [...breaches, ...claimedAfterwards(evidence)];
};

/** Which request was the last of a line's connection. */
function lastOnConnection(received: readonly At<ReceivedLine>[]): (line: ReceivedLine) => number {
  const last = new Map<string, number>();
  const name = ({ org, lane, connection }: ReceivedLine): string => `${org} ${lane} ${connection}`;
  for (const line of received) last.set(name(line), line.request);
  return (line) => last.get(name(line)) ?? 0;
}

/** An attempt of a delivery that was on record as delivered when it began. */
function claimedAfterwards({ books }: Evidence): Breach[] {
  const deliveries = new Map(books.deliveries.map((row) => [row.id, row]));
  const receipts = new Map(books.receipts.map((row) => [row.delivery, row.at]));
  return [...grouped(books.attempts, ({ delivery }) => delivery)].flatMap(([delivery, attempts]): Breach[] => {
    const id = deliveries.get(delivery)?.message;
    const receiptedAt = receipts.get(delivery);
    const late = receiptedAt === undefined ? undefined : attempts.find(({ at }) => at > receiptedAt);
    if (late) return [{ what: `attempt ${late.number} of ${id} was claimed after its receipt was on record`, id }];
    const done = attempts.find(({ outcome }) => outcome === 'delivered');
    const again = done && attempts.find(({ at }) => done.finished !== null && at > done.finished);
    return again
      ? [
          {
            what: `attempt ${again.number} of ${id} was claimed after attempt ${done.number} was on record as delivered`,
            id,
          },
        ]
      : [];
  });
}
