/** The end of a run: everybody is well, and what can be delivered must be. */

import { importAddresses } from './addresses.ts';
import { letOneActForAll } from './agents.ts';
import { judge } from './commands.ts';
import { laneOrder, messageOrder, pass, ringLate, stall, sweepNow } from './deeds.ts';
import { leftAtAgents } from './mandates.ts';
import { deliverable, type Snapshot } from './snapshot.ts';
import { living, quiet, type Stage, until } from './stage.ts';

/** Rounds of sweeping and waiting without any progress, after which what is left is left for good. */
const patience = 4;

export async function runDry(stage: Stage): Promise<void> {
  stage.story.push('everybody is well from here on');
  await free(stage);
  // 1 nobody does anything but the sweeper, and time.
  const seen = await settleDown(stage);
  const left = [...overdue(seen), ...leftAtAgents(stage.facts, seen.deliveries)];
  if (left.length > 0) throw new Error(left.join('\n'));
  // 2 operators put everything right.
  stage.story.push('operators put everything right');
  await putRight(stage);
  await allDelivered(stage, await settleDown(stage));
}

/** What goes without anybody's help and has not gone. */
function overdue(seen: Snapshot): string[] {
  const lanes = seen.lanes.flatMap((lane) => {
    const waits = !lane.pushed || lane.state === 'paused' || (lane.state === 'held' && lane.wake === null);
    const left = waits ? 0 : deliverable(seen, lane).length;
    return left > 0 ? [`lane ${lane.name} is ${lane.state} and never delivers ${left} messages`] : [];
  });
  const sending = seen.deliveries.filter(({ state }) => state === 'sending').length;
  return sending > 0 ? [...lanes, `${sending} deliveries are sending for ever`] : lanes;
}

async function free(stage: Stage): Promise<void> {
  for (const { watch } of stage.world.processes) watch.stop = undefined;
  stage.free = true;
  for (const hand of living(stage)) {
    hand.trouble = undefined;
    hand.plan = ['delivered'];
    hand.open();
  }
  for (const [n, { id }] of stage.facts.lanes.entries())
    if (stage.hands.some(({ lane, dead }) => dead && lane === id)) await stall(n)(stage);
  while (stage.unrung.length > 0) await ringLate(0)(stage);
}

async function settleDown(stage: Stage): Promise<Snapshot> {
  let fewest = Number.POSITIVE_INFINITY;
  for (let fruitless = 0; ; fruitless++) {
    await rest(stage);
    await sweepNow()(stage);
    await rest(stage);
    const seen = await judge(stage);
    const left = seen.deliveries.filter(({ state }) => state === 'waiting' || state === 'sending').length;
    if (left < fewest) fruitless = 0;
    fewest = Math.min(fewest, left);
    if (overdue(seen).length === 0 || fruitless === patience) return seen;
    await pass(130)(stage);
  }
}

async function rest(stage: Stage): Promise<void> {
  await quiet(stage);
  await until(stage, 'the hands come to rest', () => stage.hands.every(({ ended, dead }) => ended || dead));
  await quiet(stage);
}

async function putRight(stage: Stage): Promise<void> {
  stage.addresses = stage.addresses.map((address) => ({
    ...address,
    present: true,
    delivery: 'push',
  }));
  await importAddresses(stage.world.pool, stage.organisations, stage.addresses);
  await letOneActForAll(stage);
  for (const [n, lane] of stage.facts.lanes.entries()) {
    await laneOrder(n, lane.paused ? 'resume' : 'release', 'now')(stage);
    lane.forgotten = true;
  }
  for (const [n, message] of stage.facts.messages.entries())
    if (!stage.facts.cancelled.has(message)) await messageOrder(n, 'release', 'now')(stage);
}

async function allDelivered(stage: Stage, seen: Snapshot): Promise<void> {
  const wrong = seen.deliveries.flatMap(({ id, message, current, state, number }) => {
    const right = state === 'delivered' || (state === 'cancelled' && stage.facts.cancelled.has(message));
    return right || !current ? [] : [`delivery ${id} (number ${number}) is ${state} at the very end`];
  });
  const { rows } = await stage.world.pool.query<{ message: string; told: number }>(
    `select body::jsonb ->> 'messageId' as message, count(*) as told from outbox where headers ->> 'answer' = 'delivered' group by 1`,
  );
  for (const message of stage.facts.messages) {
    const delivered = seen.deliveries.filter((one) => one.message === message && one.state === 'delivered').length;
    const told = rows.find((row) => row.message === message)?.told ?? 0;
    if (told !== delivered)
      wrong.push(`message ${message} was delivered ${delivered} times, and KA was told ${told} times`);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}
