/** What was taken is accounted for: the gateway's own laws, checked with our own arithmetic. */
import { type Evidence, grouped } from '../evidence.ts';
import type { Breach, Claim } from './claim.ts';

export const conserved: Claim = (evidence) => [
  ...frames(evidence),
  ...recipients(evidence),
  ...deliveries(evidence),
  ...attempts(evidence),
];

function frames({ books }: Evidence): Breach[] {
  const of = (verdict: string): number => books.frames.filter((row) => row.verdict === verdict).length;
  const purged = books.recipients.reduce((sum, row) => sum + row.purged, 0);
  const messages = books.messages.length + purged;
  const sum = messages + of('duplicate') + books.letters.length + of('withdrawal');
  const breaches: Breach[] = [];
  if (books.frames.length !== sum)
    breaches.push({
      what: `${books.frames.length} frames were taken; ${messages} messages, ${of('duplicate')} duplicates, ${books.letters.length} dead letters and ${of('withdrawal')} withdrawals are ${sum}`,
    });
  const came = grouped(
    books.frames.filter(({ verdict }) => verdict === 'message'),
    ({ message }) => message,
  );
  for (const { id } of books.messages)
    if (came.get(id)?.length !== 1)
      breaches.push({ what: `message ${id} came with ${came.get(id)?.length ?? 0} frames`, id });
  const dead = grouped(
    books.frames.filter(({ verdict }) => verdict === 'dead-letter'),
    ({ letter }) => letter,
  );
  for (const { id } of books.letters)
    if (dead.get(id)?.length !== 1)
      breaches.push({ what: `dead letter ${id} came with ${dead.get(id)?.length ?? 0} frames`, id });
  const bytes = new Map(books.messages.map((row) => [row.id, row.sha256]));
  for (const { verdict, message: id, sha256 } of books.frames)
    if (verdict === 'message' && id !== null && bytes.get(id) !== sha256)
      breaches.push({ what: `message ${id} has other bytes than its frame`, id });
  return breaches;
}

function recipients({ books }: Evidence): Breach[] {
  const rows = grouped(books.messages, ({ org }) => org);
  return books.recipients.flatMap(({ org, counter, purged }): Breach[] => {
    const own = rows.get(org) ?? [];
    const given = books.voids.filter((row) => row.org === org);
    const gone = given.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    const most = Math.max(purged, ...own.map(({ sequence }) => sequence), ...given.map(({ last }) => last));
    if (counter === own.length + purged + gone && counter === most) return [];
    return [
      {
        what: `the counter of ${org} says ${counter}; there are ${own.length + purged} messages and ${gone} numbers given up, the highest number is ${most}`,
      },
    ];
  });
}

function deliveries({ books, deliveriesOf }: Evidence): Breach[] {
  const byDelivery = grouped(books.attempts, ({ delivery }) => delivery);
  const receipted = new Set(books.receipts.map(({ delivery }) => delivery));
  return books.messages.flatMap(({ id, org }): Breach[] => {
    const own = deliveriesOf.get(id) ?? [];
    const breaches: Breach[] = [];
    const current = own.filter((row) => row.current).length;
    if (current !== 1) breaches.push({ what: `message ${id} has ${current} current deliveries`, id });
    for (const { id: delivery, state, by, attempts, lane } of own) {
      const tries = byDelivery.get(delivery) ?? [];
      const answered = tries.some(({ outcome, status }) => outcome === 'delivered' && isReceipt(status));
      if (state === 'delivered' && by === 'pushed' && !answered)
        breaches.push({ what: `message ${id} is delivered, and no attempt was answered 2xx`, id });
      if ((state === 'delivered' && by === 'collected') !== receipted.has(delivery))
        breaches.push({
          what: `message ${id} is ${state}${by === null ? '' : `, ${by}`}, and has ${receipted.has(delivery) ? 'a receipt' : 'no receipt'}`,
          id,
        });
      if (state !== 'delivered' && tries.some(({ outcome }) => outcome === 'delivered'))
        breaches.push({ what: `an attempt of message ${id} was delivered, and its delivery is ${state}`, id });
      if (tries.length !== attempts)
        breaches.push({
          what: `${attempts} attempts of message ${id} were counted, ${tries.length} are on record`,
          id,
        });
      const owner = books.lanes.find((row) => row.id === lane)?.org;
      if (owner !== undefined && owner !== org)
        breaches.push({ what: `message ${id} to ${org} lies in a lane of ${owner}`, id });
    }
    return breaches;
  });
}

/** “Already received” is a receipt too. */
const isReceipt = (status: number | null): boolean =>
  status !== null && ((status >= 200 && status < 300) || status === 409);

function attempts({ books }: Evidence): Breach[] {
  const sending = new Set(books.deliveries.filter(({ state }) => state === 'sending').map(({ id }) => id));
  const messageOf = new Map(books.deliveries.map(({ id, message }) => [id, message]));
  return books.attempts
    .filter(({ outcome, delivery }) => outcome === null && !sending.has(delivery))
    .map(({ number, delivery }) => {
      const id = messageOf.get(delivery);
      return { what: `attempt ${number} of message ${id} never came to an end`, id };
    });
}
