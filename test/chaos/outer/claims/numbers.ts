/** In the end a supplier that asks is told of each of its numbers, once, what the books say of it: a gap is never a riddle. */
import { type Evidence, grouped } from '../evidence.ts';
import type { At, NumbersLine, ToldNumbers } from '../lines.ts';
import type { Breach, Claim } from './claim.ts';

export const numbersExplained: Claim = (evidence) => {
  const { world, collected } = evidence;
  if (world.api === undefined) return [];
  const told = new Map(collected.flatMap((line) => (line.event === 'numbers' ? [[line.org, line]] : [])));
  const asking = new Set(world.suppliers.flatMap(({ org, collects }) => (collects === undefined ? [] : [org])));
  return [...asking].flatMap((org): Breach[] => {
    const line = told.get(org);
    if (line === undefined) return [{ what: `${org} was not told what became of its numbers` }];
    return wrongWith(evidence, line);
  });
};

function wrongWith(evidence: Evidence, { org, highest, numbers, begun }: At<NumbersLine>): Breach[] {
  const { books } = evidence;
  const counter = books.recipients.find((one) => one.org === org)?.counter ?? 0;
  const breaches: Breach[] = [];
  if (highest !== counter || numbers.some(({ last }) => last > counter))
    breaches.push({ what: `${org} is told of numbers up to ${highest}; the counter says ${counter}` });
  const entries = grouped(numbers.flatMap(eachOf), ({ number }) => number);
  const rows = new Map(books.messages.filter((row) => row.org === org).map((row) => [row.sequence, row]));
  for (let number = 1; number <= counter; number++) {
    const [told, ...more] = entries.get(number) ?? [];
    const id = rows.get(number)?.id;
    if (told === undefined || more.length > 0)
      breaches.push({ what: `${org} is told of number ${number} ${told === undefined ? 'nothing' : 'twice'}`, id });
    else breaches.push(...untrue(evidence, org, told, id, begun));
  }
  return breaches;
}

type Told = ToldNumbers & { readonly number: number };

const eachOf = (told: ToldNumbers): Told[] =>
  Array.from({ length: told.last - told.first + 1 }, (_, i) => ({ ...told, number: told.first + i }));

function untrue(evidence: Evidence, org: string, told: Told, id: string | undefined, begun: number): Breach[] {
  const { number, state } = told;
  if (told.id !== undefined && told.id !== id)
    return [{ what: `${org} is told that number ${number} is message ${told.id}; it is ${id ?? 'none'}`, id: told.id }];
  const real = stateOf(evidence, org, number, id);
  // What has changed since it asked may have been otherwise then.
  const since = (evidence.deliveriesOf.get(id ?? '') ?? []).some(({ at }) => at >= begun);
  if (state === real || since) return [];
  return [{ what: `${org} is told that number ${number} is ${state}; the books say ${real}`, id }];
}

/** As the contract calls it: what is being sent waits still, what is not kept any longer was delivered. */
function stateOf({ books, deliveriesOf }: Evidence, org: string, number: number, id: string | undefined): string {
  if (id === undefined) {
    const given = books.voids.some((one) => one.org === org && one.first <= number && number <= one.last);
    return given ? 'void' : 'delivered';
  }
  const own = deliveriesOf.get(id) ?? [];
  if (own.some(({ state }) => state === 'delivered')) return 'delivered';
  const state = own.find(({ current }) => current)?.state;
  return state === undefined || state === 'sending' ? 'waiting' : state;
}
