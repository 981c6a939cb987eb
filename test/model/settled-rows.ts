/** Whether the rows say what the pure function said, in the very transaction that wrote them. */
import { nextDeliveryState } from '../../src/domain/delivery.ts';
import type { LaneView } from '../../src/domain/lane-draft.ts';
import type { Settled } from '../../src/domain/settle.ts';
import { type LaneRow, laneColumns, laneView } from '../../src/store/lane/take.ts';
import type { Db } from '../../src/store/pool.ts';

/** @param before the lane as it was settled from: so it stays when it is no longer pushed to */
export async function settledInRows(db: Db, lane: number, before: LaneView, settled: Settled): Promise<string[]> {
  const { rows } = await db.query<LaneRow & { readonly pushed: boolean } & Record<string, unknown>>(
    `select ${laneColumns}, address.delivery = 'push' and address.retired_at is null as pushed
       from lane join address using (id) where id = $1`,
    [lane],
  );
  const { rows: deliveries } = await db.query<{ id: number; state: string; failures: number }>(
    'select id, state, failures from delivery where id = any($1)',
    [[...settled.deliveries.map(({ deliveryId }) => deliveryId), ...settled.unrefuse]],
  );
  const row = rows[0];
  if (!row) return [`lane ${lane} has no row`];
  const wanted = row.pushed ? settled : { ...settled, lane: before, wakeIn: null };
  return [...laneDiffers(laneView(row), wanted), ...deliveriesDiffer(deliveries, settled)];
}

/** A lane that backs off and has nothing to try it with flows again once its time has come. */
function laneDiffers(row: LaneView, { lane, wakeIn }: Settled): string[] {
  const rang = lane.state === 'backing-off' && row.state === 'flowing' && (wakeIn ?? 0) <= 0;
  const wanted = rang ? { ...lane, state: 'flowing', ramp: 1, reason: null, detail: null } : lane;
  return (['state', 'reason', 'detail', 'failures', 'ramp', 'failedRun', 'refusedRun'] as const).flatMap((member) => {
    const [is, should] = [JSON.stringify(row[member]), JSON.stringify(wanted[member])];
    return is === should ? [] : [`the lane's ${member} is ${is} and was settled as ${should}`];
  });
}

function deliveriesDiffer(
  rows: readonly { readonly id: number; readonly state: string; readonly failures: number }[],
  settled: Settled,
): string[] {
  const wrong: string[] = [];
  for (const { deliveryId, event, failures } of settled.deliveries) {
    const row = rows.find(({ id }) => id === deliveryId);
    const wanted = nextDeliveryState('sending', event);
    // Delivered absorbs: an old holder may have said so first.
    if (row?.state === 'delivered') continue;
    if (row?.state !== wanted) wrong.push(`delivery ${deliveryId} is ${row?.state} and was settled as ${wanted}`);
    else if (row.failures !== failures)
      wrong.push(`delivery ${deliveryId} has ${row.failures} failures and was settled with ${failures}`);
  }
  for (const id of settled.unrefuse)
    if (rows.find((row) => row.id === id)?.state === 'refused')
      wrong.push(`delivery ${id} is refused, and was to wait again`);
  return wrong;
}
