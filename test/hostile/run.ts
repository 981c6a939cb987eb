/** Runs inputs against one target, tenth by tenth, and measures what is left in memory after each. */
import { asyncProperty, check, type RunDetails, stringify } from 'fast-check';
import type { Failure, Heap, Opened, Report, Target } from './target.ts';

/** With fewer inputs than this, what the engine itself keeps outweighs everything else, and is not looked at. */
const enoughForMemory = 2_000;
/** How much more may be in use after the last tenth than after the second. */
const mostGrowth = 0.1;
const tenths = 10;

export interface RunOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Called before each input. */
  readonly onInput: (input: unknown) => void;
}

/** @returns what came of it; a broken claim is in the report, with the smallest input that breaks it */
export async function runTarget(target: Target, options: RunOptions): Promise<Report> {
  const started = performance.now();
  const got: Record<string, number> = {};
  const heaps: Heap[] = [];
  let slowest = 0;
  let failure: Failure | undefined;
  let done = 0;
  const opened = await target.open();
  const property = asyncProperty(opened.inputs, async (input) => {
    options.onInput(input);
    const begun = performance.now();
    const label = await within(target.limit, opened, input);
    slowest = Math.max(slowest, performance.now() - begun);
    got[label] = (got[label] ?? 0) + 1;
    done += 1;
  });
  for (let tenth = 0; tenth < tenths && failure === undefined; tenth++) {
    const numRuns = share(options.inputs, tenth);
    if (numRuns === 0) continue;
    failure = failureOf(await check(property, { numRuns, seed: options.seed + tenth }));
    if (options.inputs >= enoughForMemory) heaps.push(inUse());
  }
  await opened.close();
  failure ??= growth(heaps);
  return {
    target: target.name,
    inputs: done,
    seed: options.seed,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    got: Object.fromEntries(Object.entries(got).sort(([, a], [, b]) => b - a)),
    slowest: Math.round(slowest),
    heaps,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** So that the tenths add up to the whole. */
const share = (inputs: number, tenth: number): number =>
  Math.floor((inputs * (tenth + 1)) / tenths) - Math.floor((inputs * tenth) / tenths);

async function within(limit: number, opened: Opened, input: unknown): Promise<string> {
  const begun = performance.now();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${limit} ms`)), limit);
  try {
    const label = await Promise.race([opened.meet(input), late]);
    // What never yields is not seen by a timer.
    if (performance.now() - begun > limit)
      throw new Error(`answered after ${Math.round(performance.now() - begun)} ms`);
    return label;
  } finally {
    clearTimeout(timer);
  }
}

function failureOf(details: RunDetails<[unknown]>): Failure | undefined {
  if (!details.failed) return undefined;
  const error = details.errorInstance;
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    kind: 'claim',
    what: said.slice(0, 4_000),
    input: `seed ${details.seed}, path ${details.counterexamplePath}: ${stringify(details.counterexample).slice(0, 20_000)}`,
  };
}

function inUse(): Heap {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('start node with --expose-gc');
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, outside: external };
}

function growth(heaps: readonly Heap[]): Failure | undefined {
  const [second, last] = [heaps[1], heaps.at(-1)];
  if (second === undefined || last === undefined) return undefined;
  const grown = last.heap / second.heap - 1;
  if (grown <= mostGrowth) return undefined;
  return {
    kind: 'memory',
    what: `${Math.round(grown * 1_000) / 10} % more heap in use after the last tenth than after the second`,
  };
}
