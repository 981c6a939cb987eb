/** Outbox → broker: sends what is unsent, oldest first, and marks it when the broker has it. At least once. */
import { setTimeout } from 'node:timers/promises';
import { errorText, type Log } from '../platform/log.ts';
import type { UnsentRow } from '../store/outbox.ts';
import type { OutgoingFrame } from './broker/frame.ts';
import { deadLetterFrame } from './dead-letter.ts';

export interface OutboxDeps {
  /** Runs `work` while no other process sends; undefined when another does. What `work` marks is kept only if it resolves. */
  alone<T>(work: (rows: UnsentRows) => Promise<T>): Promise<T | undefined>;
  /** Resolves when the broker has all of them on disk. */
  send(frames: readonly OutgoingFrame[]): Promise<void>;
  readonly queues: { readonly status: string; readonly dead: string };
  /** Rows in one batch at most. */
  readonly batch: number;
  readonly log: Log;
}

export interface UnsentRows {
  /** Oldest first. */
  take(limit: number, bytes: number): Promise<readonly UnsentRow[]>;
  mark(ids: readonly number[]): Promise<void>;
}

/** Dead letters' bytes in memory at once. */
const batchBytes = 16 * 1_048_576;

/** Sends until nothing is left, or another process sends, or `stopped` says so between two batches. @returns how many rows were sent. */
export async function sendOutbox(deps: OutboxDeps, stopped: () => boolean = () => false): Promise<number> {
  let total = 0;
  while (!stopped()) {
    const sent = await deps.alone(async (rows) => {
      const unsent = await rows.take(deps.batch, batchBytes);
      if (unsent.length === 0) return unsent;
      await deps.send(unsent.flatMap((row) => toFrame(deps.queues, row) ?? []));
      await rows.mark(unsent.map((row) => row.id));
      return unsent;
    });
    if (sent === undefined || sent.length === 0) break;
    total += sent.length;
    const oldest = sent[0]?.createdAt.getTime() ?? Date.now();
    deps.log.debug('outbox sent', { rows: sent.length, oldestMs: Date.now() - oldest });
    // Fewer than could be taken: there was no more, unless large dead letters filled the batch.
    if (sent.length < deps.batch && !sent.some(({ queue }) => queue === 'dead')) break;
  }
  return total;
}

function toFrame(queues: OutboxDeps['queues'], row: UnsentRow): OutgoingFrame | undefined {
  // Was streamed to the queue, whole, before it was stored.
  if (row.queue === 'dead') return row.fault === 'frame-too-large' ? undefined : deadLetterFrame(queues.dead, row);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(row.headers)) if (typeof value === 'string') headers[name] = value;
  // JMSCorrelationID, for whoever asks by it.
  if (headers['correlationId']) headers['correlation-id'] = headers['correlationId'];
  return { queue: queues.status, headers, body: Buffer.from(row.body), isText: true };
}

export interface OutboxLoop {
  /** Something was written: look now. */
  wake(): void;
  /** Finishes the batch under way. */
  close(): Promise<void>;
}

/**
 * Looks when woken, and every `every` milliseconds; goes on whatever fails.
 * @param gap milliseconds between two looks at least: what is written meanwhile goes in one batch.
 */
export function runOutbox(deps: OutboxDeps, every: number, gap: number): OutboxLoop {
  const stop = new AbortController();
  let woken = false;
  let rouse: () => void = () => undefined;
  let failures = 0;
  const run = async () => {
    while (!stop.signal.aborted) {
      woken = false;
      try {
        await sendOutbox(deps, () => stop.signal.aborted);
        if (failures > 0) deps.log.info('outbox goes on', { failures });
        failures = 0;
      } catch (error) {
        // Once loud, then once a minute or so: a broker that is away is away.
        deps.log[failures++ % 60 === 0 ? 'warn' : 'debug']('outbox could not send', {
          failures,
          error: errorText(error),
        });
        woken = false;
      }
      if (stop.signal.aborted) continue;
      await setTimeout(gap, undefined, { signal: stop.signal }).catch(() => undefined);
      if (woken || stop.signal.aborted) continue;
      const sleep = new AbortController();
      rouse = () => sleep.abort();
      await setTimeout(every, undefined, { signal: sleep.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    wake: () => {
      woken = true;
      if (failures === 0) rouse();
    },
    close: async () => {
      stop.abort();
      rouse();
      await running;
    },
  };
}
