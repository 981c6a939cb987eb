/** A supplier's program that fetches: it lists, fetches, keeps and gives receipts, each as its temper is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { drawn } from '../random.ts';
import type { CollectorTemper } from '../world.ts';
import type { Client } from './client.ts';
import type { Listed, Mailbox } from './mailbox.ts';

export interface CollectorOptions {
  readonly org: string;
  readonly client: Pick<Client, 'hangUp'>;
  readonly mailbox: Mailbox;
  readonly temper: CollectorTemper;
  /** Ids that others were given: what must never be ours. */
  readonly others: { note(org: string, id: string): void; of(org: string): string | undefined };
}

export interface Collector {
  temper(temper: CollectorTemper): void;
  stop(): void;
}

/** Milliseconds between two looks when there is nothing new, and after trouble. */
const pause = 300;
/** Seconds. */
const longPoll = 3;
/** Pages of one look. */
const mostPages = 20;

export function startCollector({ org, client, mailbox, others, ...options }: CollectorOptions): Collector {
  let { temper } = options;
  const ending = new AbortController();
  const { signal } = ending;
  /** When each was kept; what it has forgotten is not here. */
  let has = new Map<string, number>();
  let looks = 0;

  const look = async (): Promise<void> => {
    looks += 1;
    const mine = temper;
    const listed = await everything(mailbox);
    const fresh = listed.filter(({ id }) => !has.has(id));
    for (const { id } of fresh) {
      if (temper !== mine || signal.aborted) return;
      others.note(org, id);
      if (!(await mailbox.fetch(id))) continue;
      has.set(id, Date.now());
      if (mine === 'fetching-twice') await mailbox.fetch(id);
    }
    await say(listed, mine);
    if (looks % 3 === 0) await pry();
    if (fresh.length === 0) await sleep(pause);
  };

  /** Receipts for what it has and the gateway does not know it to have. */
  const say = async (listed: readonly Listed[], mine: CollectorTemper): Promise<void> => {
    if (mine === 'never') return;
    const due = listed.map(({ id }) => id).filter((id) => has.has(id));
    if (mine === 'forgetful' && drawn(org, looks, 'dies') % 2 === 0) {
      has = new Map();
      client.hangUp();
      return;
    }
    const old = (id: string): boolean => Date.now() - (has.get(id) ?? 0) > 1_000 + (drawn(id, 'late') % 2_000);
    const ready = mine === 'late' ? due.filter(old) : due;
    if (ready.length === 0) return;
    const how = drawn(org, looks, 'how') % 2 === 0 ? 'together' : 'one by one';
    await mailbox.receipt(ready, how);
    if (mine === 'receipting-twice') await mailbox.receipt(ready, 'one by one');
  };

  /** Asks for what is another's, and says that it has it: the answer must be the same as for what is nowhere. */
  const pry = async (): Promise<void> => {
    const id = others.of(org);
    if (id === undefined) return;
    await mailbox.fetch(id);
    await mailbox.receipt([id], 'one by one');
    await mailbox.receipt([id], 'together');
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      if (temper === 'off') await sleep(pause);
      else
        try {
          await look();
        } catch {
          // The gateway is away, or the connection to it: it tries again, like anybody.
          await sleep(pause);
        }
    }
  };
  void run();
  return {
    temper: (next) => {
      temper = next;
    },
    stop: () => {
      ending.abort();
      client.hangUp();
    },
  };
}

/** All that is listed, from the start; the first page may be waited for. */
async function everything(mailbox: Mailbox): Promise<Listed[]> {
  const all: Listed[] = [];
  let after: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { listed, next } = await mailbox.list(after, page === 0 ? longPoll : 0);
    all.push(...listed);
    if (next === undefined) break;
    after = next;
  }
  return all;
}
