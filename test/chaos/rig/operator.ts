/** What an operator does by hand: `kuvert …` in a process of its own, past the faulty connections, again while a server is away. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

/** `conflict`: not possible as things stand (exit code 4, or 3: nothing is selected). */
export type Done = { readonly kind: 'done' | 'conflict'; readonly said: string };

/** @throws when it was wrong of us to ask, or no server answers for two minutes */
export type Operator = (...words: readonly string[]) => Promise<Done>;

export function operatorOf(environment: Readonly<Record<string, string>>): Operator {
  const env = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: '.kuvert/chaos/compiled', ...environment };
  const once = (words: readonly string[]): Promise<{ readonly code: number; readonly said: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [main, ...words], { env, timeout: 60_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, said: `${stdout}${stderr}`.trim() });
      });
    });
  return async (...words) => {
    const late = performance.now() + 120_000;
    for (;;) {
      const { code, said } = await once(words);
      if (code === 0) return { kind: 'done', said };
      if (code === 3 || code === 4) return { kind: 'conflict', said };
      // 1 is also what a server says in the middle of the work when it is killed.
      if (code === 2 || performance.now() > late) throw new Error(`kuvert ${words.join(' ')}: ${said}`);
      await sleep(500);
    }
  };
}
