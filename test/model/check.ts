/** Runs the model against the real thing, and tells the shortest story in which a law is broken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asyncModelRun, asyncProperty, check } from 'fast-check';
import { conservation } from '../../src/store/conservation.ts';
import type { Broken } from './broken.ts';
import { anyCommands } from './commands.ts';
import { runDry } from './dry.ts';
import { closeStage, openStage } from './stage.ts';
import { openWorld } from './world.ts';

export interface ModelOptions {
  readonly servers: { readonly databaseUrl: string; readonly redisUrl: string };
  readonly runs: number;
  readonly seed: number;
  /** Commands in one run, at most. */
  readonly commands: number;
  /** Runs on, when a law was broken, until the story cannot be made shorter. */
  readonly shrink: boolean;
  readonly broken?: Broken;
  readonly progress?: (done: Progress) => void;
}

export interface Progress {
  readonly runs: number;
  readonly commands: number;
  readonly messages: number;
  readonly attempts: number;
}

export interface ModelResult extends Progress {
  readonly seed: number;
  readonly milliseconds: number;
  readonly failure: Failure | undefined;
}

export interface Failure {
  /** The laws that were broken, one a line. */
  readonly laws: readonly string[];
  /** What was done until then, one command a line. */
  readonly story: readonly string[];
  /** Runs that went well before the first that did not. */
  readonly after: number;
  readonly shrinks: number;
}

export async function checkModel(options: ModelOptions): Promise<ModelResult> {
  const { runs, seed, commands, shrink, servers, broken, progress } = options;
  const world = await openWorld(servers, broken);
  const began = performance.now();
  const done = { runs: 0, commands: 0, messages: 0, attempts: 0 };
  let story: readonly string[] = [];
  let failed = false;
  const property = asyncProperty(anyCommands(commands), async (wanted) => {
    const stage = await openStage(world);
    try {
      await asyncModelRun(() => ({ model: stage, real: stage }), wanted);
      await runDry(stage);
    } catch (error) {
      failed = true;
      story = stage.story;
      throw error;
    } finally {
      await closeStage(stage);
      if (!failed) {
        done.runs += 1;
        done.commands += stage.story.length;
        done.messages += stage.facts.messages.length;
        done.attempts += stage.facts.pushes.size;
        progress?.(done);
      }
    }
  });
  try {
    const found = await check(property, { seed, numRuns: runs, endOnFailure: !shrink });
    const laws = found.failed ? sayings(found.errorInstance) : (await conservation(world.pool)).breaches;
    const failure = laws.length > 0 ? { laws, story, after: done.runs, shrinks: found.numShrinks } : undefined;
    return { ...done, seed, milliseconds: Math.round(performance.now() - began), failure };
  } finally {
    // What the last rings still do in the queue.
    await sleep(50);
    await world.close();
  }
}

const sayings = (error: unknown): string[] => (error instanceof Error ? error.message : String(error)).split('\n');

/** For people. */
export function failureText({ laws, story, after, shrinks }: Failure): string {
  return [
    `Broken after ${after} runs that went well; the story was made shorter ${shrinks} times:`,
    ...story.map((line, i) => `${String(i + 1).padStart(4)}  ${line}`),
    'Then:',
    ...laws.map((law) => `      ${law}`),
  ].join('\n');
}
