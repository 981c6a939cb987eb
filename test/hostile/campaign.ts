/** Sends hostile input to every target, in processes of their own, and puts together what it got. */
import { fork } from 'node:child_process';
import { noReport, type Report, type Telling } from './target.ts';
import { targets } from './targets.ts';

/** A process that says nothing for so long is stuck in one input: no timer of its own can tell. */
const silence = 90_000;

export interface CampaignOptions {
  /** In all; each target gets its share. */
  readonly inputs: number;
  readonly seed: number;
  /** Only these; left out or empty: all. */
  readonly only?: readonly string[];
  /** Processes at a time; default 1. */
  readonly atOnce?: number;
  /** Each of them takes several targets, one after the other; otherwise each target has its own. */
  readonly together?: boolean;
  readonly progress?: (target: string, done: number, of: number) => void;
}

interface Task {
  readonly name: string;
  readonly inputs: number;
}

/** @returns a report for each target, in their order */
export async function campaign(options: CampaignOptions): Promise<Report[]> {
  const { only = [], atOnce = 1, together = false } = options;
  const chosen = targets.filter(({ name }) => only.length === 0 || only.includes(name));
  const whole = chosen.reduce((sum, { share }) => sum + share, 0);
  const tasks = chosen.map(({ name, share }) => ({ name, inputs: Math.ceil((options.inputs * share) / whole) }));
  const waiting = together
    ? Array.from({ length: atOnce }, (_, group) => tasks.filter((_task, i) => i % atOnce === group))
    : tasks.map((task) => [task]);
  const reports: Report[] = [];
  const work = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift())
      reports.push(...(await inOneProcess(group, options)));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return tasks.flatMap(({ name }) => reports.filter(({ target }) => target === name));
}

function inOneProcess(tasks: readonly Task[], { seed, progress }: CampaignOptions): Promise<Report[]> {
  return new Promise((resolve) => {
    const child = fork(
      new URL('./child.ts', import.meta.url),
      [String(seed), ...tasks.map(({ name, inputs }) => `${name}=${inputs}`)],
      { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    );
    const reports: Report[] = [];
    let said = '';
    let done = 0;
    let hung = false;
    const giveUp = (): void => {
      hung = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(giveUp, silence);
    child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-4_000);
    });
    child.on('message', (telling: Telling) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silence);
      if (telling.kind === 'report') {
        reports.push(telling.report);
        done = 0;
        return;
      }
      done = telling.done;
      progress?.(telling.target, done, tasks.find(({ name }) => name === telling.target)?.inputs ?? 0);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      // Whoever is not reported was reached by the end of the process, or never.
      for (const { name } of tasks.slice(reports.length)) {
        const what = hung
          ? `nothing was heard for ${silence} ms after about ${done} inputs`
          : `the process ended with ${signal ?? code}: ${said}`;
        reports.push(noReport(name, done, seed, { kind: hung ? 'hang' : 'crash', what }));
      }
      resolve(reports);
    });
  });
}
