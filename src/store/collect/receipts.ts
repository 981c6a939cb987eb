/** The supplier's word that it has messages: the end of their deliveries, whichever way they came. */
import { type DeliveryState, nextDeliveryState } from '../../domain/delivery.ts';
import { type AnsweredDelivery, answeredColumns, insertAnswersAbout } from '../lane/answers.ts';
import { operate } from '../operate.ts';
import type { Db, Pool } from '../pool.ts';
import { moveAlarms, notifyWake } from '../wake.ts';
import { liesIn, type Mailbox } from './box.ts';
import { type Giving, lockBox, mostLockWait } from './fetch.ts';

export type Receipted =
  /** Delivered by this. */
  | { readonly id: string; readonly result: 'received'; readonly at: Date }
  /** It was delivered before, by a receipt or by a push: nothing has changed. */
  | { readonly id: string; readonly result: 'already-received'; readonly at: Date }
  /** No message of this mailbox. */
  | { readonly id: string; readonly result: 'not-found' }
  /** It was never given out: nobody can have it. */
  | { readonly id: string; readonly result: 'not-fetched' }
  /** It was withdrawn. */
  | { readonly id: string; readonly result: 'not-available' };

/**
 * Takes receipts, in one transaction; one result for each id, in order. The same word twice is the same as once. A push that is
 * on its way meanwhile keeps its attempt and finds the delivery ended: one answer to KA, one delivery in the book. What a strict
 * lane kept behind one of these goes on.
 *
 * Power lost before the commit: nothing was received, and the supplier, who got no answer, says it again. After it: it is on
 * record, and said again it is already received. What wakes the lane is told after the commit; unheard, the sweeper finds it.
 */
export async function takeReceipts(
  pool: Pool,
  ids: readonly string[],
  box: Mailbox,
  giving: Giving,
): Promise<Receipted[]> {
  const { results, wake } = await operate(
    pool,
    false,
    async (db) => {
      await lockBox(db, box);
      const found = await lockDeliveries(db, ids, box);
      const ended = [...found.values()].filter((one) => judge(one) === 'received');
      const received = await end(db, ended, giving);
      const strict = ended.filter((one) => one.strict).map((one) => one.lane);
      const moved = await moveAlarms(db, [...new Set(strict)]);
      return { results: resultsOf(ids, found, received), wake: moved };
    },
    mostLockWait,
  );
  if (wake.length > 0) await notifyWake(pool, wake);
  return results;
}

interface Locked {
  readonly id: number;
  readonly messageId: string;
  readonly lane: number;
  readonly state: DeliveryState;
  readonly deliveredAt: Date | null;
  /** Somebody may have its bytes. */
  readonly exposed: boolean;
  /** Its lane is pushed to and lets nothing pass it. */
  readonly strict: boolean;
}

/** By message id, locked in order of the deliveries' ids. */
async function lockDeliveries(db: Db, ids: readonly string[], box: Mailbox): Promise<Map<string, Locked>> {
  const { rows } = await db.query<Locked & Record<string, unknown>>(
    `select d.id, d.message_id as "messageId", d.lane_id as lane, d.state, d.delivered_at as "deliveredAt",
            coalesce((select true from envelope e where e.message_id = d.message_id limit 1), false) as exposed,
            a.delivery = 'push' and a.ordering = 'strict' as strict
       from delivery d join address a on a.id = d.lane_id join message m on m.id = d.message_id
      where d.message_id = any($1) and d.current and ${liesIn(box, '$2', '$3')}
      order by d.id for update of d`,
    [[...new Set(ids)], box.addresses, box.organisationNumber],
  );
  return new Map(rows.map((row) => [row.messageId, row]));
}

function judge({ state, exposed }: Locked): Exclude<Receipted['result'], 'not-found'> {
  const next = nextDeliveryState(state, 'receipt');
  if (next === 'conflict') return 'not-available';
  if (next === 'same') return 'already-received';
  return exposed ? 'received' : 'not-fetched';
}

/** In one statement: delivered, and by whose word. @returns when, by message id */
async function end(db: Db, ended: readonly Locked[], giving: Giving): Promise<Map<string, Date>> {
  if (ended.length === 0) return new Map();
  const { rows } = await db.query<AnsweredDelivery & { delivered_at: Date }>(
    `with d as (
       update delivery set state = 'delivered', delivered_at = clock_timestamp(), delivered_by = 'collected', next_try_at = null,
              reason = null, detail = null, changed_at = clock_timestamp()
        where id = any($1)
       returning id, message_id, reason, detail, delivered_at),
     said as (
       insert into receipt (delivery_id, at, fingerprint, remote_address) select id, delivered_at, $2, $3 from d)
     select ${answeredColumns}, d.delivered_at from d join message m on m.id = d.message_id order by m.number`,
    [ended.map(({ id }) => id), giving.fingerprint, giving.remoteAddress ?? null],
  );
  await insertAnswersAbout(db, 'delivered', rows);
  return new Map(rows.map((row) => [row.message_id, row.delivered_at]));
}

function resultsOf(
  ids: readonly string[],
  found: ReadonlyMap<string, Locked>,
  received: ReadonlyMap<string, Date>,
): Receipted[] {
  const said = new Set<string>();
  return ids.map((id): Receipted => {
    const one = found.get(id);
    if (one === undefined) return { id, result: 'not-found' };
    const at = received.get(id);
    if (at !== undefined) {
      const again = said.has(id);
      said.add(id);
      return { id, result: again ? 'already-received' : 'received', at };
    }
    const result = judge(one);
    if (result === 'already-received') return { id, result, at: one.deliveredAt as Date };
    return { id, result: result === 'not-fetched' ? 'not-fetched' : 'not-available' };
  });
}
