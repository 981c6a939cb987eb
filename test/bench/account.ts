/** Whether a bench lost anything: what was sent, what the store says, and what came to the suppliers must be one account. */
import { conservation } from '../../src/store/conservation.ts';
import type { Arrivals } from './receiver.ts';
import { type Bench, until } from './stage.ts';

export interface Arrival {
  readonly number: string;
  readonly supplier: number;
  /** When the first 2xx for it was given; `clock`. */
  readonly at: number;
}

/** Waits until the suppliers have answered so many, and the gateway has nothing more to do for them. */
export async function settled(bench: Bench, arrivals: number, taken: number, patience: number): Promise<void> {
  await until(`${arrivals} pushes, ${bench.receiver.count()} came`, patience, () => {
    bench.progress(`${bench.receiver.count()} of ${arrivals} have come`);
    return bench.receiver.count() >= arrivals;
  });
  await until('everything on record, and every answer with KA', 60_000, async () => {
    const { rows } = await bench.pool.query<{ open: number }>(
      `select (select count(*) from outbox where sent_at is null) + $1 - (select count(*) from delivery where state = 'delivered' and id > $2) as open`,
      [taken, bench.before().lastDelivery],
    );
    return (rows[0]?.open ?? 1) <= 0;
  });
}

/**
 * Every message of the store, and when it came. Fails when one did not come, or came to another supplier, when the store holds
 * another number of messages than were sent, or when conservation is broken.
 * @param came all that the receiver was given since the beginning
 */
export async function account(
  bench: Bench,
  sent: number,
  came: readonly Arrivals[],
): Promise<{ arrivals: Arrival[]; repeats: number }> {
  const before = bench.before();
  const { conserved, breaches, ...sums } = await conservation(bench.pool);
  const [messages, delivered] = [sums.messages - before.messages, sums.delivered - before.delivered];
  if (!conserved) throw new Error(`conservation is broken: ${breaches.join('; ')}`);
  if (messages !== sent || delivered !== sent)
    throw new Error(`${sent} were sent, ${messages} are in the store, ${delivered} of them delivered`);
  const { rows } = await bench.pool.query<{ id: string; number: string; recipient: string }>(
    'select id, document_number as number, organisation_number as recipient from message where number > $1',
    [before.lastMessage],
  );
  const first = new Map<string, Arrival & { recipient: string | undefined }>();
  let requests = 0;
  for (const { ids, suppliers, times } of came)
    for (const [i, id] of ids.entries()) {
      requests += 1;
      const supplier = suppliers[i] ?? -1;
      const recipient = bench.suppliers[supplier];
      if (!first.has(id)) first.set(id, { number: '', supplier, at: times[i] ?? Number.NaN, recipient });
    }
  const arrivals = rows.map(({ id, number, recipient }): Arrival => {
    const one = first.get(id);
    if (!one) throw new Error(`message ${id} is delivered and never came`);
    if (one.recipient !== recipient) throw new Error(`message ${id} for ${recipient} came to ${one.recipient}`);
    return { number, supplier: one.supplier, at: one.at };
  });
  if (first.size !== sent) throw new Error(`${first.size} different messages came of ${sent}`);
  return { arrivals, repeats: requests - first.size };
}
