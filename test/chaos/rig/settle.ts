/** Waiting until nothing is on its way any more: every frame taken, every delivery at rest, every answer with KA. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverNames } from './cast.ts';
import type { ChaosStage } from './stage.ts';

/** What is not at rest yet, by the store and by the files of the outer world. */
export interface Unsettled {
  /** Frames that the broker has a receipt for and the ledger does not have. */
  readonly untaken: number;
  readonly waiting: number;
  readonly sending: number;
  /** Answers and dead letters that are not sent. */
  readonly owed: number;
  /** Of those that were sent, how many KA has not read. */
  readonly unread: number;
}

export interface Settling {
  readonly settled: boolean;
  readonly milliseconds: number;
  readonly last: Unsettled;
}

/** Milliseconds. Everything must have been at rest, and nothing new have come, for so long. */
const quiet = 4_000;
/** When nothing at all has moved for so long, not even a try that failed, nothing will. */
const stuck = 60_000;

/** @param limit milliseconds; then whatever is not settled is a finding. */
export async function settle(stage: ChaosStage, limit: number, progress: (text: string) => void): Promise<Settling> {
  const begun = performance.now();
  const elapsed = (): number => performance.now() - begun;
  let last: Unsettled = { untaken: 0, waiting: 0, sending: 0, owed: 0, unread: 0 };
  let before = '';
  let since = performance.now();
  let operatedAt = 0;
  let toldAt = 0;
  for (;;) {
    const looked = await look(stage).catch(() => undefined);
    if (looked) last = looked.unsettled;
    // A server that its full disk has brought down may fall after it was seen up.
    else for (const name of serverNames) await stage.servers.revive(name);
    const state = JSON.stringify(looked);
    if (state !== before) since = performance.now();
    before = state;
    const resting = looked !== undefined && Object.values(last).every((count) => count === 0);
    if (resting && performance.now() - since >= quiet) return { settled: true, milliseconds: elapsed(), last };
    if (elapsed() > limit || performance.now() - since > stuck)
      return { settled: false, milliseconds: elapsed(), last };
    if (elapsed() - toldAt > 5_000) {
      toldAt = elapsed();
      progress(
        `settling: ${Object.entries(last)
          .map(([what, count]) => `${what} ${count}`)
          .join(', ')}`,
      );
    }
    if (elapsed() - operatedAt > 8_000 && last.waiting > 0) {
      operatedAt = elapsed();
      await unblock(stage);
    }
    await sleep(500);
  }
}

type Count = 'frames' | 'waiting' | 'sending' | 'owed' | 'answers' | 'dead' | 'attempts';

async function look(stage: ChaosStage): Promise<{ unsettled: Unsettled; moved: readonly number[] }> {
  const { rows } = await stage.pool.query<Record<Count, number>>(
    `select (select count(*) from frame) as frames, (select count(*) from outbox where sent_at is null) as owed,
            (select count(*) from delivery where state = 'waiting') as waiting,
            (select count(*) from delivery where state = 'sending') as sending,
            (select count(*) from outbox where queue = 'status' and sent_at is not null) as answers,
            (select count(*) from dead_letter) as dead, (select count(*) from attempt) as attempts`,
  );
  const [row] = rows;
  if (!row) throw new Error('PostgreSQL counts nothing');
  const { frames, waiting, sending, owed, answers, dead, attempts } = row;
  const sent = linesOf(stage.folder, 'produced.jsonl').filter((line) => line.includes('"event":"sent"')).length;
  const read = linesOf(stage.folder, 'status.jsonl').length;
  const deadRead = linesOf(stage.folder, 'dead.jsonl').length;
  const unread = Math.max(0, answers - read) + Math.max(0, dead - deadRead);
  const unsettled = { untaken: Math.max(0, sent - frames), waiting, sending, owed, unread };
  return { unsettled, moved: [frames, attempts, read, deadRead] };
}

const linesOf = (folder: string, name: string): string[] =>
  existsSync(join(folder, name))
    ? readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];

/** What only an operator can move: a strict lane that stops at a refused or held delivery, a lane whose schedule is spent. */
async function unblock({ pool, operator }: ChaosStage): Promise<void> {
  const { rows: stopped } = await pool.query<{ org: string; state: string }>(
    `select distinct a.organisation_number as org, d.state
       from address a join delivery d on d.lane_id = a.id and d.current and d.state in ('refused', 'held')
      where a.ordering = 'strict' and exists (select from delivery w where w.lane_id = a.id and w.state = 'waiting')`,
  );
  for (const { org, state } of stopped)
    await operator(
      'message',
      'release',
      '--recipient',
      org,
      '--state',
      state,
      '--reason',
      'the lane stands still',
      '--yes',
    );
  const { rows: asleep } = await pool.query<{ org: string }>(
    `select a.organisation_number as org from lane l join address a using (id)
      where l.state = 'held' and l.wake_at is null and exists (select from delivery w where w.lane_id = l.id and w.state = 'waiting')`,
  );
  for (const { org } of asleep) await operator('supplier', 'release', org, '--reason', 'they are back');
}
