/** Mandates that are given and ended, and what agents do in the name of their principals. */
import type { MessageType } from '../../src/domain/message.ts';
import type { OrganisationNumber } from '../../src/domain/organisation-number.ts';
import type { Mailbox } from '../../src/store/collect/box.ts';
import { listMailbox } from '../../src/store/collect/list.ts';
import { databaseNow } from '../../src/store/mandates.ts';
import { addMandate, endMandate } from '../../src/suppliers/mandates.ts';
import { asOperator, type Deed, laneAt, nth, type Ring, ringLanes, ringText } from './deeds.ts';
import { modelNow, slack } from './facts.ts';
import { type MandateFacts, mayHave, surelyHas } from './mandates.ts';
import { officeStore, type Stage } from './stage.ts';

const minute = 60_000;
const by = { actor: 'cli:model', reason: 'the model', rehearsal: false };

/** Whose messages are asked for, and at whose addresses they are looked for. */
export interface Asker {
  readonly organisation: OrganisationNumber;
  /** Undefined: for itself. */
  readonly principal: OrganisationNumber | undefined;
}

/** All who can ask, in an order that does not change: the suppliers for themselves, then for each of the principals. */
export function askers({ organisations, principals }: Stage): Asker[] {
  return [undefined, ...principals].flatMap((principal) =>
    organisations.map((organisation) => ({ organisation, principal })),
  );
}

/** Its addresses in use. */
export function boxOf({ facts, addresses }: Stage, { organisation, principal }: Asker): Mailbox {
  const used = facts.lanes.filter(
    ({ name, owner }) => owner === organisation && addresses.some((one) => one.name === name && one.present),
  );
  const lanes = used.map(({ id }) => id);
  return principal === undefined
    ? { organisationNumber: organisation, addresses: lanes }
    : { organisationNumber: principal, addresses: lanes, agent: true };
}

/** What the asker was given of this message, though it may not have it. */
export function notAllowed(stage: Stage, box: Mailbox, message: string, since: number): string[] {
  const { facts } = stage;
  const number = facts.messages.indexOf(message) + 1;
  const recipient = facts.recipients.get(message)?.recipient;
  if (recipient !== box.organisationNumber)
    return [`message ${number} of ${recipient} was given to who asked for ${box.organisationNumber}`];
  if (box.agent !== true || mayHave(facts, message, box.addresses, since)) return [];
  return [`message ${number} of ${recipient} was given to an agent, and no mandate runs`];
}

export interface Span {
  /** Minutes from now; 0: now. */
  readonly begins: number;
  /** Minutes from its beginning. */
  readonly lasts: number;
}

/** @param types left out: all that the lane's address takes */
export function giveMandate(who: number, n: number, { begins, lasts }: Span, how: Ring, types?: MessageType[]): Deed {
  return async (stage, stop) => {
    const principal = nth(stage.principals, who) as OrganisationNumber;
    const lane = laneAt(stage.facts, n);
    const { store, notified } = officeStore(stage, stop);
    const address = stage.addresses.find(({ name }) => name === lane.name);
    const messageTypes = types ?? address?.messageTypes ?? [];
    const from = modelNow(stage.facts) + begins * minute;
    const given: MandateFacts = {
      id: undefined,
      principal,
      lane: lane.id,
      types: messageTypes,
      from,
      to: from + lasts * minute,
      endedAt: undefined,
    };
    // Before it is told: others may act by it as soon as it is committed.
    stage.facts.mandates.push(given);
    const what = `${principal} lets ${lane.name} have ${messageTypes.join(', ')} in ${begins} minutes, for ${lasts}`;
    return asOperator(what, async () => {
      const now = await databaseNow(stage.world.pool);
      const starts = new Date(now.getTime() + begins * minute);
      const order = {
        ...by,
        principal,
        agent: lane.owner,
        address: lane.name,
        environment: 'test',
        messageTypes,
      } as const;
      const { mandate } = await addMandate(store, {
        ...order,
        from: begins === 0 ? undefined : starts,
        to: new Date(starts.getTime() + lasts * minute),
        evidence: 'the model',
        now,
      }).catch((error: unknown) => {
        stage.facts.mandates.splice(stage.facts.mandates.indexOf(given), 1);
        throw error;
      });
      given.id = mandate.id;
      await ringLanes(stage, notified, how);
      return `mandate ${mandate.id}${notified.length > 0 ? ringText(how) : ''}`;
    });
  };
}

export function endOf(n: number, how: Ring): Deed {
  return async (stage, stop) => {
    const given = nth(
      stage.facts.mandates.filter(({ id, endedAt }) => id !== undefined && endedAt === undefined),
      n,
    );
    if (given?.id === undefined) return undefined;
    const { id } = given;
    const { store, notified } = officeStore(stage, stop);
    return asOperator(`an operator ends mandate ${id}`, async () => {
      const { sending } = await endMandate(store, { ...by, id, now: new Date() });
      given.endedAt = modelNow(stage.facts);
      await ringLanes(stage, notified, how);
      return `done, ${sending} are being sent${notified.length > 0 ? ringText(how) : ''}`;
    });
  };
}

/** At the end: whoever acted for somebody does not any more, and the one that takes everything acts for all. */
export async function letOneActForAll(stage: Stage): Promise<void> {
  while (stage.facts.mandates.some(({ endedAt }) => endedAt === undefined)) {
    await endOf(0, 'now')(stage);
    // One that was over cannot be ended any more.
    const [over] = stage.facts.mandates.filter(({ endedAt }) => endedAt === undefined);
    if (over !== undefined && over.to < modelNow(stage.facts) + slack) over.endedAt = over.to;
  }
  const last = stage.facts.lanes.findIndex(({ name }) => name === 'other');
  for (const [who] of stage.principals.entries())
    await giveMandate(who, last, { begins: 0, lasts: 1_000_000 }, 'now')(stage);
}

/** A page of a mailbox: nothing in it that may not be, and nothing missing that must be. Not for races: it looks twice. */
export function look(who: number): Deed {
  return async (stage) => {
    const { facts } = stage;
    const asker = nth(askers(stage), who) as Asker;
    const box = boxOf(stage, asker);
    const since = modelNow(facts);
    const listed = await listMailbox(officeStore(stage, undefined).store, box, '0', 200);
    for (const { id } of listed) facts.breaches.push(...notAllowed(stage, box, id, since));
    const { rows } = await stage.world.pool.query<{ message: string; lane: number }>(
      `select message_id as message, lane_id as lane from delivery
        where message_id = any($1) and current and lane_id = any($2)
          and (state in ('waiting', 'sending') or (state = 'held' and reason = 'schedule-spent'))`,
      [facts.messages, box.addresses],
    );
    for (const { message, lane } of rows) {
      const its = facts.recipients.get(message)?.recipient === box.organisationNumber;
      const must = its && (box.agent !== true || surelyHas(facts, message, lane));
      if (must && !listed.some(({ id }) => id === message))
        facts.breaches.push(`message ${facts.messages.indexOf(message) + 1} waits, and is not in its list`);
    }
    return `${asker.organisation} lists ${listed.length} of ${box.organisationNumber}`;
  };
}
