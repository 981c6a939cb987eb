/** What suppliers do who fetch, and what operators do about how they are delivered to. */

import type { Mailbox } from '../../src/store/collect/box.ts';
import { readFetchable, recordGiving, type Standing } from '../../src/store/collect/fetch.ts';
import { takeReceipts } from '../../src/store/collect/receipts.ts';
import { changeDelivery } from '../../src/suppliers/delivery-mode.ts';
import type { DeliveryMode } from '../../src/suppliers/wanted.ts';
import { asOperator, type Deed, laneAt, nth, type Ring, ringLanes, ringText } from './deeds.ts';
import { living, officeStore, type Stage, sealed } from './stage.ts';

const program = { fingerprint: 'c'.repeat(64), remoteAddress: '127.0.0.1' };

/** The addresses in use. */
function boxOf({ facts, addresses, organisationNumber }: Stage): Mailbox {
  const used = facts.lanes.filter(({ name }) => addresses.some((one) => one.name === name && one.present));
  return { organisationNumber, addresses: used.map(({ id }) => id) };
}

/** docs/supplier-guide.md: not what somebody has stopped. */
const mayHave = ({ state, reason }: Standing): boolean =>
  state === 'held' ? reason === 'schedule-spent' : state !== 'cancelled';

const numbersOf = (stage: Stage, ids: readonly string[]): string =>
  ids.map((id) => stage.facts.messages.indexOf(id) + 1).join(', ');

/** A program fetches a message by its id. */
export function collect(n: number): Deed {
  return async (stage, stop) => {
    const id = nth(stage.facts.messages, n);
    if (id === undefined) return undefined;
    const { store } = officeStore(stage, stop);
    const what = `message ${numbersOf(stage, [id])} is fetched`;
    const box = boxOf(stage);
    const found = await readFetchable(store, id, box);
    if (found === undefined || !mayHave(found)) return `${what}: ${found?.state ?? 'it is not there'}`;
    const given = await recordGiving(store, id, box, program, found.envelope ?? sealed, mayHave);
    if (given.kind === 'given') stage.facts.fetched.add(id);
    return `${what}: ${given.kind}`;
  };
}

/** @param chosen of the messages so far */
function receipt(chosen: (stage: Stage) => Promise<readonly string[]>, how: Ring): Deed {
  return async (stage, stop) => {
    const ids = await chosen(stage);
    if (ids.length === 0) return undefined;
    const { store, notified } = officeStore(stage, stop);
    const { facts } = stage;
    const had = new Set(facts.fetched);
    const results = await takeReceipts(store, ids, boxOf(stage), program);
    for (const { id, result } of results) {
      if (result === 'received') facts.receipted.set(id, (facts.receipted.get(id) ?? 0) + 1);
      if (result === 'not-fetched' && had.has(id))
        facts.breaches.push(`message ${numbersOf(stage, [id])} had been fetched, and nobody is believed to have it`);
    }
    await ringLanes(stage, notified, how);
    const said = results.map(({ id, result }) => `${numbersOf(stage, [id])} ${result}`).join(', ');
    return `receipts: ${said}${notified.length > 0 ? ringText(how) : ''}`;
  };
}

/** For some messages in a row, whatever they are. */
export const receiptFor = (n: number, count: number, how: Ring): Deed =>
  receipt(async ({ facts }) => {
    const from = n % Math.max(1, facts.messages.length);
    return facts.messages.slice(from, from + count);
  }, how);

/** For what is on the wire this moment. */
export const receiptInFlight = (how: Ring): Deed =>
  receipt(async (stage) => {
    const deliveries = living(stage).flatMap(({ tries }) => tries.map(({ delivery }) => delivery));
    const { rows } = await stage.world.pool.query<{ id: string }>(
      'select message_id as id from delivery where id = any($1) order by id',
      [deliveries],
    );
    return rows.map(({ id }) => id);
  }, how);

export function changeMode(n: number, delivery: DeliveryMode, how: Ring): Deed {
  return async (stage, stop) => {
    const { name } = laneAt(stage.facts, n);
    const { store, notified } = officeStore(stage, stop);
    return asOperator(`an operator makes ${name} ${delivery}`, async () => {
      await changeDelivery(store, {
        organisationNumber: stage.organisationNumber,
        delivery,
        address: name,
        environment: undefined,
        url: undefined,
        whyNoPush: undefined,
        actor: 'cli:model',
        reason: 'the model',
        rehearsal: false,
        now: new Date(),
      });
      stage.addresses = stage.addresses.map((one) => (one.name === name ? { ...one, delivery } : one));
      await ringLanes(stage, notified, how);
      return `done${notified.length > 0 ? ringText(how) : ''}`;
    });
  };
}
