/** `kuvert message resend` and `release` for many messages: what it would be first, then one after the other. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { DeliveryState } from '../domain/delivery.ts';
import { Fault } from '../domain/fault.ts';
import type { MessageType } from '../domain/message.ts';
import type { OrganisationNumber } from '../domain/organisation-number.ts';
import {
  auditAction,
  type ManyAction,
  type ManyMoved,
  type ManyOrder,
  manyActions,
  moveMany,
  statesFor,
} from '../operations/many-messages.ts';
import { untilTold } from '../platform/lifecycle.ts';
import { type Selected, selectMessages } from '../store/messages-selected.ts';
import type { Pool } from '../store/pool.ts';
import { messageType, organisationNumber, rate, since, whole } from './arguments.ts';
import type { Context } from './context.ts';
import { describeSelected, manyTold } from './message-many-print.ts';
import { startProgress } from './progress.ts';
import { actor, withStore } from './store.ts';
import { json, type Terminal } from './terminal.ts';

export interface ManyOptions {
  readonly reason: string;
  readonly json?: true;
  readonly recipient?: OrganisationNumber;
  readonly state?: DeliveryState;
  readonly type?: MessageType;
  readonly fromSequence?: number;
  readonly toSequence?: number;
  readonly since?: Date;
  readonly rate?: number;
  readonly yes?: true;
}

/** More than this are done in parts. */
const mostSelected = 100_000;
const usualRate = 20;

export const isManyAction = (action: string): action is ManyAction => manyActions.some((one) => one === action);

export function addSelection(command: Command, action: ManyAction): void {
  const [usual, ...others] = statesFor[action];
  command.option('--recipient <organisation-number>', 'many: those to this organisation', organisationNumber);
  if (others.length > 0)
    command.option('--state <state>', `many: those in this state, ${[usual, ...others].join(' or ')}`, stateOf(action));
  command
    .option('--type <message-type>', 'many: only of this type', messageType)
    .option('--from-sequence <number>', 'many: from this sequence number', whole(1, 1e15))
    .option('--to-sequence <number>', 'many: to this sequence number', whole(1, 1e15))
    .option('--since <time>', `many: only ${usual} since then: a time, a date, or a duration such as 2h`, since)
    .option('--rate <rate>', `many: how fast, such as 30/m (default: ${usualRate}/s)`, rate)
    .option('--yes', 'many: do it; without it, only what would be done is told');
}

const stateOf = (action: ManyAction) => (text: string) => {
  const state = statesFor[action].find((one) => one === text);
  if (state === undefined) throw new InvalidArgumentError(`One of ${statesFor[action].join(', ')} is expected.`);
  return state;
};

/** @throws Fault `argument-invalid` when something was said about many messages, and no supplier named */
export function refuseSelection(options: ManyOptions): void {
  const name = Object.keys(options).find((option) => option !== 'reason' && option !== 'json');
  if (name === undefined) return;
  const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new Fault('argument-invalid', `--${option} goes only with --recipient: it is for many messages`);
}

export async function moveSelected(
  { terminal, exitWith }: Context,
  action: ManyAction,
  reference: string | undefined,
  options: ManyOptions & { readonly recipient: OrganisationNumber },
): Promise<void> {
  if (reference !== undefined)
    throw new Fault('argument-invalid', `either one message (${reference}) or many with --recipient, not both`);
  const order = orderOf(action, options);
  await withStore(async (pool) => {
    // 1. What it would be.
    const selected = await select(pool, order);
    const many = { action, selection: order.selection, selected, rate: order.rate };
    if (options.yes !== true || selected.messages.length === 0) {
      const { messages, ...rest } = selected;
      terminal.out(
        options.json ? json({ dryRun: true, selected: messages.length, ...rest, messages }) : describeSelected(many),
      );
      return;
    }
    // 2. Done, until it is over or somebody stops it.
    const moved = await carryOut(terminal, pool, order, selected);
    if (moved.left > 0) exitWith(1);
    terminal.out(options.json ? json(moved) : manyTold(moved, many));
  });
}

function orderOf(action: ManyAction, options: ManyOptions & { readonly recipient: OrganisationNumber }): ManyOrder {
  const { recipient, state = statesFor[action][0], type, fromSequence, toSequence, since: from, reason } = options;
  if (fromSequence !== undefined && toSequence !== undefined && fromSequence > toSequence)
    throw new Fault('argument-invalid', `--from-sequence ${fromSequence} comes after --to-sequence ${toSequence}`);
  // Everything that was ever delivered is hardly ever meant.
  if (action === 'resend' && fromSequence === undefined && toSequence === undefined && from === undefined)
    throw new Fault('argument-invalid', 'say which: --from-sequence and --to-sequence, or --since');
  const notYet = { action: auditAction(action), reason };
  return {
    action,
    selection: { recipient, state, messageType: type, fromSequence, toSequence, since: from, notYet },
    actor: actor(),
    reason,
    rate: options.rate ?? usualRate,
  };
}

async function select(pool: Pool, { selection }: ManyOrder): Promise<Selected> {
  const selected = await selectMessages(pool, selection, mostSelected + 1);
  if (selected.messages.length + selected.movedBefore > mostSelected)
    throw new Fault('argument-invalid', `more than ${mostSelected} messages fit; narrow it with --to-sequence`);
  return selected;
}

async function carryOut({ err }: Terminal, pool: Pool, order: ManyOrder, selected: Selected): Promise<ManyMoved> {
  const total = selected.messages.length;
  let behind = 0;
  const stop = new AbortController();
  const { told, forget } = untilTold();
  void told.then(() => stop.abort());
  const bar = await startProgress(`${order.action} to ${order.selection.recipient}`, total);
  try {
    return await moveMany(
      {
        pool,
        now: () => new Date(),
        wait: (milliseconds) => pause(milliseconds, undefined, { signal: stop.signal }).catch(() => undefined),
        stopped: () => stop.signal.aborted,
        progress: (done) => {
          behind = done;
          bar.at(done);
        },
      },
      order,
      selected,
    );
  } catch (error) {
    bar.end();
    err(`Came to ${behind} of ${total} messages; the same command goes on with the rest.`);
    throw error;
  } finally {
    bar.end();
    forget();
  }
}
