/** The rows of one run, as they are at one moment. Times in milliseconds from now. */
import type { Pool } from '../../src/store/pool.ts';
import type { Facts } from './facts.ts';
import type { QueuedJob, World } from './world.ts';

export interface LaneSeen {
  readonly id: number;
  readonly name: string;
  readonly state: 'flowing' | 'backing-off' | 'held' | 'paused';
  readonly reason: string | null;
  readonly epoch: number;
  readonly holder: string | null;
  readonly strict: boolean;
  /** Its address is in use and pushed to. */
  readonly pushed: boolean;
  readonly wake: number | null;
  readonly pause: number | null;
  readonly lease: number | null;
}

export interface DeliverySeen {
  readonly id: number;
  readonly message: string;
  readonly place: number;
  readonly number: number;
  readonly current: boolean;
  readonly lane: number | null;
  readonly principal: string | null;
  readonly state: 'waiting' | 'sending' | 'delivered' | 'refused' | 'held' | 'cancelled';
  readonly reason: string | null;
  readonly attempts: number;
  readonly next: number | null;
  readonly by: 'pushed' | 'collected' | null;
}

export interface AttemptSeen {
  readonly delivery: number;
  readonly number: number;
  readonly lane: number;
  readonly outcome: string | null;
  readonly started: number;
}

export interface Snapshot {
  readonly lanes: readonly LaneSeen[];
  readonly deliveries: readonly DeliverySeen[];
  /** By delivery, in order of number. */
  readonly attempts: readonly AttemptSeen[];
  readonly jobs: readonly QueuedJob[];
  /** Deliveries that a receipt has ended. */
  readonly receipts: readonly number[];
}

const until = (column: string): string => `extract(epoch from ${column} - clock_timestamp())::float8 * 1000`;

export async function takeSnapshot(world: World, facts: Facts): Promise<Snapshot> {
  const jobs = await world.sleepers();
  return { ...(await readRows(world.pool, facts)), jobs };
}

const nothing = { lanes: null, deliveries: null, attempts: null, receipts: null };

async function readRows(pool: Pool, facts: Facts): Promise<Omit<Snapshot, 'jobs'>> {
  const { rows } = await pool.query<{
    seen: { [K in 'lanes' | 'deliveries' | 'attempts' | 'receipts']: Snapshot[K] | null };
  }>(
    `with l as (
       select lane.id, address.name, lane.state, lane.reason, lane.epoch, lane.holder, address.ordering = 'strict' as strict,
              address.delivery = 'push' and address.retired_at is null as pushed,
              ${until('wake_at')} as wake, ${until('not_before')} as pause, ${until('lease_until')} as lease
         from lane join address using (id) where id = any($1) order by id),
     d as (
       select id, message_id as message, message_number as place, number, current, lane_id as lane, principal, state, reason, attempts,
              ${until('next_try_at')} as next, delivered_by as by
         from delivery where message_id = any($2) order by id),
     a as (
       select delivery_id as delivery, number, lane_id as lane, outcome, extract(epoch from started_at)::float8 as started
         from attempt where delivery_id in (select id from d) order by delivery_id, number)
     select json_build_object('lanes', (select json_agg(l) from l), 'deliveries', (select json_agg(d) from d),
                              'attempts', (select json_agg(a) from a),
                              'receipts', (select json_agg(delivery_id) from receipt where delivery_id in (select id from d))) as seen`,
    [facts.lanes.map(({ id }) => id), facts.messages],
  );
  const { lanes, deliveries, attempts, receipts } = rows[0]?.seen ?? nothing;
  return { lanes: lanes ?? [], deliveries: deliveries ?? [], attempts: attempts ?? [], receipts: receipts ?? [] };
}

/** Stopped for a strict lane: nothing behind it goes. */
const stops = ({ state, reason }: DeliverySeen): boolean =>
  (state === 'refused' || state === 'held') && reason !== 'superseded';

/** What a lane would send now or later by itself; of a strict one the oldest, if nothing before it stands still. */
export function deliverable(seen: Snapshot, lane: LaneSeen): DeliverySeen[] {
  const own = seen.deliveries.filter((one) => one.lane === lane.id).toSorted((a, b) => a.place - b.place);
  const waiting = own.filter(({ state }) => state === 'waiting');
  if (!lane.strict) return waiting;
  const [oldest] = waiting;
  if (!oldest || own.some((one) => stops(one) && one.place < oldest.place)) return [];
  return [oldest];
}
