/** Who may have what of whom, as the model believes it; and what is wrong with what was given. */
import type { MessageType } from '../../src/domain/message.ts';
import type { ClaimedWindow } from '../../src/store/lane/claim.ts';
import type { DueDelivery } from '../../src/store/lane/due.ts';
import { type Facts, laneFacts, modelNow, slack } from './facts.ts';
import type { DeliverySeen } from './snapshot.ts';

/** Times as `modelNow` tells them. */
export interface MandateFacts {
  /** Undefined: nobody was told yet that it was given. */
  id: number | undefined;
  readonly principal: string;
  readonly lane: number;
  readonly types: readonly MessageType[];
  readonly from: number;
  readonly to: number;
  /** When it was told that it was ended before its time: from then on it covers nothing, without any slack. */
  endedAt: number | undefined;
}

/** @param since when what is judged was begun: it ended later */
const mayCover = (one: MandateFacts, since: number, now: number): boolean =>
  one.from <= now + slack && one.to > since - slack && (one.endedAt === undefined || one.endedAt > since);

const surelyCovers = (one: MandateFacts, now: number): boolean =>
  one.id !== undefined && one.endedAt === undefined && one.from < now - slack && one.to > now + slack;

const sameWay = (one: MandateFacts, principal: string, type: MessageType, lane: number): boolean =>
  one.principal === principal && one.lane === lane && one.types.includes(type);

/** Whether one of these lanes may have been given this message of a principal at any moment from then until now. */
export function mayHave(facts: Facts, message: string, lanes: readonly number[], since: number): boolean {
  const { recipient, type } = facts.recipients.get(message) ?? {};
  if (recipient === undefined || type === undefined) return false;
  return facts.mandates.some(
    (one) => lanes.some((lane) => sameWay(one, recipient, type, lane)) && mayCover(one, since, modelNow(facts)),
  );
}

/** Whether nobody can doubt that a mandate lets this lane have the message now. */
export function surelyHas(facts: Facts, message: string, lane: number): boolean {
  const { recipient, type } = facts.recipients.get(message) ?? {};
  if (recipient === undefined || type === undefined) return false;
  return facts.mandates.some((one) => sameWay(one, recipient, type, lane) && surelyCovers(one, modelNow(facts)));
}

/** What was claimed for principals: by a mandate, and for no longer than it runs. */
export function claimedForOthers(
  facts: Facts,
  lane: number,
  due: readonly DueDelivery[],
  { claimed, left }: Pick<ClaimedWindow, 'claimed' | 'left'>,
  since: number,
): void {
  const { name, owner } = laneFacts(facts, lane);
  for (const { deliveryId } of claimed) {
    const one = due.find((candidate) => candidate.deliveryId === deliveryId);
    if (one === undefined || one.recipient === owner) continue;
    const span = left.get(deliveryId);
    if (!mayHave(facts, one.messageId, [lane], since))
      facts.breaches.push(
        `delivery ${deliveryId} of ${one.recipient} was claimed on lane ${name}, and no mandate runs`,
      );
    else if (span === undefined || span <= 0 || span > longestLeft(facts, one, lane, since) + slack)
      facts.breaches.push(
        `delivery ${deliveryId} of ${one.recipient} may be sent for ${span} ms, longer than the mandate`,
      );
  }
}

const longestLeft = (facts: Facts, one: DueDelivery, lane: number, since: number): number =>
  Math.max(
    0,
    ...facts.mandates
      .filter((each) => sameWay(each, one.recipient, one.messageType, lane) && mayCover(each, since, modelNow(facts)))
      .map(({ to }) => to - since),
  );

/** What lies at an agent, after a sweep and with nothing under way, and that no mandate lets it have: nothing. */
export function leftAtAgents(facts: Facts, deliveries: readonly DeliverySeen[]): string[] {
  return deliveries.flatMap(({ id, message, lane, state }) => {
    const { recipient } = facts.recipients.get(message) ?? {};
    const at = facts.lanes.find((one) => one.id === lane);
    if (at === undefined || at.owner === recipient || ['delivered', 'cancelled', 'sending'].includes(state)) return [];
    if (mayHave(facts, message, [at.id], modelNow(facts))) return [];
    return [`delivery ${id} of ${recipient} is ${state} at the agent's lane ${at.name}, and no mandate runs`];
  });
}

/** A delivery says whose it is when its lane is an agent's, and only then. */
export function principalLaws(facts: Facts, { id, message, lane, principal }: DeliverySeen): string[] {
  const { recipient } = facts.recipients.get(message) ?? {};
  const owner = facts.lanes.find((one) => one.id === lane)?.owner;
  const wanted = owner === undefined || owner === recipient ? null : recipient;
  return principal === wanted ? [] : [`delivery ${id} says ${principal} and lies with ${owner}`];
}
