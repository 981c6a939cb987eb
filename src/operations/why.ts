/** Why a message is where it is, in one sentence for a person. Pure. */
import { faultTable } from '../domain/fault.ts';
import type { DeliveryRow } from '../store/messages.ts';

export function why(delivery: DeliveryRow, now: Date): string {
  const because = cause(delivery.reason, delivery.detail);
  const last = delivery.attempts.at(-1);
  switch (delivery.state) {
    case 'delivered':
      return `Delivered ${time(delivery.deliveredAt)} (${delivery.deliveredBy ?? 'unknown'}, address ${delivery.address ?? 'unknown'})${
        last?.status === undefined ? '' : ` with the answer ${last.status} to attempt ${last.number}`
      }.`;
    case 'sending':
      return `Attempt ${last?.number ?? 1} has been on its way since ${time(last?.startedAt)}.`;
    case 'refused':
      return `The supplier refused it${because}; \`kuvert message release\` sends it again, \`cancel\` withdraws it.`;
    case 'held':
      return `Held${because}; ${whatFrees(delivery.reason)}.`;
    case 'cancelled':
      return `Withdrawn ${time(delivery.changedAt)}${because}.`;
    case 'waiting':
      return whyWaiting(delivery, because, now);
  }
}

function whyWaiting(delivery: DeliveryRow, because: string, now: Date): string {
  if (delivery.delivery === 'pull') return 'Waits until the supplier fetches it.';
  if (delivery.delivery === 'manual') return 'Waits until somebody hands it over: the address is manual.';
  const laneBecause = cause(delivery.laneReason, delivery.laneDetail);
  if (delivery.laneState === 'paused')
    return `Waits: the lane is paused${laneBecause}; \`kuvert supplier resume\` lets it flow.`;
  if (delivery.laneState === 'held')
    return `Waits: the lane is held${laneBecause}; \`kuvert supplier release\` lets it flow${probed(delivery)}.`;
  if (delivery.laneState === 'backing-off')
    return `Waits: the endpoint fails${laneBecause}; the lane is tried again ${time(delivery.laneWakeAt)}.`;
  if (delivery.nextTryAt !== undefined && delivery.nextTryAt > now)
    return `Waits for its next try ${time(delivery.nextTryAt)}${because}.`;
  if (delivery.strict === true)
    return 'Waits its turn in a strict lane: nothing passes an earlier message that is refused, held or not yet delivered.';
  return `Waits its turn${because}.`;
}

/** A lane whose schedule is spent has no alarm: nobody looks again. */
const probed = ({ laneWakeAt }: DeliveryRow): string =>
  laneWakeAt === undefined
    ? '; until then it is not tried again'
    : `, or a probe that succeeds (the next: ${time(laneWakeAt)})`;

function whatFrees(reason: string | undefined): string {
  if (reason === 'no-address' || reason === 'type-not-agreed')
    return 'it goes on its way by itself when `kuvert supplier import` brings an address that takes it';
  return '`kuvert message release` sends it on its way';
}

/** `: title (detail)`; nothing when nothing is known. */
function cause(reason: string | undefined, detail: string | undefined): string {
  const title =
    reason === undefined
      ? undefined
      : reason in faultTable
        ? faultTable[reason as keyof typeof faultTable].title
        : reason;
  if (title === undefined) return detail === undefined ? '' : `: ${detail}`;
  return detail === undefined || detail === title ? `: ${title}` : `: ${title} (${detail})`;
}

const time = (at: Date | undefined): string => at?.toISOString() ?? 'at an unknown time';
