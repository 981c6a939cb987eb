/** Lists as operators filter them. What is filtered by is in the book, and what only some of it has, or nothing. */
import { deliveryStates } from '../../../src/domain/delivery.ts';
import { messageTypes } from '../../../src/domain/message.ts';
import { localTime } from '../../../src/platform/moments.ts';
import type { Pool } from '../../../src/store/pool.ts';

/** Paths with a query, each list by each of its filters. */
export async function filteredPaths(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ recipient: string; name: string; number: string; at: Date; least: Date }>(
    `select r.organisation_number as recipient, s.name, m.document_number as number, m.accepted_at as at,
            (select accepted_at from message order by number limit 1) as least
       from recipient r join supplier s using (organisation_number)
       join lateral (select * from message where organisation_number = r.organisation_number order by sequence limit 1) m on true
      order by r.counter desc limit 1`,
  );
  const [one] = rows;
  if (one === undefined) throw new Error('the book is empty');
  const time = (at: Date): string => localTime(at).replace(' ', 'T');
  const faults = ['connect-failed', 'held-by-operator', 'mass-refusal'];
  const messages: Readonly<Record<string, string>>[] = [
    ...deliveryStates.flatMap((state) => [{ state }, { state, supplier: one.recipient }]),
    ...faults.flatMap((fault) => [{ fault }, { fault, state: 'waiting' }, { fault, state: 'held' }]),
    ...messageTypes.map((type) => ({ type, state: 'waiting' })),
    { type: 'purchase-order', supplier: one.recipient },
    { from: time(one.least), to: time(one.at) },
    { supplier: one.name },
  ];
  const lists = {
    '/messages': messages,
    '/audit': [{ actor: 'cli:bench' }, { action: 'message.release' }, { subject: `supplier/${one.recipient}` }],
    '/dead-letters': [{ fault: 'document-invalid' }, { organisation: one.recipient }],
    '/suppliers': ['flowing', 'backing-off', 'held', 'paused'].map((lane) => ({ lane })),
    '/search': [{ q: one.number.slice(0, 4) }, { q: one.name.slice(0, 4) }, { q: one.recipient }],
  };
  return Object.entries(lists).flatMap(([path, queries]) =>
    queries.map((query) => `${path}?${new URLSearchParams(query).toString()}`),
  );
}
