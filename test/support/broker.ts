/** Shared verbs of tests that talk to a real broker. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Broker, type BrokerOptions, createBroker } from '../../src/intake/broker/broker.ts';
import type { Batch, ConsumeOptions, Consumer } from '../../src/intake/broker/consumer.ts';
import type { Frame, OutgoingFrame } from '../../src/intake/broker/frame.ts';
import type { Sender } from '../../src/intake/broker/sender.ts';
import { silentLog } from '../../src/platform/log.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Our door to the brokers at `urls`, with short patience. */
export function testBroker(
  urls: readonly string[],
  credentials: Credentials,
  more: Partial<BrokerOptions> = {},
): Broker {
  return createBroker({
    urls,
    user: credentials.user,
    password: credentials.password,
    heartbeat: 2_000,
    watchdog: 4_000,
    log: silentLog,
    random: Math.random,
    ...more,
  });
}

export function textFrame(queue: string, text: string, headers: Record<string, string> = {}): OutgoingFrame {
  return { queue, headers, body: Buffer.from(text), isText: true };
}

/** `from` to `to` (not included) as text frames. */
export function numbered(queue: string, from: number, to: number): OutgoingFrame[] {
  return Array.from({ length: to - from }, (_, i) => textFrame(queue, String(from + i)));
}

export interface Collected {
  readonly consumer: Consumer;
  readonly frames: readonly Frame[];
  /** Bodies as text. */
  texts(): string[];
  /** Resolves when `count` frames were taken. */
  reached(count: number): Promise<void>;
}

/** Consumes a queue and keeps every frame whose batch was taken; `onBatch` may reject a batch before. */
export function collect(
  broker: Broker,
  queue: string,
  options: Partial<ConsumeOptions> & { readonly onBatch?: (batch: Batch) => Promise<void> } = {},
): Collected {
  const frames: Frame[] = [];
  const waiting = new Set<{ count: number; done: () => void }>();
  const { onBatch, ...more } = options;
  const consumer = broker.consume(
    { queue, prefetch: 50, batch: 20, bodyBytes: 1_048_576, ...more },
    () => Promise.reject(new Error('nothing is to be set aside here')),
    async (batch) => {
      await onBatch?.(batch);
      frames.push(...batch.frames);
      for (const one of waiting) if (frames.length >= one.count) one.done();
    },
  );
  return {
    consumer,
    frames,
    texts: () => frames.map(({ body }) => body.toString()),
    reached: (count) =>
      new Promise((resolve) => {
        if (frames.length >= count) resolve();
        else waiting.add({ count, done: resolve });
      }),
  };
}

/** Sends until the broker lets us. */
export async function sendPatiently(sender: Sender, frames: readonly OutgoingFrame[]): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await sender.send(frames);
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Runs a single-file Java program with ActiveMQ's client library. @returns what it printed. */
export async function runJava(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const jars = readdirSync('/usr/share/activemq/lib').filter((name) => name.endsWith('.jar'));
  const classPath = jars.map((name) => join('/usr/share/activemq/lib', name)).join(':');
  const { stdout } = await promisify(execFile)('java', ['-cp', classPath, file, ...args], {
    env: { ...process.env, ...env },
  });
  return stdout;
}
