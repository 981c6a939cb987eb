/** What suppliers do who fetch, and what operators do about how they are delivered to. */

import { readFetchable, recordGiving, type Standing } from '../../src/store/collect/fetch.ts';
import { takeReceipts } from '../../src/store/collect/receipts.ts';
import { changeDelivery } from '../../src/suppliers/delivery-mode.ts';
import type { DeliveryMode } from '../../src/suppliers/wanted.ts';
import { type Asker, askers, boxOf, notAllowed } from './agents.ts';
import { asOperator, type Deed, laneAt, nth, type Ring, ringLanes, ringText } from './deeds.ts';
import { modelNow } from './facts.ts';
import { living, officeStore, type Stage, sealed } from './stage.ts';

const program = { fingerprint: 'c'.repeat(64), remoteAddress: '127.0.0.1' };

/** docs/supplier-guide.md: not what somebody has stopped. */
const mayHave = ({ state, reason }: Standing): boolean =>
  state === 'held' ? reason === 'schedule-spent' : state !== 'cancelled';

const numbersOf = (stage: Stage, ids: readonly string[]): string =>
  ids.map((id) => stage.facts.messages.indexOf(id) + 1).join(', ');

/** A program fetches a message by its id. @param who of all who can ask; undefined: who must have it, if anybody may */
export function collect(n: number, who?: number): Deed {
  return async (stage, stop) => {
    const { facts } = stage;
    const id = nth(facts.messages, n);
    if (id === undefined) return undefined;
    const { store } = officeStore(stage, stop);
    const asker = who === undefined ? await rightAsker(stage, id) : (nth(askers(stage), who) as Asker);
    const box = boxOf(stage, asker);
    const what = `message ${numbersOf(stage, [id])} is fetched ${askerText(asker)}`;
    const since = modelNow(facts);
    const found = await readFetchable(store, id, box);
    if (found === undefined || !mayHave(found)) return `${what}: ${found?.state ?? 'it is not there'}`;
    facts.breaches.push(...notAllowed(stage, box, id, since));
    const asked = modelNow(facts);
    const given = await recordGiving(store, id, box, program, found.envelope ?? sealed, mayHave);
    if (given.kind === 'given') {
      facts.fetched.add(id);
      facts.breaches.push(...notAllowed(stage, box, id, asked));
    }
    return `${what}: ${given.kind}`;
  };
}

const askerText = ({ organisation, principal }: Asker): string =>
  principal === undefined ? `by ${organisation}` : `by ${organisation} for ${principal}`;

/** The recipient itself or, where the message lies with an agent, that one in its name. */
async function rightAsker(stage: Stage, id: string): Promise<Asker> {
  const recipient = stage.facts.recipients.get(id)?.recipient ?? stage.organisationNumber;
  const { rows } = await stage.world.pool.query<{ lane: number | null }>(
    'select lane_id as lane from delivery where message_id = $1 and current',
    [id],
  );
  const owner = stage.facts.lanes.find((one) => one.id === rows[0]?.lane)?.owner ?? stage.organisationNumber;
  return { organisation: owner, principal: owner === recipient ? undefined : recipient };
}

/** @param chosen of the messages so far @param who undefined: who must have the first of them */
function receipt(chosen: (stage: Stage) => Promise<readonly string[]>, how: Ring, who?: number): Deed {
  return async (stage, stop) => {
    const ids = await chosen(stage);
    const [first] = ids;
    if (first === undefined) return undefined;
    const { store, notified } = officeStore(stage, stop);
    const { facts } = stage;
    const had = new Set(facts.fetched);
    const asker = who === undefined ? await rightAsker(stage, first) : (nth(askers(stage), who) as Asker);
    const box = boxOf(stage, asker);
    const since = modelNow(facts);
    const results = await takeReceipts(store, ids, box, program);
    for (const { id, result } of results) {
      if (result === 'received') {
        facts.receipted.set(id, (facts.receipted.get(id) ?? 0) + 1);
        facts.breaches.push(...notAllowed(stage, box, id, since));
      }
      if (result === 'not-fetched' && had.has(id))
        facts.breaches.push(`message ${numbersOf(stage, [id])} had been fetched, and nobody is believed to have it`);
    }
    await ringLanes(stage, notified, how);
    const said = results.map(({ id, result }) => `${numbersOf(stage, [id])} ${result}`).join(', ');
    return `receipts ${askerText(asker)}: ${said}${notified.length > 0 ? ringText(how) : ''}`;
  };
}

/** For some messages in a row, whatever they are. */
export const receiptFor = (n: number, count: number, how: Ring, who?: number): Deed =>
  receipt(
    async ({ facts }) => {
      const from = n % Math.max(1, facts.messages.length);
      return facts.messages.slice(from, from + count);
    },
    how,
    who,
  );

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
    const { name, owner } = laneAt(stage.facts, n);
    const { store, notified } = officeStore(stage, stop);
    return asOperator(`an operator makes ${name} ${delivery}`, async () => {
      await changeDelivery(store, {
        organisationNumber: owner,
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
