/** Shared verbs of tests that talk to a real broker. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
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

const libraries = '/usr/share/activemq/lib';
/** For programs that live a second. */
const brief = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
const runs = promisify(execFile);
const compiled = new Map<string, Promise<string>>();

/** Runs a single-file Java program with ActiveMQ's client library; compiles it once. @returns what it printed. */
export async function runJava(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const jars = readdirSync(libraries).filter((name) => name.endsWith('.jar'));
  const classPath = jars.map((name) => join(libraries, name)).join(':');
  const made = compiled.get(file) ?? compile(file, classPath);
  compiled.set(file, made);
  const words = [...brief, '-cp', `${await made}:${classPath}`, basename(file, '.java'), ...args];
  const { stdout } = await runs('java', words, { env: { ...process.env, ...env } });
  return stdout;
}

/** The compiler is in every Java, the command that calls it is not. @returns the folder of the classes */
async function compile(file: string, classPath: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kuvert-java-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const compiler = ['-m', 'jdk.compiler/com.sun.tools.javac.Main', '-encoding', 'UTF-8', '-cp', classPath];
  await runs('java', [...brief, ...compiler, '-d', folder, file]);
  return folder;
}
