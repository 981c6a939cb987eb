/** Of each attempt the books and the supplier say the same, as far as the gateway could know it. */
import type { Evidence } from '../evidence.ts';
import type { At, ReceivedLine } from '../lines.ts';
import type { Breach, Claim } from './claim.ts';

export const agreement: Claim = (evidence) => {
  const owners = new Set(evidence.world.suppliers.map(({ org }) => org));
  return [...evidence.message.values()]
    .filter(({ org }) => owners.has(org))
    .flatMap(({ id }) => [...booksAgainstSupplier(evidence, id), ...supplierAgainstBooks(evidence, id)]);
};

/** What the books have as answered was answered so. */
function booksAgainstSupplier({ attemptsOf, receivedOf }: Evidence, id: string): Breach[] {
  const lines = receivedOf.get(id) ?? [];
  return (attemptsOf.get(id) ?? []).flatMap(({ number, status, outcome, peer }): Breach[] => {
    const own = lines.filter(({ attempt }) => attempt === number);
    if (outcome === 'delivered' && !own.some(({ receipt, kept }) => receipt && kept))
      return [{ what: `the books say that attempt ${number} of ${id} was delivered; the supplier never said so`, id }];
    if (status !== null && !own.some(({ answers }) => answers === status))
      return [
        { what: `the books say that attempt ${number} of ${id} was answered ${status}; the supplier never did`, id },
      ];
    if (outcome === 'delivered' && peer !== null && !own.some(({ identity }) => identity === peer))
      return [{ what: `the books say that attempt ${number} of ${id} went to ${peer.slice(0, 12)}…; it did not`, id }];
    return [];
  });
}

/** What a supplier said whole is in the books, or the gateway is known not to have heard it. */
function supplierAgainstBooks({ attemptsOf, receivedOf, answered, deliveriesOf }: Evidence, id: string): Breach[] {
  const attempts = attemptsOf.get(id) ?? [];
  const delivered = (deliveriesOf.get(id) ?? []).some(({ state }) => state === 'delivered');
  return (receivedOf.get(id) ?? []).flatMap((line: At<ReceivedLine>, i, lines): Breach[] => {
    if (answered.get(line.request)?.delivered !== true) return [];
    // The connection was lost under it and replaced within the attempt: the later one is what the gateway heard.
    if (lines.slice(i + 1).some(({ attempt }) => attempt === line.attempt)) return [];
    const own = attempts.filter(({ number }) => number === line.attempt);
    if (own.length === 0)
      return [{ what: `the supplier has ${id}, attempt ${line.attempt}; the books know of no such attempt`, id }];
    if (own.some(({ outcome }) => outcome === 'delivered')) {
      return delivered
        ? []
        : [{ what: `attempt ${line.attempt} of ${id} is on record as delivered, its delivery is not`, id }];
    }
    if (own.some(({ outcome }) => outcome === 'unknown' || outcome === 'endpoint-failed')) return [];
    const said = own.map(({ outcome }) => outcome ?? 'nothing').join(', ');
    return [{ what: `the supplier said that it has ${id}, attempt ${line.attempt}; the books say ${said}`, id }];
  });
}
