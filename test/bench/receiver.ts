/** The process that plays all suppliers of a bench. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CredentialFiles } from '../../src/pki/dev-certificates.ts';

/** answers: 204 · refuses: connections are reset · silent: they are accepted, and then nothing is said, not even TLS. */
export type Manner = 'answers' | 'refuses' | 'silent';

/** What came: at the same index the message's id, the supplier's index, and the time (`clock`) of the answer. */
export interface Arrivals {
  readonly ids: readonly string[];
  readonly suppliers: readonly number[];
  readonly times: readonly number[];
}

export type ToReceiver =
  | { readonly kind: 'listen'; readonly caFile: string; readonly suppliers: readonly CredentialFiles[] }
  | { readonly kind: 'behave'; readonly supplier: number; readonly manner: Manner }
  | { readonly kind: 'take' };
export type FromReceiver =
  | { readonly kind: 'listening'; readonly ports: readonly number[] }
  | { readonly kind: 'behaves' }
  | { readonly kind: 'count'; readonly count: number }
  | ({ readonly kind: 'taken' } & Arrivals);

export interface Receiver {
  readonly pid: number;
  readonly ports: readonly number[];
  /** Requests answered since the last `take`, as of some 50 ms ago. */
  count(): number;
  /** Hands over what came, and forgets it. */
  take(): Promise<Arrivals>;
  behave(supplier: number, manner: Manner): Promise<void>;
  stop(): Promise<void>;
}

export async function startReceiver(caFile: string, suppliers: readonly CredentialFiles[]): Promise<Receiver> {
  const child = fork(fileURLToPath(new URL('receiver-process.ts', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let count = 0;
  child.on('message', (message: FromReceiver) => {
    if (message.kind === 'count') count = message.count;
  });
  const { ports } = await ask(child, { kind: 'listen', caFile, suppliers }, 'listening');
  return {
    pid: child.pid ?? 0,
    ports,
    count: () => count,
    take: async () => {
      const taken = await ask(child, { kind: 'take' }, 'taken');
      count = 0;
      return taken;
    },
    behave: async (supplier, manner) => void (await ask(child, { kind: 'behave', supplier, manner }, 'behaves')),
    stop: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

function ask<K extends FromReceiver['kind']>(
  child: ChildProcess,
  question: ToReceiver,
  kind: K,
): Promise<Extract<FromReceiver, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const end = () => {
      child.off('message', hear);
      child.off('exit', onExit);
    };
    const hear = (message: FromReceiver) => {
      if (message.kind !== kind) return;
      end();
      resolve(message as Extract<FromReceiver, { kind: K }>);
    };
    const onExit = () => {
      end();
      reject(new Error('the receiver ended'));
    };
    child.on('message', hear);
    child.once('exit', onExit);
    child.send(question);
  });
}
