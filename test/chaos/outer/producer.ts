/**
 * KA: puts frames on the gateway's queue, in order, and again until the broker has given its receipt. `node producer.ts FOLDER`; orders:
 * `{"do":"send","count":N,"seed":K,"mix":{…},"perSecond":R}`, answered when the broker has all of them;
 * `{"do":"withdraw","key":"type|org|number"}`.
 */
import { folderArgument, type Order, serveControl } from './control.ts';
import { openJournal } from './journal.ts';
import type { ProducedLine } from './lines.ts';
import { type Mix, planFrames, usualMix, withdrawalFrame } from './plan.ts';
import { createSending } from './sending.ts';
import { brokerOf } from './stomp.ts';
import { readWorld } from './world.ts';

const folder = folderArgument();
const world = readWorld(folder);
const journal = openJournal<ProducedLine>(folder, 'produced.jsonl');
const sending = createSending(brokerOf(folder, world), world.queues.in, journal);
let withdrawals = 0;

const number = (order: Order, name: string, otherwise: number): number => {
  const value = order[name] ?? otherwise;
  if (typeof value !== 'number') throw new TypeError(`${name} is a number`);
  return value;
};

serveControl(
  {
    send: async (order) => {
      const mix: Mix = { ...usualMix, ...(order['mix'] as Partial<Mix> | undefined) };
      const frames = planFrames(world, number(order, 'seed', world.seed), number(order, 'count', 1), mix);
      await sending.send(frames, number(order, 'perSecond', Number.POSITIVE_INFINITY));
      return { frames: frames.length };
    },
    withdraw: async (order) => {
      withdrawals += 1;
      await sending.send([withdrawalFrame(String(order['key']), `KA:${world.seed}:order:${withdrawals}`)]);
      return { frames: 1 };
    },
  },
  () => sending.stop(),
);
