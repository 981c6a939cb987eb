/** Frames from a queue, in batches, in order, acknowledged after each batch; comes back whenever the connection is lost. */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { IncomingFrame } from 'stompit';
import type { Log } from '../../platform/log.ts';
import { type Connection, reasonOf } from './connection.ts';
import { type Frame, heldBytes } from './frame.ts';
import { createLengths, type Lengths } from './lengths.ts';
import type { SetAside } from './read-frame.ts';

export interface Batch {
  /** At least one, in the broker's order. */
  readonly frames: readonly Frame[];
  /** Tells the broker that they are safe. Called again, or after the connection was lost, it does nothing. */
  ack(): void;
}

export interface ConsumeOptions {
  readonly queue: string;
  /** Frames the broker may send ahead of acknowledgement. */
  readonly prefetch: number;
  /** Frames in one batch at most. */
  readonly batch: number;
  /** Largest body in bytes that is held in memory. */
  readonly bodyBytes: number;
}

export interface Consumer {
  /** The broker that frames come from now; undefined: none. */
  connectedTo(): string | undefined;
  /** Milliseconds since there was a subscription; undefined: there is one. */
  awayFor(): number | undefined;
  /** When the oldest frame that is here and not acknowledged was sent; milliseconds since 1970. Undefined: none is, or it does not say. */
  oldest(): number | undefined;
  /** Finishes the batch under way, acknowledges it and says goodbye. */
  close(): Promise<void>;
}

export interface ConsumerNeeds {
  /** A new connection to the first broker that lets us in; tries each once. */
  connect(): Promise<Connection>;
  setAside: SetAside;
  /** Resolves after the back-off for so many failures in a row, or when `signal` fires. */
  pause(failures: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds without a frame after which the subscription is made anew: a broker can lose one and keep the connection. */
  readonly idle: number;
  readonly log: Log;
}

/**
 * Calls `onBatch` with one batch at a time, each with what has arrived, until `close`. When `onBatch` resolves, its frames are
 * acknowledged; when it rejects, the connection is dropped and the broker brings them again, in order, after a back-off.
 */
export function consume(
  needs: ConsumerNeeds,
  options: ConsumeOptions,
  onBatch: (batch: Batch) => Promise<void>,
): Consumer {
  const closing = new AbortController();
  let connection: Connection | undefined;
  let awaySince: number | undefined = performance.now();
  const lengths = createLengths();
  const inHand: InHand = { first: undefined };

  const run = async () => {
    let failures = 0;
    // Tries in a row that came to no subscription.
    let refused = 0;
    while (!closing.signal.aborted) {
      try {
        connection = await needs.connect();
        needs.log.info('intake listens', { broker: connection.address.text, queue: options.queue });
        const subscribed = () => {
          awaySince = undefined;
        };
        const given = { needs, options, onBatch, closing: closing.signal, lengths, subscribed, inHand };
        const { batches, why } = await serve(given, connection);
        if (closing.signal.aborted) return;
        refused = 0;
        failures = batches > 0 ? 0 : failures;
        const level = why === 'idle' || why === 'lengths are believed again' ? 'debug' : 'warn';
        needs.log[level]('intake left its broker', { broker: connection.address.text, reason: why, batches });
      } catch (error) {
        // Once loud, then once a minute or so: a broker that is away is away.
        needs.log[refused++ % 60 === 0 ? 'warn' : 'debug']('intake has no broker', {
          reason: reasonOf(error),
          failures: failures + 1,
        });
      } finally {
        const doubted = lengths.left(connection?.misread() ?? false);
        if (doubted !== undefined) needs.log.warn('intake asks its broker which lengths are true', doubted);
        connection = undefined;
        awaySince ??= performance.now();
      }
      await needs.pause(failures++, closing.signal);
    }
  };
  const running = run();
  return {
    connectedTo: () => connection?.address.text,
    awayFor: () => (awaySince === undefined ? undefined : performance.now() - awaySince),
    oldest: () => inHand.first?.timestamp,
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

/** The oldest frame that came and is not acknowledged. */
interface InHand {
  first: Frame | undefined;
}

interface Serving {
  readonly needs: ConsumerNeeds;
  readonly options: ConsumeOptions;
  readonly onBatch: (batch: Batch) => Promise<void>;
  readonly closing: AbortSignal;
  readonly lengths: Lengths;
  /** The broker has confirmed the subscription. */
  readonly subscribed: () => void;
  readonly inHand: InHand;
}

/** One connection's life. Returns only when no batch is under way: the next connection must not overtake it. */
async function serve(
  { needs, options, onBatch, closing, lengths, subscribed, inHand }: Serving,
  connection: Connection,
): Promise<{ batches: number; why: string }> {
  const left = { batches: 0, why: '' };
  const waiting: Frame[] = [];
  // Bytes that wait for their batch, with their headers; beyond this, nothing more is read until there is room.
  const room = Math.max(2 * options.bodyBytes, 64 * 1_048_576);
  let held = 0;
  let cameAt = performance.now();
  let emptied: () => void = () => undefined;
  let working: Promise<void> | undefined;
  let taking: Promise<void> = Promise.resolve();

  const work = async () => {
    // What came in one packet is in one batch.
    await setImmediate();
    while (waiting.length > 0 && !connection.over() && !closing.aborted) {
      const frames = waiting.splice(0, options.batch);
      held -= frames.reduce((sum, frame) => sum + heldBytes(frame), 0);
      if (held < room) emptied();
      let acknowledged = false;
      const ack = () => {
        if (acknowledged) return;
        acknowledged = true;
        for (const frame of frames) connection.ack(frame);
      };
      await onBatch({ frames, ack });
      ack();
      left.batches += 1;
      inHand.first = waiting[0];
    }
  };
  const start = () => {
    working ??= work()
      .catch((error: unknown) => connection.end(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        working = undefined;
        if (waiting.length > 0 && !connection.over() && !closing.aborted) start();
      });
  };
  const take = async (incoming: IncomingFrame) => {
    if (held >= room) {
      connection.reading(false);
      await new Promise<void>((resolve) => {
        emptied = resolve;
      });
      connection.reading(true);
    }
    // What was in the same packet as the frame that ended the connection.
    if (connection.over()) return;
    const frame = await lengths.read(needs.setAside, incoming, options.bodyBytes, connection.ended);
    connection.moved();
    cameAt = performance.now();
    held += heldBytes(frame);
    waiting.push(frame);
    inHand.first ??= frame;
    start();
  };

  const { promise: leave, resolve: leaveBecause } = Promise.withResolvers<string>();
  const onClosing = () => leaveBecause('closing');
  closing.addEventListener('abort', onClosing, { once: true });
  // It may have come while we were connecting; then no event follows.
  if (closing.aborted) onClosing();
  const begunAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const isIdle = !working && now - cameAt > needs.idle;
    const isPast = lengths.areAskedFor() && left.batches > 0 && now - begunAt > needs.idle;
    if (isIdle || isPast) lengths.believe();
    if (isIdle) leaveBecause('idle');
    else if (isPast) leaveBecause('lengths are believed again');
  }, needs.idle / 4);
  try {
    await connection.subscribe(
      {
        destination: `/queue/${options.queue}`,
        'activemq.exclusive': 'true',
        'activemq.prefetchSize': String(options.prefetch),
        ...lengths.headers(),
      },
      (incoming) => {
        // One after the other: a body on its way to the dead-letter queue must not be overtaken by the frames behind it.
        taking = taking.then(() => take(incoming)).catch((error: Error) => connection.end(error));
      },
    );
    subscribed();
    left.why = await Promise.race([connection.ended.then(reasonOf), leave]);
  } finally {
    clearInterval(timer);
    closing.removeEventListener('abort', onClosing);
    emptied();
    await working;
    // The broker has them all again.
    inHand.first = undefined;
    await connection.close();
  }
  return left;
}
