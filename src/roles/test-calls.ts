/** Test calls that operators ask for: a handshake with the endpoint, as a held lane is probed, and never a message. */
import type { ProbeOutcome } from '../delivery/push/types.ts';
import { errorText, type Log } from '../platform/log.ts';
import { type LaneTarget, readTargets } from '../store/lane/target.ts';
import { answerTestCall, openTestCalls, type TestCallResult, takeTestCall } from '../store/operator/test-calls.ts';
import type { Pool } from '../store/pool.ts';

export interface TestCalls {
  /** What came over the channel: an id, or nothing when something may have been missed. */
  heard(payload: string): void;
  /** No more are taken; when those that were are answered. */
  close(): Promise<void>;
}

/** Handshakes at once; more stay where another process takes them, or nobody. */
const mostAtOnce = 20;

/** @param call the handshake, judged as before a push */
export function answerTestCalls(
  { pool, log }: { readonly pool: Pool; readonly log: Log },
  call: (target: LaneTarget) => Promise<ProbeOutcome>,
): TestCalls {
  const running = new Set<Promise<void>>();
  let closed = false;
  const answer = async (id: number): Promise<void> => {
    const lane = await takeTestCall(pool, id);
    if (lane === undefined) return;
    const target = (await readTargets(pool, [lane])).get(lane);
    const result: TestCallResult =
      target === undefined
        ? { kind: 'not-sent', detail: 'nothing is pushed to the address', totalMs: 0 }
        : await call(target);
    await answerTestCall(pool, id, result);
    log.info('an endpoint was called as a test', { address: lane, call: id, result: result.kind });
  };
  const begin = (work: () => Promise<void>): void => {
    if (closed || running.size >= mostAtOnce) return;
    const one = work()
      .catch((error: unknown) => log.warn('a test call could not be made', { error: errorText(error) }))
      .finally(() => running.delete(one));
    running.add(one);
  };
  const catchUp = async (): Promise<void> => {
    for (const id of await openTestCalls(pool)) begin(() => answer(id));
  };
  return {
    heard: (payload) => begin(payload === '' ? catchUp : () => answer(Number(payload))),
    close: async () => {
      closed = true;
      await Promise.all(running);
    },
  };
}
