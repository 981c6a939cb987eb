/** Starts the processes of the outer world, and gives them orders. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const outerNames = ['producer', 'suppliers', 'collectors', 'certificates', 'queues'] as const;
export type OuterName = (typeof outerNames)[number];

export interface OuterProcess {
  readonly pid: number;
  /** Resolves with its answer; rejects when it says that it cannot, or is gone. Answers come in the order of the orders. */
  order(order: Readonly<Record<string, unknown>> & { readonly do: string }): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

interface Answer {
  readonly ok: boolean;
  readonly error?: string;
}

/** Resolves when the process takes orders. What it says on standard error goes to FOLDER/NAME.log. */
export async function startOuter(folder: string, name: OuterName): Promise<OuterProcess> {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [file, folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting: PromiseWithResolvers<Answer>[] = [];
  const ended = once(child, 'exit');
  child.once('exit', () => {
    for (const one of waiting.splice(0)) one.reject(new Error(`${name} has ended; see ${name}.log`));
  });
  child.stderr.on('data', (text: Buffer) => appendFileSync(join(folder, `${name}.log`), text));
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line) as Answer));
  const order: OuterProcess['order'] = async (what) => {
    if (child.exitCode !== null) throw new Error(`${name} has ended; see ${name}.log`);
    const answer = Promise.withResolvers<Answer>();
    waiting.push(answer);
    child.stdin.write(`${JSON.stringify(what)}\n`);
    const { ok, error, ...rest } = await answer.promise;
    if (!ok) throw new Error(`${name}: ${error}`);
    return rest;
  };
  await order({ do: 'ping' });
  return {
    pid: child.pid ?? 0,
    order,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
