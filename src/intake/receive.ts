/** A batch of frames from the broker becomes messages, duplicates and dead letters in the store. docs/architecture.md tells the same. */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { Fault } from '../domain/fault.ts';
import { maskOrganisationNumber } from '../domain/organisation-number.ts';
import { errorText } from '../platform/log.ts';
import type { Accepted, TakenFrame, Verdict, WithdrawalFrame } from '../store/accept/frames.ts';
import { isServerTrouble } from '../store/pool.ts';
import type { Batch } from './broker/consumer.ts';
import { asDeadLetter, type CheckDeps, check } from './check.ts';

export interface ReceiveDeps extends CheckDeps {
  /** One transaction: all of the batch or nothing of it. */
  store(batch: readonly TakenFrame[]): Promise<Accepted>;
  /** One transaction, of its own. */
  withdraw(frame: WithdrawalFrame): Promise<Accepted>;
  /** Tells delivery that these lanes have something to do. */
  wake(lanes: readonly number[]): Promise<void> | void;
  /** Tells who waits to fetch that something was put in these lanes. Waits for nothing. */
  tell(lanes: readonly number[]): void;
}

/**
 * Takes one batch. Rejects only when the store is in trouble; then nothing was acknowledged and the broker brings the frames
 * again, those that were stored nevertheless are known by the ledger.
 */
export async function receive(deps: ReceiveDeps, batch: Batch): Promise<void> {
  const begun = performance.now();
  // 1 read and 2 check: whatever a frame is, it becomes something that can be stored.
  const taken = await checkAll(deps, batch);
  const checked = performance.now();
  // 3 store: before the broker may forget. A batch is one transaction, unless KA withdraws something in it.
  const { verdicts, wake, filled } = await storeAll(deps, taken);
  const stored = performance.now();
  // 4 ack: only now.
  batch.ack();
  // 5 wake: not before the commit, or delivery would look and find nothing. A wake that is lost costs seconds: the sweeper looks too.
  if (wake.length > 0) {
    try {
      await deps.wake(wake);
    } catch (error) {
      deps.log.warn('lanes were not woken', { lanes: wake.length, error: errorText(error) });
    }
  }
  // And those who wait to fetch. Who is not told hears of it when its wait is over and it asks again.
  deps.tell(filled);
  taken.forEach((frame, i) => logFrame(deps, frame, verdicts[i]));
  deps.log.debug('batch taken', {
    frames: taken.length,
    lanes: wake.length,
    checkMs: Math.round(checked - begun),
    storeMs: Math.round(stored - checked),
  });
}

type Taken = TakenFrame | WithdrawalFrame;

async function checkAll(deps: ReceiveDeps, { frames }: Batch): Promise<Taken[]> {
  const taken: Taken[] = [];
  let since = performance.now();
  for (const frame of frames) {
    taken.push(check(deps, frame));
    // Heart-beats and other connections must not wait for a hundred large documents.
    if (performance.now() - since > 5) {
      await setImmediate();
      since = performance.now();
    }
  }
  return taken;
}

/** In the order of the queue: a withdrawal sees what stands before it in the batch, and not what stands behind it. */
async function storeAll(deps: ReceiveDeps, taken: readonly Taken[]): Promise<Accepted> {
  const parts: Accepted[] = [];
  for (let at = 0; at < taken.length; ) {
    const frame = taken[at];
    if (frame?.kind === 'withdrawal') {
      parts.push(await storeOne(deps, frame));
      at += 1;
      continue;
    }
    const next = taken.findIndex(({ kind }, i) => i > at && kind === 'withdrawal');
    const run = taken.slice(at, next === -1 ? undefined : next).filter((one) => one.kind !== 'withdrawal');
    parts.push(await storeBatch(deps, run));
    at += run.length;
  }
  return together(parts);
}

function together(parts: readonly Accepted[]): Accepted {
  return {
    verdicts: parts.flatMap(({ verdicts }) => verdicts),
    wake: [...new Set(parts.flatMap(({ wake }) => wake))],
    filled: [...new Set(parts.flatMap(({ filled }) => filled))],
  };
}

/** One bad frame never wedges the rest: what the store does not take in a batch it gets one by one. */
async function storeBatch(deps: ReceiveDeps, taken: readonly TakenFrame[]): Promise<Accepted> {
  try {
    return await deps.store(taken);
  } catch (error) {
    if (isServerTrouble(error)) throw error;
    deps.log.warn('a batch was not stored; frame by frame now', { frames: taken.length, error: errorText(error) });
  }
  const parts: Accepted[] = [];
  for (const frame of taken) parts.push(await storeOne(deps, frame));
  return together(parts);
}

async function storeOne(deps: ReceiveDeps, frame: Taken): Promise<Accepted> {
  const fault = (error: unknown) =>
    new Fault('frame-unstorable', `The store did not take the frame: ${errorText(error).slice(0, 500)}`, {
      cause: error,
    });
  try {
    return frame.kind === 'withdrawal' ? await deps.withdraw(frame) : await deps.store([frame]);
  } catch (error) {
    if (isServerTrouble(error)) throw error;
    deps.log.error('a frame was not stored; it becomes a dead letter', { ...facts(frame), error: errorText(error) });
    try {
      return await deps.store([asDeadLetter(frame, fault(error))]);
    } catch (again) {
      if (isServerTrouble(again)) throw again;
      return storeBare(deps, asDeadLetter(frame, fault(error)));
    }
  }
}

/** The last form: bytes, headers and fault, nothing that was read out of them. If even that fails, no frame can be kept and none is acknowledged. */
async function storeBare(deps: ReceiveDeps, frame: ReturnType<typeof asDeadLetter>): Promise<Accepted> {
  const nothing = { messageType: undefined, documentNumber: undefined, recipient: undefined };
  try {
    return await deps.store([
      { ...frame, ...nothing, kaMessageId: undefined, correlationId: undefined, fault: new Fault('frame-unstorable') },
    ]);
  } catch (error) {
    deps.log.error('not even a dead letter can be stored; intake stands still until it can', {
      ...facts(frame),
      error: errorText(error),
    });
    throw error;
  }
}

function facts(frame: Taken): Record<string, unknown> {
  const { messageType, recipient, documentNumber } = frame.kind === 'document' ? frame.key : frame;
  return {
    brokerMessageId: frame.brokerMessageId,
    kaMessageId: frame.kaMessageId === frame.brokerMessageId ? undefined : frame.kaMessageId,
    correlationId: frame.correlationId,
    messageType,
    recipient: recipient && maskOrganisationNumber(recipient),
    documentNumber,
    bytes: frame.kind === 'document' ? frame.document.length : frame.body.length,
  };
}

function logFrame(deps: ReceiveDeps, frame: Taken, verdict: Verdict | undefined): void {
  const { kind, code, ...more }: { kind: string; code?: string } = verdict ?? { kind: 'unknown' };
  const fault = frame.kind === 'dead-letter' ? frame.fault.code : code;
  deps.log.info('frame taken', { verdict: kind, ...more, fault, ...facts(frame) });
}
