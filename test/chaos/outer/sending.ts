/** Sending in order with receipts: what has no receipt when a connection is lost is sent again, in order, on the next. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.ts';
import type { ProducedLine } from './lines.ts';
import type { PlannedFrame } from './plan.ts';
import { connectPatiently, type Stomp, type StompFrame, type StompOptions } from './stomp.ts';

export interface Sending {
  /** Resolves when the broker has given its receipt for each. @param perSecond at most so many. */
  send(frames: readonly PlannedFrame[], perSecond?: number): Promise<void>;
  stop(): void;
}

/** On their way to the broker at once; and milliseconds without a receipt after which a connection is left. */
const window = 40;
const patience = 20_000;

export function createSending(
  broker: Omit<StompOptions, 'onFrame'>,
  queue: string,
  journal: Pick<Journal<ProducedLine>, 'write'>,
): Sending {
  const stopping = new AbortController();
  let current: Stomp | undefined;
  let onReceipt: (id: string) => void = () => undefined;
  const onFrame = ({ command, headers }: StompFrame): void => {
    if (command === 'RECEIPT') onReceipt(headers['receipt-id'] ?? '');
  };
  const connected = async (): Promise<Stomp | undefined> => {
    current ??= await connectPatiently({ ...broker, onFrame }, stopping.signal);
    const mine = current;
    mine?.onEnd(() => {
      if (current === mine) current = undefined;
    });
    return mine;
  };

  /** @returns the frames that the broker has not confirmed; none, or the connection is over. */
  const sendOn = async (stomp: Stomp, frames: readonly PlannedFrame[], perSecond: number): Promise<PlannedFrame[]> => {
    const open = new Map<string, PlannedFrame>();
    const connection: { lost?: string } = {};
    let movedAt = Date.now();
    let wake: () => void = () => undefined;
    stomp.onEnd((why) => {
      connection.lost = why;
      wake();
    });
    onReceipt = (id) => {
      const frame = open.get(id);
      if (!frame) return;
      open.delete(id);
      movedAt = Date.now();
      journal.write({ event: 'sent', ka: frame.line.ka });
      wake();
    };
    const until = async (done: () => boolean): Promise<void> => {
      while (connection.lost === undefined && !done()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, 1_000);
        await promise;
        clearTimeout(timer);
        if (Date.now() - movedAt > patience) stomp.end('no receipt in time');
      }
    };
    let next = 0;
    for (; next < frames.length; next++) {
      await until(() => open.size < window);
      const frame = frames[next];
      if (connection.lost !== undefined || stopping.signal.aborted || !frame) break;
      if (open.size === 0) movedAt = Date.now();
      const id = `r-${next}`;
      open.set(id, frame);
      // On record before the first byte: what is sent is known.
      journal.write(frame.line);
      const { headers, body, isText } = frame;
      const all = { ...headers, destination: `/queue/${queue}`, persistent: 'true', receipt: id };
      stomp.write('SEND', all, body, isText);
      if (perSecond < 1_000) await sleep(1_000 / perSecond);
    }
    await until(() => open.size === 0);
    const unsure = [...open.values()];
    for (const { line } of unsure)
      journal.write({ event: 'unsure', ka: line.ka, why: connection.lost ?? 'told to stop' });
    return [...unsure, ...frames.slice(next)];
  };

  return {
    send: async (frames, perSecond = Number.POSITIVE_INFINITY) => {
      let left: readonly PlannedFrame[] = frames;
      while (left.length > 0 && !stopping.signal.aborted) {
        const stomp = await connected();
        if (stomp) left = await sendOn(stomp, left, perSecond);
      }
      if (left.length > 0) throw new Error(`told to stop with ${left.length} frames not sent`);
    },
    stop: () => {
      stopping.abort();
      current?.end('told to stop');
    },
  };
}
