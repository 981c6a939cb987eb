/** Where a supplier wants order, what comes for the first time comes in the order of its numbers. */
import { grouped } from '../evidence.ts';
import { laneOf } from '../world.ts';
import type { Breach, Claim } from './claim.ts';

const noWay: ReadonlySet<string> = new Set(['no-address', 'type-not-agreed', 'mandate-ended']);

export const strictOrder: Claim = (evidence) => {
  const { world, received, message, books } = evidence;
  // Whom an operator or KA moved, or who found an address only later, has left the order for a reason that is on record.
  const moved = new Set([
    ...books.actions.map((one) => one.message),
    ...books.frames.flatMap((one) => (one.verdict === 'withdrawal' && one.message !== null ? [one.message] : [])),
    ...books.deliveries.filter(({ number }) => number > 1).map((one) => one.message),
    ...books.answers.flatMap(({ answer }) => (noWay.has(answer.fault?.code ?? '') ? (answer.messageId ?? []) : [])),
  ]);
  const arrivals = grouped(received, ({ org, lane }) => `${org} ${lane}`);
  return world.suppliers
    .filter(({ ordering }) => ordering === 'strict')
    .flatMap((supplier): Breach[] => {
      const seen = new Set<string>();
      const breaches: Breach[] = [];
      let highest = 0;
      for (const { id } of arrivals.get(`${supplier.org} ${laneOf(supplier)}`) ?? []) {
        const sequence = message.get(id)?.sequence;
        if (sequence === undefined || seen.has(id)) continue;
        seen.add(id);
        if (sequence < highest && !moved.has(id))
          breaches.push({
            what: `${supplier.org} wants order, and got sequence ${sequence} for the first time after ${highest}`,
            id,
          });
        if (sequence > highest) highest = sequence;
      }
      return breaches;
    });
};
