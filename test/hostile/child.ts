/** Targets, one after the other, in a process of their own: `node --expose-gc child.ts SEED TARGET=INPUTS …`. Tells its parent by messages. */
import { inspect } from 'node:util';
import { runTarget } from './run.ts';
import { type Failure, noReport, type Telling } from './target.ts';
import { targets } from './targets.ts';

const [seed = '0', ...tasks] = process.argv.slice(2);

const tell = (telling: Telling): Promise<void> =>
  new Promise((resolve) => {
    if (process.send) process.send(telling, () => resolve());
    else resolve();
  });

const at = { target: '', done: 0, input: undefined as unknown, toldAt: 0 };

/** What would have ended the gateway ends this process, and says with which input. */
async function crashed(error: unknown, origin: string): Promise<void> {
  const said = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  const input = inspect(at.input, { depth: 6, maxStringLength: 10_000, maxArrayLength: 2_000 }).slice(0, 20_000);
  const failure: Failure = { kind: 'crash', what: `${origin}: ${said}`.slice(0, 4_000), input };
  await tell({ kind: 'report', report: noReport(at.target, at.done, Number(seed), failure) });
  process.exit(1);
}
process.on('uncaughtException', (error, origin) => void crashed(error, origin));
process.on('unhandledRejection', (error) => void crashed(error, 'unhandledRejection'));

for (const task of tasks) {
  const [name = '', inputs = '0'] = task.split('=');
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  Object.assign(at, { target: name, done: 0, input: undefined, toldAt: 0 });
  const report = await runTarget(target, {
    inputs: Number(inputs),
    seed: Number(seed),
    onInput: (input) => {
      at.input = input;
      at.done += 1;
      if (performance.now() - at.toldAt < 500) return;
      at.toldAt = performance.now();
      void tell({ kind: 'alive', target: name, done: at.done });
    },
  });
  await tell({ kind: 'report', report });
}
process.exit(0);
