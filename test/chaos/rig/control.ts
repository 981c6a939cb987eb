/** A process of the outer world (test/chaos/outer): told by lines of JSON what to do, it answers each with a line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Outer {
  readonly name: string;
  /** @throws when it does not say that it is done, or has ended */
  ask(order: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: Readonly<Record<string, unknown>>) => void;
  readonly reject: (why: Error) => void;
}

/** An order may have to wait for a server that is away. */
const patience = 300_000;

export function startOuter(name: string, folder: string): Outer {
  const file = fileURLToPath(new URL(`../outer/${name}.ts`, import.meta.url));
  const log = openSync(join(folder, `outer-${name}.log`), 'a');
  const env = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: '.kuvert/chaos/compiled' };
  const child: ChildProcess = spawn(process.execPath, [file, folder], { env, stdio: ['pipe', 'pipe', log] });
  closeSync(log);
  const waiting: Waiting[] = [];
  let ended: Error | undefined;
  child.stdin?.on('error', () => undefined);
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => answered(line));
  child.once('exit', (code, signal) => {
    ended = new Error(`the outer world's ${name} has ended (${signal ?? code}); see outer-${name}.log`);
    for (const one of waiting.splice(0)) one.reject(ended);
  });

  function answered(line: string): void {
    const one = waiting.shift();
    if (!one) return;
    const answer = JSON.parse(line) as Record<string, unknown>;
    if (answer['ok'] === true) one.resolve(answer);
    else one.reject(new Error(`the outer world's ${name} says ${line}`));
  }

  return {
    name,
    ask: async (order) => {
      if (ended) throw ended;
      const timer = new AbortController();
      const late = once(AbortSignal.timeout(patience), 'abort', { signal: timer.signal }).then(
        () => Promise.reject(new Error(`the outer world's ${name} does not answer ${JSON.stringify(order)}`)),
        () => new Promise<never>(() => undefined),
      );
      const answer = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) =>
        waiting.push({ resolve, reject }),
      );
      child.stdin?.write(`${JSON.stringify(order)}\n`);
      try {
        return await Promise.race([answer, late]);
      } finally {
        timer.abort();
      }
    },
    stop: async () => {
      if (ended) return;
      const exited = once(child, 'exit');
      child.stdin?.end('{"do":"stop"}\n');
      const slow = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(slow);
    },
  };
}
