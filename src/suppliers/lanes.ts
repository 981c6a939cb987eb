/** An operator stops a supplier's lane, and lets it flow again. */
import { Fault } from '../domain/fault.ts';
import { type LaneState, nextLaneState } from '../domain/lane.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import { appendAudit } from '../store/audit.ts';
import { operate } from '../store/operate.ts';
import type { Pool } from '../store/pool.ts';
import { lanesOf, letFlow, type OperatedLane, stopLane } from '../store/supplier-lanes.ts';
import { moveAlarms, notifyWake } from '../store/wake.ts';
import { chooseAddress } from './choose-address.ts';

export type LaneAction = 'pause' | 'resume' | 'release';

export interface LaneOrder {
  readonly action: LaneAction;
  readonly organisationNumber: OrganisationNumber;
  /** Needed when the supplier has several. */
  readonly address: string | undefined;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
}

export interface LaneMoved {
  readonly organisationNumber: string;
  readonly address: string;
  readonly before: LaneState;
  readonly after: LaneState;
}

/**
 * Does what is ordered, by the lane's table of states; nothing, and no trace, when it is so already.
 * @throws Fault `not-found` · `argument-invalid` when it is not said which of several addresses · `not-possible-now`
 */
export async function moveLane(pool: Pool, order: LaneOrder): Promise<LaneMoved> {
  return operate(pool, false, async (db) => {
    const lane = chooseAddress(await lanesOf(db, order.organisationNumber, 'lock'), order, (one) => one.address);
    const { organisationNumber, address, state: before } = lane;
    const after = nextLaneState(before, order.action);
    if (after === 'conflict') throw conflict(lane, order.action);
    if (after === 'same') return { organisationNumber, address, before, after: before };
    if (order.action === 'pause') await stopLane(db, lane.id, after, order.reason);
    else {
      await letFlow(db, lane.id, after);
      await notifyWake(db, await moveAlarms(db, [lane.id]));
    }
    await appendAudit(db, {
      actor: order.actor,
      action: `lane.${order.action}`,
      subject: `supplier/${organisationNumber}/address/${address}`,
      reason: order.reason,
      details: { before, after, because: lane.reason, detail: lane.detail },
      at: order.now,
    });
    return { organisationNumber, address, before, after };
  });
}

function conflict({ organisationNumber, address, state, detail }: OperatedLane, action: LaneAction): Fault {
  const instead = state === 'paused' ? 'resume' : 'release';
  return new Fault(
    'not-possible-now',
    `the lane to ${organisationNumber}, address ${address}, is ${state}${detail === undefined ? '' : ` (${detail})`}, and ${action} does not apply; ` +
      `use \`kuvert supplier ${instead} ${organisationNumber} --address ${address} --reason …\``,
  );
}
